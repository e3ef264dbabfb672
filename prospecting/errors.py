"""What prospecting refuses, by name."""

from __future__ import annotations

from web.errors import Conflict, NotFound, Unprocessable


class AudienceNotFound(NotFound):
    message = "Audience not found"


class AudienceNotReady(Conflict):
    code = "AUDIENCE_NOT_READY"
    message = "A prospecting job is still filling this audience. Try again when the job is over."


class FolderNotFound(NotFound):
    message = "Folder not found"


class ProspectNotFound(NotFound):
    message = "Prospect not found"


class JobNotFound(NotFound):
    message = "Prospecting job not found"


class NoProvider(Conflict):
    message = (
        "No provider of people data is configured for this account group, so only url_upload, file_upload and records "
        "can be imported. Ask the operator to configure one."
    )


class SuppressionKeyMissing(Conflict):
    """Part of the suppression list cannot be read, so that nobody can be brought in safely."""

    message = (
        "The suppression list was made with a key that this installation no longer has. Its operator must put the"
        " old key back into SUPPRESSION_KEYS (or SECRET_KEY, where there was none)."
    )


class AudienceInUse(Conflict):
    message = "A signal scan of this audience is going on, or a monitor scans it. End that, then delete the audience."


class FolderNameTaken(Conflict):
    message = "Another folder of this account group has that name already."


class ImpossibleProviderId(Unprocessable):
    code = "VALIDATION_ERROR"
    message = "No provider names anybody so: an id has 1 to 200 printable characters and no spaces around it."


class ProviderUsedUp(Conflict):
    code = "PROVIDER_USED_UP"
    message = "The provider of people data has been called as often as the operator allows for this month."


class MergeDecided(Conflict):
    message = "This pair has been decided already."
