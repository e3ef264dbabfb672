"""The text of an API key: `sk_live_` or `sk_test_`, 30 random base62 characters, 6 of checksum.

The checksum (CRC32 of what stands before it) refuses typos and invented keys without asking the database;
it is no secret and proves nothing. 30 base62 characters are 178 bits.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

LIVE, TEST = "sk_live_", "sk_test_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(r"(sk_(?:live|test)_[0-9A-Za-z]{30})([0-9A-Za-z]{6})", re.ASCII)


def new_key(*, test: bool = False) -> str:
    """A fresh key: 44 characters, never stored as such."""
    body = (TEST if test else LIVE) + "".join(secrets.choice(_ALPHABET) for _ in range(30))
    return body + _checksum(body)


def well_formed(text: str) -> bool:
    """Whether this can be a key at all."""
    found = _SHAPE.fullmatch(text)
    return bool(found) and _checksum(found[1]) == found[2]  # type: ignore[index]


def digest(key: str) -> str:
    """What is stored of a key: SHA-256, 64 hex digits. Unsalted on purpose: 178 random bits need no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _ALPHABET[digit] + digits
    return digits
