"""Secrets at rest: sealed with the first of ENCRYPTION_KEYS, opened with any of them, shown by nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from web.errors import Conflict


class NoEncryptionKeys(Conflict):
    message = "This installation stores no secrets: its operator has set no ENCRYPTION_KEYS."


class CannotOpen(Exception):
    """None of ENCRYPTION_KEYS opens this secret: it was sealed with a key that has been taken away."""


class Secret:
    """A sealed text. Everything that prints it shows that there is one and no more; `reveal` opens it."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token

    @classmethod
    def of(cls, text: str) -> Secret:
        """Seal a text; the empty one stays empty. NoEncryptionKeys when there is nothing to seal it with."""
        return cls(_keys().encrypt(text.encode()).decode() if text else "")

    def reveal(self) -> str:
        try:
            return _keys().decrypt(self.token.encode()).decode() if self.token else ""
        except InvalidToken as fault:
            raise CannotOpen from fault

    def resealed(self) -> Secret:
        """The same text under the newest key."""
        try:
            return Secret(_keys().rotate(self.token.encode()).decode() if self.token else "")
        except InvalidToken as fault:
            raise CannotOpen from fault

    def __bool__(self) -> bool:
        return bool(self.token)

    def __repr__(self) -> str:
        return "<secret>" if self.token else "<no secret>"

    __str__ = __repr__


if TYPE_CHECKING:  # generic in the stubs only
    _TextField = models.TextField[Secret | str, Secret]
else:
    _TextField = models.TextField


class SecretField(_TextField):
    """A column of sealed texts; in Python a Secret. It can be asked whether it is empty, and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": "", "blank": True, "editable": False, **kwargs})

    def from_db_value(self, value: str | None, *_: Any) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Secret:
        return value if isinstance(value, Secret) else Secret(value or "")

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Secret):
            return value.token
        if value in ("", None):
            return ""
        raise TypeError("Seal it first: Secret.of(text).")


def _keys() -> MultiFernet:
    if not settings.ENCRYPTION_KEYS:
        raise NoEncryptionKeys
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
