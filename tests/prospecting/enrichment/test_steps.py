"""What each step concludes, as tables; and what holds for all of them whatever a prospect holds."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prospecting.enrichment import steps
from prospecting.enrichment.guesses import candidates, patterns_of
from prospecting.enrichment.mailboxes import employer_domain, is_disposable, is_free
from prospecting.enrichment.mx import Mail
from prospecting.enrichment.places import country_of_phone, place_of
from prospecting.enrichment.provenance import Draft
from prospecting.enrichment.steps import GUESS, OFFLINE, apply

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2026, 7, 1, tzinfo=UTC)
FIELDS = (
    "first_name", "last_name", "name", "name_key", "headline", "title", "seniority", "department", "location",
    "country", "subdivision", "email", "phone",
)  # fmt: skip


def person(origin: str = "import", **fields: Any) -> Draft:
    values = {**dict.fromkeys(FIELDS, ""), "email_status": "unknown", **fields}
    return Draft(
        values, {name: {"origin": origin, "at": "2026-01-01T00:00:00+00:00", "confidence": 1.0} for name in fields}
    )


def enriched(mails: Any = None, **fields: Any) -> Draft:
    draft = person(**fields)
    assert apply(draft, NOW, mails or {}) == []
    return draft


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Anna Schmidt", "Anna", "Schmidt"),
        ("Dr. Anna-Lena von der Leyen", "Anna-Lena", "von der Leyen"),
        ("Müller, Hans-Peter", "Hans-Peter", "Müller"),
        ("Jean de la Fontaine", "Jean", "de la Fontaine"),
        ("", "", ""),
    ],
)
def test_a_name_falls_into_its_parts(name: str, first: str, last: str) -> None:
    draft = enriched(name=name)
    assert (draft["first_name"], draft["last_name"]) == (first, last)
    assert draft.origin("last_name") == ("name_parts" if last else "")


def test_parts_make_a_name_and_follow_no_name_they_made() -> None:
    draft = enriched(first_name="Anna", last_name="Schmidt")
    assert (draft["name"], draft["name_key"]) == ("Anna Schmidt", "anna schmidt")
    draft.values["last_name"] = "Berg"  # as a later import says
    apply(draft, LATER, {})
    assert draft["name"] == "Anna Berg"


@pytest.mark.parametrize(
    ("location", "country", "subdivision"),
    [
        ("Munich, Bavaria, Germany", "DE", "DE-BY"),
        ("München, Bayern, Deutschland", "DE", "DE-BY"),
        ("Berlin, Germany", "DE", "DE-BE"),
        ("Germany", "DE", ""),
        ("San Francisco, California, United States", "US", "US-CA"),
        ("Austin, TX", "US", "US-TX"),
        ("Austin, Texas", "US", "US-TX"),
        ("New York, NY 10001", "US", "US-NY"),
        ("Atlanta, Georgia, United States", "US", "US-GA"),
        ("Tbilisi, Georgia", "", ""),  # a country, or a state
        ("San Francisco, CA", "", ""),  # California, or Canada
        ("Toronto, Ontario, Canada", "CA", "CA-ON"),
        ("London, England, United Kingdom", "GB", "GB-ENG"),
        ("Paris, Île-de-France, France", "FR", "FR-IDF"),
        ("Lyon, France", "FR", ""),
        ("Madrid, España", "ES", "ES-MD"),
        ("Barcelona, Catalonia, Spain", "ES", "ES-CT"),
        ("Wien, Österreich", "AT", "AT-9"),
        ("Zürich, Schweiz", "CH", "CH-ZH"),
        ("Amsterdam, North Holland, Netherlands", "NL", "NL-NH"),
        ("Remote", "", ""),
        ("in the middle of nowhere", "", ""),
        ("Earth", "", ""),
        ("", "", ""),
    ],
)
def test_a_place_is_read_by_exact_tables(location: str, country: str, subdivision: str) -> None:
    assert place_of(location) == (country, subdivision)


def test_a_country_somebody_named_stands_and_tells_how_to_read_the_place() -> None:
    draft = enriched(location="Perth, WA", country="AU")
    assert (draft["country"], draft["subdivision"]) == ("AU", "AU-WA")
    assert draft.origin("country") == "import"


@pytest.mark.parametrize(
    ("phone", "country", "written", "concluded"),
    [
        ("+49 30 1234567", "", "+49301234567", "DE"),
        ("030 1234567", "DE", "+49301234567", "DE"),
        ("030 1234567", "", "030 1234567", ""),  # nobody knows of where
        ("+1 415 555 2671", "", "+14155552671", "US"),
        ("not a number", "DE", "not a number", "DE"),
        ("", "", "", ""),
    ],
)
def test_a_number_gets_its_country_and_may_tell_it(phone: str, country: str, written: str, concluded: str) -> None:
    draft = enriched(phone=phone, country=country) if country else enriched(phone=phone)
    assert (draft["phone"], draft["country"]) == (written, concluded)
    if phone and not country:
        assert draft.confidence("country") <= 0.5 or not concluded


def test_a_number_written_anew_is_still_the_importers() -> None:
    draft = enriched(phone="030 1234567", country="DE")
    assert draft.provenance["phone"]["origin"] == "import"


@pytest.mark.parametrize(
    ("email", "mail", "status", "confidence", "reason"),
    [
        ("anna@acme.com", Mail.UNKNOWN, "valid", 0.6, "well formed"),
        ("anna@acme.com", Mail.TAKES, "valid", 0.9, "its domain takes mail"),
        ("anna@acme.com", Mail.REFUSES, "invalid", 0.9, "its domain takes no mail"),
        ("anna@gmail.com", Mail.UNKNOWN, "valid", 0.6, "well formed, at a mail provider"),
        ("anna@mailinator.com", Mail.TAKES, "valid", 0.3, "well formed, at a throw-away domain"),
    ],
)
def test_an_address_is_judged(email: str, mail: Mail, status: str, confidence: float, reason: str) -> None:
    draft = enriched({email.partition("@")[2]: mail}, email=email)
    assert draft["email_status"] == status
    assert draft.provenance["email_status"] == {
        "origin": "email", "at": NOW.isoformat(), "confidence": confidence, "reason": reason,
    }  # fmt: skip


def test_an_address_that_is_none_is_invalid() -> None:
    assert enriched(email="anna(at)acme")["email_status"] == "invalid"


def test_a_guess_stays_a_guess() -> None:
    draft = person(email="anna.schmidt@acme.com", email_status="guessed")
    draft.provenance["email"] = {"origin": GUESS, "at": "2026-01-01T00:00:00+00:00", "confidence": 0.4}
    apply(draft, NOW, {"acme.com": Mail.TAKES})
    assert draft["email_status"] == "guessed"


def test_a_title_says_rank_and_department_with_the_reason() -> None:
    draft = enriched(title="Head of Sales")
    assert (draft["seniority"], draft["department"]) == ("head", "sales")
    assert draft.provenance["seniority"]["reason"] == "title says 'head'"


def test_a_new_title_takes_back_what_the_old_one_said() -> None:
    draft = enriched(title="Head of Sales")
    draft.values["title"] = "Human"
    apply(draft, LATER, {})
    assert (draft["seniority"], draft["department"]) == ("", "")
    assert "seniority" not in draft.provenance


def test_a_seniority_that_was_imported_stands() -> None:
    assert enriched(title="Head of Sales", seniority="Level 7")["seniority"] == "Level 7"


def test_a_headline_is_read_where_there_is_no_title() -> None:
    draft = enriched(headline="Geschäftsführer | Speaker | Dad")
    assert draft["seniority"] == "c_suite"
    assert draft.confidence("seniority") < enriched(title="Geschäftsführer").confidence("seniority")


def test_a_step_that_fails_leaves_what_the_others_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(text: str) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(steps, "normal_email", fails)
    draft = person(email="anna@acme.com", name="Anna Schmidt", title="CEO")
    assert apply(draft, NOW, {}) == ["email"]
    assert (draft["first_name"], draft["seniority"]) == ("Anna", "c_suite")


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("anna@acme.com", "acme.com"),
        ("anna@mail.acme.co.uk", "acme.co.uk"),
        ("anna@gmail.com", ""),
        ("anna@gmx.de", ""),
        ("anna@mailinator.com", ""),
        ("anna@sub.mailinator.com", ""),
        ("anna@localhost", ""),
        ("anna@10.0.0.1", ""),
        ("", ""),
    ],
)
def test_an_employer_is_told_by_the_address(email: str, domain: str) -> None:
    assert employer_domain(email) == domain


def test_free_and_throw_away_domains_are_known() -> None:
    assert is_free("gmail.com")
    assert not is_free("acme.com")
    assert is_disposable("mailinator.com")
    assert not is_disposable("com")


def test_guesses_follow_the_patterns_of_addresses_that_are_known() -> None:
    used = patterns_of([("Anna", "Schmidt", "aschmidt@acme.com"), ("Jörg", "Weiß", "jweiss@acme.com")])
    first = candidates("María José", "O'Neill", "acme.com", used)[0]
    assert (first.email, first.pattern) == ("moneill@acme.com", "flast")
    assert first.confidence > candidates("María José", "O'Neill", "acme.com")[0].confidence


@pytest.mark.parametrize(("first", "last"), [("", "Schmidt"), ("Anna", ""), ("李", "小龙"), ("A.", "..")])
def test_no_guess_is_made_of_half_a_name(first: str, last: str) -> None:
    assert candidates(first, last, "acme.com") == []


@pytest.mark.parametrize(
    ("number", "country"), [("+493012345678", "DE"), ("+41446681800", "CH"), ("+999", ""), ("x", "")]
)
def test_a_country_is_told_by_a_number(number: str, country: str) -> None:
    assert country_of_phone(number) == country


_text = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["Anna Schmidt", "CEO", "a@b.com", "x@gmail.com", "+4930123456", "030 12", "Berlin, Germany", "DE"]
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.fixed_dictionaries({name: _text for name in FIELDS if name not in ("name_key", "country", "subdivision")}))
def test_no_prospect_makes_the_steps_fail_and_a_second_run_changes_nothing(fields: dict[str, str]) -> None:
    draft = person(**{name: value for name, value in fields.items() if value})
    assert apply(draft, NOW, {}) == []
    before = deepcopy((draft.values, draft.provenance))
    draft.changed.clear()
    assert apply(draft, LATER, {}) == []
    assert (draft.values, draft.provenance) == before
    assert not draft.changed


def test_every_step_says_what_it_does() -> None:
    assert all(step.explained.endswith(".") for step in OFFLINE)
