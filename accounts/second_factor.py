"""The second factor of the staff site: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

Who has turned it on logs in with a password and a code. Turning it on or off ends all other sessions of that user
(accounts.models.User), so whoever is logged in has shown a code, and no page has to look.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import datetime
from typing import Final

import pyotp
import structlog
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.models import SecondFactor, User
from config import env
from web.sealed import CannotOpen, NoEncryptionKeys, Secret

logger = structlog.get_logger(__name__)

STEP: Final = 30  # seconds a code lasts
DRIFT: Final = 1  # steps that a clock may be ahead or behind
RECOVERY: Final = 10  # codes
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for another
_GROUPS: Final = 4  # of five: 99 bits, so that nobody finds a code by trying them against a plain digest


def new_secret() -> Secret:
    """For an app to be told; NoEncryptionKeys when this installation stores no secrets."""
    return Secret.of(pyotp.random_base32())


def address(user: User, secret: Secret) -> str:
    """The otpauth:// address that a QR code shows to an app."""
    return pyotp.TOTP(secret.reveal(), name=user.get_username(), issuer="Scanward").provisioning_uri()


def lacking(user: User) -> bool:
    """Whether the installation asks everybody for a second factor, and this user has none yet."""
    return env.STAFF_SECOND_FACTOR == "required" and user.second_factor_at is None


@transaction.atomic
def turn_on(*, user: User, secret: Secret, code: str, actor: Actor) -> list[str]:
    """The recovery codes, shown this once; none when the code is not the app's, and then nothing is changed."""
    step = _step(secret, _plain(code), after=0)
    if step is None:
        return []
    codes = [_recovery_code() for _ in range(RECOVERY)]
    kept = {"secret": secret, "last_step": step, "recovery": [_digest(_plain(code)) for code in codes]}
    SecondFactor.objects.update_or_create(user=user, defaults=kept)
    _note(user, timezone.now(), actor)
    return codes


@transaction.atomic
def turn_off(*, user: User, actor: Actor) -> None:
    """Without a code: whoever calls has asked for one, or is somebody who may do without. A second time: nothing."""
    if SecondFactor.objects.filter(user=user).delete()[0]:
        _note(user, None, actor)


@transaction.atomic
def accepts(user: User, code: str, actor: Actor) -> bool:
    """Whether it is a code of the app or a recovery code, neither of them used before; now it is."""
    factor = SecondFactor.objects.select_for_update().get(user=user)
    code = _plain(code)
    if (step := _step(factor.secret, code, after=factor.last_step)) is not None:
        factor.last_step = step
    elif (digest := _digest(code)) in factor.recovery:
        factor.recovery.remove(digest)
        audit.record(actor=actor, action="second_factor.recovery_code_used", obj=user)
    else:
        return False
    factor.save()
    return True


def _step(secret: Secret, code: str, *, after: int) -> int | None:
    """The half minute since 1970 whose code this is; None when it is none near now and behind `after`."""
    try:
        app = pyotp.TOTP(secret.reveal(), interval=STEP)
    except (CannotOpen, NoEncryptionKeys):  # recovery codes open the door all the same
        logger.exception("second_factor_cannot_be_opened")
        return None
    now = int(time.time()) // STEP
    steps = range(max(after + 1, now - DRIFT), now + DRIFT + 1)
    return next((step for step in steps if secrets.compare_digest(app.at(step * STEP).encode(), code.encode())), None)


def _note(user: User, since: datetime | None, actor: Actor) -> None:
    """Since when it is on, or that it is off: with the user, which ends the other sessions, and in the audit log."""
    user.second_factor_at = since
    user.save(update_fields=["second_factor_at"])
    audit.record(actor=actor, action=f"second_factor.{'on' if since else 'off'}", obj=user)


def _plain(code: str) -> str:
    """Its letters and digits, however they were typed: in groups, with hyphens of any kind, or without."""
    return "".join(filter(str.isalnum, code)).lower()


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(_GROUPS))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
