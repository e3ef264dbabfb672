"""Web addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.texts import tidy

_MOST = 2000
_BARE = re.compile(r"(?:[^\s/?#:@.]+\.)+[^\s/?#:@.]{2,}(?::\d+)?(?:[/?#]\S*)?")


def web_address(text: str) -> Normal:
    """An http or https address with scheme and host in small letters; `example.com` becomes https://example.com."""
    text = tidy(text)
    if not text:
        return NOTHING
    if _BARE.fullmatch(text):
        text = f"https://{text}"
    fault = Normal(fault="is no web address; it looks like https://example.com")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return fault
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or " " in text or "\\" in text:
        return fault
    normal = parts._replace(netloc=parts.netloc.lower()).geturl()
    return Normal(normal) if len(normal) <= _MOST else Normal(fault=f"is longer than {_MOST:,} characters")
