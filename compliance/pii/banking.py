"""Account and card numbers that carry check digits, alone in a field or within text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from stdnum import iban, luhn

from compliance.pii import masking
from compliance.pii.found import Candidate, Found, Kind, judge

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}", re.ASCII)
_CARD = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)", re.ASCII)
CANDIDATES = 3
"""Of one text: each is tried in some thirty lengths, which a text made of nothing else would make slow."""
HALF_OF_THEM = 0.5
"""Share of the numbers shaped like a card's that must pass Luhn's check; by chance one in ten does."""

# Issuer ranges and lengths (ISO/IEC 7812). Maestro's ranges are too wide to tell anything.
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"6011|64[4-9]|65"), range(16, 20)),  # Discover
    (re.compile(r"35(?:2[89]|[3-8])"), range(16, 20)),  # JCB
    (re.compile(r"30[0-5]|36|38|39"), range(14, 20)),  # Diners Club
    (re.compile(r"62"), range(16, 20)),  # UnionPay
)


def ibans(header: str, values: Sequence[str]) -> Found | None:
    return judge(Kind.IBAN, values, _read_iban, least=0)


def cards(header: str, values: Sequence[str]) -> Found | None:
    return judge(Kind.CARD, values, _read_card, least=HALF_OF_THEM)


def _read_iban(value: str) -> Candidate | None:
    found = _first_iban(value)
    return Candidate(masking.iban(found[1])) if found else None


def _first_iban(value: str) -> tuple[str, str] | None:
    """The first IBAN in the text, as it stands there and compact; words behind it may look like a part of it."""
    for match in islice(_IBAN.finditer(value.upper()), CANDIDATES):
        for end in range(len(match[0]), 14, -1):
            compact = re.sub(r"[ -]", "", match[0][:end])
            if iban.is_valid(compact, check_country=False):
                return match[0][:end], compact
    return None


def _read_card(value: str) -> Candidate | None:
    numbers = [re.sub(r"[ -]", "", match[0]) for match in _CARD.finditer(value)]
    issued = [number for number in numbers if _has_issuer(number)]
    if not issued:
        return None
    inside = _first_iban(value)
    if inside is not None:  # digits of an account, set in groups, can look like a card's
        return _read_card(value.upper().replace(inside[0], " "))
    valid = next((number for number in issued if luhn.is_valid(number)), None)
    return Candidate(masking.card(valid) if valid else None)


def _has_issuer(number: str) -> bool:
    return any(prefix.match(number) and len(number) in lengths for prefix, lengths in _ISSUERS)
