"""Addresses of LinkedIn profiles and company pages, and the public identifiers in them."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote

from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.texts import tidy

_ADDRESS = re.compile(r"(?:https?:)?(?://)?(?P<host>[^/?#]*)(?P<path>[^?#]*).*", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)*linkedin\.com\.?(?::\d{1,5})?")
# What most addresses look like: their identifiers are in their normal form.
_PLAIN = re.compile(r"https?://(?:[a-z0-9-]+\.)*linkedin\.com/([a-z]+)/([a-z0-9-]{1,200})/?")
_FORBIDDEN = re.compile(r"[\s/?#@:%<>\"\\&=.,;|]")
_OPAQUE = re.compile(r"A(?:CoA|CwA|EMA)[A-Za-z0-9_-]{25,}")
"""A member's internal id in the place of the public one: it tells capitals from small letters."""
_NOBODY = frozenset({"me", "unavailable", "unknown", "edit", "in", "pub", "null", "none"})
_MOST = 200
_NOT_PROFILES = {
    "company": "is the page of a company, not of a person",
    "school": "is the page of a school, not of a person",
    "showcase": "is the page of a company, not of a person",
    "posts": "is the address of a post, not of a person",
    "feed": "is the address of a post, not of a person",
    "jobs": "is the address of a job, not of a person",
    "groups": "is the page of a group, not of a person",
    "pub": "is an old address of a profile; open it and send the one with /in/ it leads to",
    "profile": "is an old address of a profile; open it and send the one with /in/ it leads to",
}
_INSIDE = "is an address inside {}, which names no public profile; open the person there and copy the LinkedIn URL"
_NO_PROFILE = "is no address of a LinkedIn profile; it looks like https://www.linkedin.com/in/name"


def profile(text: str) -> Normal:
    """The public identifier in the address of a profile, from any of its shapes: /in/x, mobile, localised."""
    return _of(text, {"in"}, _NO_PROFILE)


def public_identifier(text: str) -> Normal:
    """A public identifier sent alone, or in an address."""
    text = tidy(text)
    return profile(text) if "/" in text else _identifier(text, "is no public identifier of a LinkedIn profile")


def profile_url(identifier: str) -> str:
    """The one address of a profile."""
    return f"https://www.linkedin.com/in/{quote(identifier, safe='')}" if identifier else ""


def company_page(text: str) -> Normal:
    """The identifier in the address of a company's page, or sent alone."""
    text = tidy(text)
    fault = "is no address of a company's page on LinkedIn; it looks like https://www.linkedin.com/company/name"
    if "/" in text:
        return _of(text, {"company", "school", "showcase"}, fault)
    return _identifier(text, fault)


def company_page_url(identifier: str) -> str:
    return f"https://www.linkedin.com/company/{quote(identifier, safe='')}" if identifier else ""


def _of(text: str, kinds: set[str], fault: str) -> Normal:
    text = tidy(text)
    if not text:
        return NOTHING
    if (plain := _PLAIN.fullmatch(text)) and plain[1] in kinds and plain[2] not in _NOBODY:
        return Normal(plain[2])
    return _judged(text, kinds, fault)


def _judged(text: str, kinds: set[str], fault: str) -> Normal:
    found = _ADDRESS.fullmatch(text)
    host, path = (found["host"].lower(), found["path"]) if found else ("", "")
    if host in kinds and not text.startswith("http"):  # in/name, without a host
        host, path = "", f"/{host}{path}"
    if host and not _HOST.fullmatch(host):
        return Normal(fault=fault)
    parts = [part for part in path.split("/") if part]
    if parts and parts[0].lower() == "mwlite":
        del parts[0]
    if len(parts) >= 2 and parts[0].lower() in kinds:
        return _identifier(parts[1], fault)
    return Normal(fault=_refusal(parts, fault))


def _refusal(parts: list[str], fault: str) -> str:
    kind = parts[0].lower() if parts else ""
    if kind == "sales":
        return _INSIDE.format("Sales Navigator")
    if kind in ("talent", "recruiter"):
        return _INSIDE.format("Recruiter")
    return _NOT_PROFILES.get(kind, fault)


def _identifier(text: str, fault: str) -> Normal:
    if not text:
        return NOTHING
    for _ in range(3):  # encoded once, and at times once more
        text = unquote(text)
    text = tidy(text)
    if not _OPAQUE.fullmatch(text):
        text = unicodedata.normalize("NFC", text.lower())
    if not text or len(text) > _MOST or text in _NOBODY or _FORBIDDEN.search(text) or "\ufffd" in text:
        return Normal(fault=fault)
    return Normal(text)
