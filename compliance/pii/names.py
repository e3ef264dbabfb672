"""Names of people: only where the header says so, and the values look like it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from compliance.pii import masking
from compliance.pii.found import Candidate, Found, Kind, judge
from compliance.pii.headers import says, words

_CERTAIN = (
    "first name", "last name", "full name", "middle name", "maiden name", "given name", "family name", "fname", "lname",
    "surname", "forename", "firstname", "lastname", "customer name", "client name", "person name", "patient name",
    "employee name", "account holder", "cardholder", "card holder", "holder name", "contact name", "contact person",
    "beneficiary name", "sender name", "recipient name", "receiver name", "vorname", "nachname", "familienname",
    "zuname", "kundenname", "prenom", "prénom", "nom", "nombre", "apellido", "apellidos", "cognome",
)  # fmt: skip
_LOOKS = re.compile(r"[^\W\d_][^\W\d_'’.\-]*(?:[ '’.,\-]{1,2}[^\W\d_][^\W\d_'’.\-]*){0,5}\.?")
HALF_OF_THEM = 0.5
MOST_CHARACTERS = 80


def names(header: str, values: Sequence[str]) -> Found | None:
    """Under a header that names a person's name, if half of the values or more look like one."""
    if not (says(header, *_CERTAIN) or words(header) == ("name",)):
        return None
    return judge(Kind.NAME, values, _name, least=HALF_OF_THEM)


def _name(value: str) -> Candidate:
    text = value.strip()
    looks = len(text) <= MOST_CHARACTERS and _LOOKS.fullmatch(text) and (not text.isascii() or not text.islower())
    return Candidate(masking.name(text) if looks else None)
