"""What the operator has set: secrets, storage, disk, outbound rules, e-mail."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection

from config import env
from jobs.doctor.findings import Finding, ok, warning, wrong
from web.sealed import CannotOpen, NoEncryptionKeys, SecretField

SPACE, SPACE_LEAST = 5 * 1024**3, 1024**3  # bytes free: to be known, and too little to work with
DIFFERENT = 12  # characters of a secret that are not the same


def switches() -> Iterator[Finding]:
    """Settings that are for trying things out."""
    if settings.DEBUG:
        yield wrong("settings", "DEBUG is on: error pages show the insides to everybody", "Unset DEBUG.")
    if "*" in settings.ALLOWED_HOSTS:
        yield warning("settings", "ALLOWED_HOSTS takes any host", "Name the hosts this installation answers to.")
    if settings.PUBLIC_URL.startswith("https://") and not env.HTTPS:
        yield warning("settings", "PUBLIC_URL is https, yet cookies may travel by http", "Set HTTPS=true.")
    if not settings.DEBUG:
        yield ok("settings", f"read; links in e-mails begin with {settings.PUBLIC_URL}")


def secrets() -> Iterator[Finding]:
    if len(set(settings.SECRET_KEY)) < DIFFERENT:
        yield wrong("secrets", "SECRET_KEY can be guessed", "Set one of at least 32 random characters.")
    if not settings.ENCRYPTION_KEYS:
        yield warning("secrets", "no ENCRYPTION_KEYS: secrets of data sources are refused", "Set a key (env.py).")
    if not env.SUPPRESSION_KEYS:
        yield warning(
            "secrets", "no SUPPRESSION_KEYS: erased people are remembered under SECRET_KEY, and forgotten with it",
            "Set SUPPRESSION_KEYS to SECRET_KEY's value before SECRET_KEY is ever changed.",
        )  # fmt: skip
    yield from _signing_key()
    yield from _sealed()


def _signing_key() -> Iterator[Finding]:
    if settings.SIGNING_KEY is None:
        yield warning("secrets", "no SIGNING_KEY: no bundle can be sealed", "Make one (docs/bundles.md).")
        return
    try:
        usable = isinstance(load_pem_private_key(settings.SIGNING_KEY.encode(), None), Ed25519PrivateKey)
    except (ValueError, TypeError):
        usable = False
    if not usable:
        yield wrong("secrets", "SIGNING_KEY is no Ed25519 private key in PEM", "Make one (docs/bundles.md).")


def _sealed() -> Iterator[Finding]:
    """Whether what is stored can still be opened."""
    opened = lost = 0
    for secret in _stored_secrets():
        try:
            secret.reveal()
            opened += 1
        except (CannotOpen, NoEncryptionKeys):
            lost += 1
    if lost:
        advice = "Put the key they were sealed with back into ENCRYPTION_KEYS, behind the newest."
        yield wrong("secrets", f"{lost:,} stored secrets cannot be opened", advice)
    else:
        yield ok("secrets", f"set; {opened:,} stored secrets can be opened")


def _stored_secrets() -> Iterator[Any]:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, SecretField):
                rows = model._default_manager.exclude(**{field.name: ""})
                yield from rows.values_list(field.name, flat=True).iterator()


def storage() -> Iterator[Finding]:
    """A small file written, read and removed, as uploads are."""
    place = f"the folder {settings.MEDIA_ROOT}" if not env.STORAGE_URL else env.STORAGE_URL.partition("?")[0]
    content = uuid.uuid4().hex
    try:
        name = default_storage.save(f"doctor/{content}", ContentFile(content.encode()))
        try:
            with default_storage.open(name) as stored:
                same = stored.read() == content.encode()
        finally:
            default_storage.delete(name)
    except Exception as fault:  # each store has errors of its own
        advice = "Let this user write there, or correct MEDIA_ROOT or STORAGE_URL (and AWS_* keys)."
        yield wrong("storage", f"{place} cannot be written: {type(fault).__name__}: {fault}", advice)
        return
    if same:
        yield ok("storage", f"{place} can be written and read")
    else:
        yield wrong("storage", f"{place} gave back other content than was written", "Look at that store.")


def disk() -> Iterator[Finding]:
    """The space that is left where files lie and where workers work."""
    folders = {"temporary files": Path(tempfile.gettempdir())}
    if not env.STORAGE_URL:
        folders["stored files"] = Path(settings.MEDIA_ROOT).resolve()
    for name, folder in folders.items():
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free
        found = f"{free / 1024**3:,.1f} GiB free for {name} ({folder})"
        if free < SPACE_LEAST:
            yield wrong("disk", found, "Free some: uploads and scans will fail.")
        elif free < SPACE:
            yield warning("disk", found, "Free some before it is full.")
        else:
            yield ok("disk", found)


def outbound() -> Iterator[Finding]:
    """What partners can make this installation connect to (web/destinations.py)."""
    allowed = sorted(settings.OUTBOUND_ALLOW)
    own = {_place(env.DATABASE_URL, 5432): "the database", _place(env.REDIS_URL, 6379): "Redis"}
    for place in allowed:
        if place in own:
            advice = "Take it off OUTBOUND_ALLOW: partners could reach it through a data source."
            yield wrong("outbound", f"{_written(place)} is {own[place]} of this installation", advice)
    if settings.OUTBOUND_HTTP:
        advice = "Unset OUTBOUND_HTTP unless a source has no https."
        yield warning("outbound", "plain http to public addresses is allowed", advice)
    for root in settings.SOURCE_ROOTS:
        folder = Path(root.partition("{")[0])
        if root.startswith("/") and not folder.is_dir():
            yield warning("outbound", f"SOURCE_ROOTS names {root}, and there is no folder {folder}", "Make it.")
    named = ", ".join(map(_written, allowed)) or "none"
    yield ok("outbound", f"https to public addresses; exceptions (OUTBOUND_ALLOW): {named}")


def email() -> Iterator[Finding]:
    if env.EMAIL_URL.startswith("console:"):
        yield warning("e-mail", "it is printed and not sent (EMAIL_URL console://)", "Set EMAIL_URL to smtp://...")
        return
    place = env.EMAIL_URL.rpartition("@")[2].rpartition("//")[2]
    try:
        connection = get_connection()
        if env.EMAIL_URL.startswith("smtp"):  # to open a folder would write an e-mail into it
            connection.open()
            connection.close()
    except (OSError, ImproperlyConfigured) as fault:  # what smtplib raises is an OSError
        yield wrong("e-mail", f"{place} does not take it: {fault}", "Correct EMAIL_URL, or see to that server.")
    else:
        yield ok("e-mail", f"{place} takes it; the sender is {settings.DEFAULT_FROM_EMAIL}")


def _place(url: str, port: int) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "localhost", parts.port or port)


def _written(place: tuple[str, int]) -> str:
    return f"{place[0]}:{place[1]}"
