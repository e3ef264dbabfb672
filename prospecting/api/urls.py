"""The routes of this app in v1. Fixed words stand before ids."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
