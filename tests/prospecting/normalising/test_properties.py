"""Every normal form is its own normal form, and no text whatever makes one raise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.normalising.addresses import web_address
from prospecting.normalising.companies import company_key, company_name_key
from prospecting.normalising.countries import country
from prospecting.normalising.domains import company_domain, domain
from prospecting.normalising.emails import email, is_shared
from prospecting.normalising.names import name_key, name_of
from prospecting.normalising.normal import Normal
from prospecting.normalising.phones import phone
from prospecting.normalising.profiles import (
    company_page,
    company_page_url,
    profile,
    profile_url,
    public_identifier,
)
from prospecting.normalising.texts import fold, tidy, tidy_lines

_PIECES = st.sampled_from(
    [
        "http://",
        "https://",
        "//",
        "www.",
        "linkedin.com",
        "de.linkedin.com",
        "/in/",
        "/company/",
        "%C3%BC",
        "%25",
        "@",
        "a.b",
        ".de",
        ".co.uk",
        "?x=1",
        "#",
        "+49",
        "030",
        " ",
        "<",
        ">",
        "mailto:",
        "Dr. ",
        ", ",
        "Müller",
        "ß",
        "\u0130",
        "e\u0301",
        "\ud800",
        "\0",
        "[",
        "]",
        "xn--",
        "1",
        "O'Neill",
        "-",
        "A",
        "GmbH",
        "\u200b",
        "x" * 300,
    ]  # fmt: skip
)
TEXTS = st.one_of(st.text(), st.lists(_PIECES, max_size=6).map("".join), st.emails())

VALUES: list[Callable[[str], Normal]] = [
    email, profile, public_identifier, company_page, phone, country, domain, company_domain, web_address,
]  # fmt: skip


@pytest.mark.parametrize("normal_of", VALUES, ids=lambda each: each.__name__)
@given(text=TEXTS)
def test_a_normal_form_is_its_own_or_has_a_reason(normal_of: Callable[[str], Normal], text: str) -> None:
    found = normal_of(text)
    assert not (found.value and found.fault)
    assert "\0" not in found.value
    found.value.encode()
    if found.value and normal_of is not profile:
        assert normal_of(found.value) == found


@given(text=TEXTS)
def test_an_identifier_and_its_address_name_each_other(text: str) -> None:
    for read, address in ((profile, profile_url), (public_identifier, profile_url), (company_page, company_page_url)):
        if identifier := read(text).value:
            assert read(address(identifier)).value == identifier


@pytest.mark.parametrize("keep", [tidy, tidy_lines, fold, company_name_key])
@given(text=TEXTS)
def test_kept_and_folded_texts_stay_as_they_are(keep: Callable[[str], str], text: str) -> None:
    kept = keep(text)
    assert keep(kept) == kept
    kept.encode()
    assert "\0" not in kept


@given(first=TEXTS, last=TEXTS, full=TEXTS)
def test_names_come_apart_once_and_stay_apart(first: str, last: str, full: str) -> None:
    name = name_of(first, last, full)
    assert name_of(*name) == name
    assert bool(name.full) == bool(tidy(first) or tidy(last) or tidy(full))
    assert name_key(name.first, name.last) == name_key(name.first, name.last)
    company_key("", full)


@given(text=TEXTS, region=st.sampled_from(["DE", "US", "GB", ""]))
def test_a_phone_number_no_longer_depends_on_its_country(text: str, region: str) -> None:
    if found := phone(text, region).value:
        assert phone(found, "FR").value == phone(found).value == found


@pytest.mark.parametrize(
    ("address", "shared"),
    [("info@acme.com", True), ("no-reply@acme.com", True), ("sales+eu@acme.co.uk", True), ("info@gmail.com", False),
     ("anna.info@acme.com", False), ("informatics@acme.com", False), ("", False), ("@acme.com", False)],
)  # fmt: skip
def test_mailboxes_of_companies_are_told_from_those_of_people(address: str, shared: bool) -> None:
    assert is_shared(address) is shared
