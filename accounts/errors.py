"""What accounts refuses, by name."""

from __future__ import annotations

from web.errors import Conflict, Refused, ValidationFailed


class UnknownPermission(ValidationFailed):
    """A permission that is not on the closed list."""


class KeyReachesNothing(ValidationFailed):
    message = "A key needs at least one account group to reach."


class KeyLeavesSandbox(ValidationFailed):
    message = "A test key reaches sandbox groups only. Choose a sandbox group or issue a live key."


class KeyExpiresInThePast(ValidationFailed):
    message = "A key must expire in the future."


class KeyNotLive(Conflict):
    message = "This key is revoked or expired already. Issue a new one."


class LastAdministrator(Conflict):
    message = (
        "Nothing was changed: nobody who can log in would be left to administer the account group. "
        "Make somebody else its administrator first, or ask a superuser."
    )


class LastSuperuser(Conflict):
    message = "Nothing was changed: no active superuser would be left. Make somebody else one first."


class Gone(Conflict):
    message = "Nothing was changed: somebody has deleted it meanwhile."


class KeyRotatedMeanwhile(Conflict):
    message = "Somebody has rotated this key meanwhile: its successor is in the list of keys. Nothing was changed."


class InsufficientCredits(Refused):
    code, status = "INSUFFICIENT_CREDITS", 402
    message = "The account group has not enough credits for this."
