"""Shows that a value is there without showing the value: never enough is left to tell whose it is."""

from __future__ import annotations

import re

HIDDEN = "***"


def email(address: str) -> str:
    """`jane.doe@example.com` becomes `j***@e***.com`."""
    local, _, domain = address.rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{_first(local)}@{_first(name)}.{ending}"


def card(number: str) -> str:
    """The last four digits, as on a receipt."""
    return f"**** **** **** {_digits(number)[-4:]}"


def iban(number: str) -> str:
    """Country and the last two characters."""
    return f"{number[:2].upper()}** **** **** **{number[-2:]}"


def phone(number: str, country_code: int | None) -> str:
    """The country's calling code, if it is known, and the last two digits."""
    hidden = f"{HIDDEN} *{_digits(number)[-2:]}"
    return hidden if country_code is None else f"+{country_code} {hidden}"


def national_id(number: str) -> str:
    """The last two characters."""
    return f"{HIDDEN}{number.strip()[-2:]}"


def name(full: str) -> str:
    """Initials: `Ann Marie Smith` becomes `A*** M*** S***`."""
    return " ".join(f"{word[0]}{HIDDEN}" for word in full.split())


def _first(text: str) -> str:
    """The first character, unless it would be half of the text or more."""
    return (text[0] if len(text) > 2 else "") + HIDDEN


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
