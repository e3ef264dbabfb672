"""The routes of this app in v1. Fixed words stand before ids."""

from django.urls import URLPattern, path

from prospecting.api import accounts, audiences, files, folders, job_errors, jobs, prospects, sales_navigator

_GROUP = "v1/accounts/<object_id:accountGroupId>"
_AUDIENCE = f"{_GROUP}/audiences/<object_id:audienceId>"

urlpatterns: list[URLPattern] = [
    path("v1/accounts", accounts.Accounts.as_view()),
    path(f"{_GROUP}/audiences", audiences.Audiences.as_view()),
    path(f"{_GROUP}/audiences/navigation", folders.Navigation.as_view()),
    path(f"{_GROUP}/audiences/folders", folders.Folders.as_view()),
    path(f"{_GROUP}/audiences/folders/<object_id:folderId>", folders.FolderDetail.as_view()),
    path(_AUDIENCE, audiences.AudienceDetail.as_view()),
    path(f"{_AUDIENCE}/move-to-folder", folders.MoveToFolder.as_view()),
    path(f"{_AUDIENCE}/remove-from-folder", folders.RemoveFromFolder.as_view()),
    path(f"{_AUDIENCE}/prospects", audiences.AudienceProspects.as_view()),
    path(f"{_GROUP}/prospects/by-provider-id/<anything:providerId>", prospects.ByProviderId.as_view()),
    path(f"{_GROUP}/prospects/<object_id:prospectId>", prospects.ProspectDetail.as_view()),
    path(f"{_GROUP}/sales-navigator/lead-lists", sales_navigator.LeadLists.as_view()),
    path(f"{_GROUP}/sales-navigator/saved-searches", sales_navigator.SavedSearches.as_view()),
    path(f"{_GROUP}/files", files.Files.as_view()),
    path(f"{_GROUP}/prospecting", jobs.Jobs.as_view()),
    path(f"{_GROUP}/prospecting/<object_id:jobId>", jobs.JobDetail.as_view()),
    path(f"{_GROUP}/prospecting/<object_id:jobId>/cancel", jobs.Cancel.as_view()),
    path(f"{_GROUP}/prospecting/<object_id:jobId>/errors", job_errors.JobErrors.as_view()),
]
