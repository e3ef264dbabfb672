"""Telephone numbers."""

from __future__ import annotations

import re

from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.texts import tidy


def phone(text: str, country: str = "") -> Normal:
    """E.164: +49301234567. `country` (ISO 3166-1 alpha-2) is where a number without its country code belongs."""
    text = re.sub(r"^tel:", "", tidy(text), flags=re.IGNORECASE)
    if not text:
        return NOTHING
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

    if text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        number = parse(text, country or None)
    except NumberParseException:
        if not country and any(character.isdigit() for character in text):
            return Normal(fault="has no country code; write it as +49 30 1234567, or send the country with it")
        return Normal(fault="is no telephone number")
    written: str = format_number(number, PhoneNumberFormat.E164)
    if not is_possible_number(number) or len(written) > 20:
        return Normal(fault="is too long or too short for a telephone number of its country")
    return Normal(written)
