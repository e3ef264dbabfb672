"""E-mail addresses and phone numbers, alone in a field or within text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import phonenumbers

from compliance.pii import masking
from compliance.pii.found import Candidate, Found, Kind, judge
from compliance.pii.headers import says

_EMAIL = re.compile(r"[\w.%+'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_INTERNATIONAL = re.compile(r"(?<![\w.+])\+[1-9](?:[ ().\-/]{0,2}\d){6,14}(?!\w)", re.ASCII)
_AMERICAN = re.compile(r"(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])", re.ASCII)
_NATIONAL = re.compile(r"[+\d(][\d ().\-/]{5,22}\d", re.ASCII)
_DIGIT = re.compile(r"\d", re.ASCII)
_DIGITS = range(7, 16)
"""How many a phone number has (ITU-T E.164: at most 15)."""
_PHRASES = (
    "phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "msisdn", "whatsapp", "telefon", "handy",
    "mobil", "telefono", "teléfono", "movil",
)  # fmt: skip
MOST_OF_THEM = 0.6
"""Share of the values shaped like a number that must be one of a real numbering plan."""


def emails(header: str, values: Sequence[str]) -> Found | None:
    return judge(Kind.EMAIL, values, _email, least=0)


def phones(header: str, values: Sequence[str]) -> Found | None:
    """International or North American spelling anywhere; under a header that says so, any 7 to 15 digits."""
    read = _under_a_header if says(header, *_PHRASES) else _phone
    return judge(Kind.PHONE, values, read, least=MOST_OF_THEM)


def _email(value: str) -> Candidate | None:
    match = _EMAIL.search(value) if "@" in value else None
    return Candidate(masking.email(match[0])) if match else None


def _phone(value: str) -> Candidate | None:
    if match := _INTERNATIONAL.search(value) if "+" in value else None:
        return _parsed(match[0], None)
    if match := _AMERICAN.search(value):
        return _parsed(match[0], "US")
    return None


def _parsed(text: str, region: str | None) -> Candidate:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Candidate(None)
    valid = phonenumbers.is_valid_number(number)
    return Candidate(masking.phone(text, number.country_code) if valid else None)


def _under_a_header(value: str) -> Candidate | None:
    if not _NATIONAL.fullmatch(value.strip()) or len(_DIGIT.findall(value)) not in _DIGITS:
        return _phone(value)
    known = _phone(value)
    return known if known and known.masked else Candidate(masking.phone(value, None))
