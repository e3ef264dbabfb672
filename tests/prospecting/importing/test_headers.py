"""Columns are recognised by their names, in several languages, and the sender has the last word."""

from __future__ import annotations

import pytest

from prospecting.importing.fields import FIELDS, SYNONYMS
from prospecting.importing.headers import LINE, REASON, check, suggest
from web.errors import ValidationFailed


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ("First Name|Last Name|Work Email|Company Domain|LinkedIn URL",
         "firstName|lastName|email|companyDomain|linkedinUrl"),
        ("Vorname|Nachname|E-Mail-Adresse|Firma|Position|Land", "firstName|lastName|email|companyName|title|country"),
        ("Prénom|Nom|Courriel|Société|Poste|Téléphone|Pays",
         "firstName|lastName|email|companyName|title|phone|country"),
        ("Nombre|Apellidos|Correo electrónico|Empresa|Cargo", "firstName|lastName|email|companyName|title"),
        ("Nome|Cognome|E-mail|Azienda|Ruolo", "firstName|lastName|email|companyName|title"),
        ("Voornaam|Achternaam|Bedrijf|Functie", "firstName|lastName|companyName|title"),
        ("first_name|LASTNAME|Email Address|company_name|Website",
         "firstName|lastName|email|companyName|companyWebsite"),
        ("Contact Full Name|Person Linkedin Url|Company Linkedin Url", "name|linkedinUrl|companyLinkedinUrl"),
        ("firstName|publicIdentifier|photoUrl|providerId|personId|consent",
         "firstName|publicIdentifier|photoUrl|providerId|personId|consent"),
    ],
)  # fmt: skip
def test_usual_headers_are_recognised(headers: str, fields: str) -> None:
    names = headers.split("|")
    assert suggest(names) == dict(zip(names, fields.split("|"), strict=True))


def test_unknown_headers_and_our_own_columns_are_left_alone() -> None:
    assert suggest(["Email", "Favourite colour", "Notes", LINE, REASON]) == {"Email": "email"}


def test_of_two_columns_for_one_field_the_more_telling_is_taken() -> None:
    assert suggest(["Personal Email", "Work Email"]) == {"Work Email": "email"}


def test_no_two_fields_claim_one_name_and_every_field_has_names() -> None:
    assert set(SYNONYMS) == set(FIELDS)


def test_the_sender_overrides_what_is_suggested() -> None:
    headers = ["Name", "Mail 2", "Email", "Note"]
    assert check(headers, {}) == {"Name": "name", "Email": "email"}
    assert check(headers, {"Mail 2": "email"}) == {"Name": "name", "Mail 2": "email"}
    assert check(headers, {"Name": "", "Note": "about"}) == {"Email": "email", "Note": "about"}


@pytest.mark.parametrize(
    ("mapping", "path", "words"),
    [
        ({"Nmae": "name"}, "mapping.Nmae", "did you mean Name"),
        ({"Name": "fullname"}, "mapping.Name", "not a known field"),
        ({"Name": "email", "Email": "email"}, "mapping.Name", "more than one column"),
        ({"Name": "", "Email": ""}, "mapping", "no column is a known field"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_by_name(mapping: dict[str, str], path: str, words: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        check(["Name", "Email"], mapping)
    assert refused.value.details is not None
    assert (path, True) in [(detail.path, words in detail.message) for detail in refused.value.details]
