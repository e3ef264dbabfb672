"""What prospecting says on the home of the staff site."""

from __future__ import annotations

from django.http import HttpRequest

from accounts import home
from prospecting.admin.wizard import import_tools


@home.begins_here
def tools(request: HttpRequest) -> list[home.Tool]:
    return import_tools(request)
