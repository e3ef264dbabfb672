"""Where files lie: a local folder, or an object store named by STORAGE_URL."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

KNOWN = ("endpoint", "region")
ROLLOVER = 8 * 1024**2
"""Bytes of a file that are kept in memory while it is read; the rest goes to a temporary file."""


LOCAL: dict[str, Any] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}


class StorageUrlFault(ValueError):
    """STORAGE_URL cannot be used; the message says why and what to write."""


def address_of(url: str, folder: Path) -> str:
    """How another machine names the root of the storage that `url` (or else the folder) stands for."""
    parts = urlsplit(url)
    return f"s3a://{parts.netloc}{unquote(parts.path.rstrip('/'))}" if url else folder.resolve().as_uri()


def storage_of(url: str) -> dict[str, Any]:
    """Django's STORAGES entry of `s3://bucket/prefix?endpoint=http://host:port&region=name`; LOCAL of "".

    The keys of the store come as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from the machine's role.
    """
    if not url:
        return LOCAL
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.netloc:
        raise StorageUrlFault("STORAGE_URL must look like s3://bucket/prefix?endpoint=https://host&region=name")
    if unknown := [name for name in query if name not in KNOWN]:
        raise StorageUrlFault(f"STORAGE_URL: {unknown[0]} is not known; known: {', '.join(KNOWN)}")
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise StorageUrlFault('STORAGE_URL needs the extra "object-store": pip install "scanward[object-store]"')
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.netloc, "location": unquote(parts.path.strip("/")), "file_overwrite": False,
            "default_acl": None, "querystring_auth": True, "max_memory_size": ROLLOVER,
            "endpoint_url": query.get("endpoint"), "region_name": query.get("region"),
        },
    }  # fmt: skip
