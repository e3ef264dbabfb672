"""E-mail addresses."""

from __future__ import annotations

import re

from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.texts import tidy

# What most addresses look like; whatever else there is, email-validator judges at 30 times the cost.
_PLAIN = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_SPECIAL = ("arpa", "invalid", "local", "localhost", "onion", "test")
_WRAPPED = re.compile(r"(?:mailto:)?(?:[^<>]*<)?\s*([^<>\s]+@[^<>\s]+?)\s*>?[;,.]?", re.IGNORECASE)
_MOST = 254


def email(text: str) -> Normal:
    """The address in lower case, alone: `Anna <Anna.B@Example.com>` is anna.b@example.com. No DNS is asked."""
    text = tidy(text)
    if not text:
        return NOTHING
    if text.count("@") > 1 and re.search(r"[;,\s]", text):
        return Normal(fault="holds more than one e-mail address; send one")
    wrapped = _WRAPPED.fullmatch(text)
    address = (wrapped[1] if wrapped else text).lower()
    if _is_plain(address):
        return Normal(address)
    return _judged(address)


def _is_plain(address: str) -> bool:
    local, _, domain = address.partition("@")
    return (
        bool(_PLAIN.fullmatch(address))
        and len(local) <= 64
        and len(address) <= _MOST
        and "--" not in domain
        and domain.rpartition(".")[2] not in _SPECIAL
    )


def _judged(address: str) -> Normal:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False).normalized.lower()
        # Lower case may need composing again, and is judged like everything else.
        normal = validate_email(found, check_deliverability=False).normalized
    except (EmailNotValidError, UnicodeError, ValueError, IndexError) as fault:
        return Normal(fault=f"is no e-mail address ({str(fault)[:150].rstrip('.')})")
    return Normal(normal) if len(normal) <= _MOST else Normal(fault="is longer than an e-mail address may be")
