"""The routes of this app in v1. Fixed words stand before ids."""

from django.urls import URLPattern, path

from prospecting.api import jobs

_GROUP = "v1/accounts/<object_id:accountGroupId>"

urlpatterns: list[URLPattern] = [
    path(f"{_GROUP}/prospecting", jobs.Jobs.as_view()),
    path(f"{_GROUP}/prospecting/<object_id:jobId>", jobs.JobDetail.as_view()),
    path(f"{_GROUP}/prospecting/<object_id:jobId>/cancel", jobs.Cancel.as_view()),
]
