"""What others are asked about people: name servers, a provider, and guesses that say they are guesses."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from jobs.errors import JobFault, LeaseLost
from prospecting.actions.suppression import suppress
from prospecting.enrichment.enrich import EnrichmentOutcome
from prospecting.enrichment.mx import Mail, look_up
from prospecting.enums import SuppressionKind
from prospecting.importing.leads import Lead
from prospecting.models import KnownAs, PositionChange
from tests.prospecting.enrichment.desk import Desk
from tests.prospecting.enrichment.name_server import NO_SUCH_NAME, SILENT, NameServer, naming
from web.errors import UpstreamError

pytestmark = pytest.mark.django_db


class Provider:
    """A provider that knows addresses by name."""

    name = "People Inc"

    def __init__(self, **emails: Any) -> None:
        self.emails, self.asked = emails, list[Mapping[str, str]]()

    def find_email(self, person: Mapping[str, str]) -> str | None:
        self.asked.append(person)
        said = self.emails.get(person.get("first_name", ""))
        if isinstance(said, Exception):
            raise said
        return said


class Knowing(Provider):
    """One that also knows where people work."""

    def __init__(self, **people: dict[str, str]) -> None:
        super().__init__()
        self.people = people

    def look_up(self, person: Mapping[str, str]) -> Lead | None:
        fields = self.people.get(person.get("first_name", ""))
        return Lead(1, fields) if fields else None


@pytest.fixture
def names(settings: Any) -> Iterator[NameServer]:
    with naming() as server:
        settings.ENRICHMENT_MX, settings.ENRICHMENT_NAMESERVERS = True, (server.address,)
        yield server


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("records", "mail"),
    [
        (["10 mail.acme.com."], Mail.TAKES),
        (["0 ."], Mail.REFUSES),  # RFC 7505
        (NO_SUCH_NAME, Mail.REFUSES),
        ([], Mail.UNKNOWN),
        (["10 localhost."], Mail.UNKNOWN),
    ],
)
def test_mx_records_are_read(names: NameServer, records: Any, mail: Mail) -> None:
    names.records["acme.com"] = records
    assert asyncio.run(look_up("acme.com", (names.address,))) == mail


@pytest.mark.parametrize(
    "domain", ["localhost", "db.internal", "10.0.0.1", "intranet", "x.local", "", "com", "a b.com"]
)
def test_names_inside_are_not_asked_for(names: NameServer, domain: str) -> None:
    assert asyncio.run(look_up(domain, (names.address,))) == Mail.UNKNOWN
    assert names.asked == []


def test_a_silent_name_server_says_nothing(names: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prospecting.enrichment.mx.SECONDS", 0.3)
    names.records["acme.com"] = SILENT
    assert asyncio.run(look_up("acme.com", (names.address,))) == Mail.UNKNOWN


def test_addresses_are_judged_by_their_domain_where_that_is_allowed(
    desk: Desk, names: NameServer, settings: Any
) -> None:
    names.records |= {"acme.com": ["1 mx.acme.com."], "dead.com": NO_SUCH_NAME}
    anna, bob = desk.prospect(email="anna@acme.com"), desk.prospect(email="bob@dead.com")
    desk.enrich(anna, bob, desk.prospect(email="x@gmail.com"))
    assert (anna.email_status, bob.email_status) == ("valid", "invalid")
    assert anna.provenance["email_status"]["reason"] == "its domain takes mail"
    assert bob.company is None  # its domain is nobody's
    assert "gmail.com" not in names.asked
    settings.ENRICHMENT_MX = False
    names.asked.clear()
    desk.enrich(desk.prospect(email="carl@other.com"))
    assert names.asked == []


def test_a_provider_finds_an_address(desk: Desk) -> None:
    acme = desk.company("acme.com", name="Acme", domain="acme.com")
    anna = desk.prospect(acme, name="Anna Schmidt", title="CEO")
    bob = desk.prospect(acme, name="Bob Brown", email="bob@acme.com")
    provider = Provider(Anna="Anna.S@ACME.com", Bob="never@acme.com")
    assert desk.enrich(anna, bob, provider=provider, search_emails=True) == EnrichmentOutcome(done=2, emails_found=1)
    assert (anna.email, anna.email_status, bob.email) == ("anna.s@acme.com", "valid", "bob@acme.com")
    assert anna.provenance["email"]["origin"] == "provider:People Inc"
    assert provider.asked == [
        {"first_name": "Anna", "last_name": "Schmidt", "name": "Anna Schmidt", "title": "CEO", "company_name": "Acme",
         "company_domain": "acme.com"}
    ]  # fmt: skip


def test_nobody_is_asked_when_no_address_is_searched_for(desk: Desk) -> None:
    provider = Provider(Anna="anna@acme.com")
    assert desk.enrich(desk.prospect(name="Anna Schmidt"), provider=provider) == EnrichmentOutcome(done=1)
    assert provider.asked == []


def test_a_found_address_is_counted_once_more_when_the_batch_is_worked_on_again(desk: Desk) -> None:
    anna, provider = desk.prospect(name="Anna Schmidt"), Provider(Anna="anna@acme.com")
    for _ in range(2):
        outcome = desk.enrich(anna, provider=provider, search_emails=True)
        assert outcome == EnrichmentOutcome(done=1, emails_found=1)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("fault", [UpstreamError("down"), JobFault("UPSTREAM_ERROR", "down")])
def test_a_provider_that_fails_leaves_the_prospect_usable(desk: Desk, fault: Exception) -> None:
    anna, bob = desk.prospect(name="Anna Schmidt"), desk.prospect(name="Bob Brown")
    provider = Provider(Anna=fault, Bob="bob@acme.com")
    for _ in range(2):  # the attempt after a lost worker asks nobody again, and counts the same
        outcome = desk.enrich(anna, bob, provider=provider, search_emails=True)
        assert outcome == EnrichmentOutcome(done=1, failed=1, emails_found=1)
    assert len(provider.asked) == 2
    assert anna.first_name == "Anna"


def test_a_provider_that_keeps_failing_is_given_up(desk: Desk) -> None:
    people = [desk.prospect(name=f"Anna Number{'x' * n}") for n in range(1, 41)]
    provider = Provider(Anna=UpstreamError("down"))
    assert desk.enrich(*people, provider=provider, search_emails=True) == EnrichmentOutcome(failed=40)
    assert len(provider.asked) < 40


@pytest.mark.parametrize("known", ["prospect", "known as", "suppressed"])
def test_an_address_that_is_somebody_elses_or_suppressed_is_not_written(desk: Desk, known: str) -> None:
    other = desk.prospect(name="Other Person", email="a@acme.com" if known == "prospect" else "")
    if known == "known as":
        KnownAs.objects.create(group=desk.group, prospect=other, kind=KnownAs.Kind.EMAIL, value="a@acme.com")
    if known == "suppressed":
        from accounts.requester import Requester

        suppress(desk.group, [(SuppressionKind.EMAIL, "a@acme.com")], by=Requester.command("tests", desk.group))
    anna = desk.prospect(name="Anna Schmidt")
    outcome = desk.enrich(anna, provider=Provider(Anna="a@acme.com"), search_emails=True)
    assert (anna.email, outcome.emails_found) == ("", 0)


def test_two_people_with_one_address_share_it_not(desk: Desk) -> None:
    people = [desk.prospect(name="Anna One"), desk.prospect(name="Anna Two")]
    outcome = desk.enrich(*people, provider=Provider(Anna="anna@acme.com"), search_emails=True)
    assert outcome == EnrichmentOutcome(done=2, emails_found=1)
    assert sorted(person.email for person in people) == ["", "anna@acme.com"]


def test_a_guess_is_made_where_the_domain_takes_mail_and_says_so(desk: Desk, names: NameServer) -> None:
    names.records["acme.com"] = ["1 mx.acme.com."]
    acme, other = desk.company("acme.com", domain="acme.com"), desk.company("other.com", domain="other.com")
    anna, bob = desk.prospect(acme, name="Anna Schmidt"), desk.prospect(other, name="Bob Brown")
    assert desk.enrich(anna, bob, search_emails=True) == EnrichmentOutcome(done=2)  # a guess is not found
    assert (anna.email, anna.email_status) == ("anna.schmidt@acme.com", "guessed")
    assert anna.provenance["email"]["origin"] == "email_guess"
    assert anna.provenance["email"]["confidence"] == 0.4
    assert bob.email == ""
    assert names.asked.count("acme.com") == 1


def test_a_guess_follows_the_addresses_that_are_known(desk: Desk, names: NameServer) -> None:
    names.records["acme.com"] = ["1 mx.acme.com."]
    acme = desk.company("acme.com", domain="acme.com")
    desk.prospect(acme, first_name="Bob", last_name="Brown", email="bbrown@acme.com")
    anna, twin = desk.prospect(acme, name="Anna Schmidt"), desk.prospect(acme, name="Arno Schmidt")
    desk.enrich(anna, twin, search_emails=True)
    assert {anna.email, twin.email} >= {"aschmidt@acme.com"}  # the other one's next best
    assert anna.email != twin.email


def test_a_guess_gives_way_to_what_a_provider_knows(desk: Desk, names: NameServer) -> None:
    names.records["acme.com"] = ["1 mx.acme.com."]
    anna = desk.prospect(desk.company("acme.com", domain="acme.com"), name="Anna Schmidt")
    desk.enrich(anna, search_emails=True)
    desk.begin()
    outcome = desk.enrich(anna, search_emails=True, provider=Provider(Anna="a.s@acme.com"))
    assert (anna.email, anna.email_status, outcome.emails_found) == ("a.s@acme.com", "valid", 1)


def test_no_guess_is_made_where_name_servers_may_not_be_asked(desk: Desk) -> None:
    anna = desk.prospect(desk.company("acme.com", domain="acme.com"), name="Anna Schmidt")
    assert desk.enrich(anna, search_emails=True) == EnrichmentOutcome(done=1)
    assert anna.email == ""


def test_a_new_position_is_noted_and_the_old_one_replaced(desk: Desk) -> None:
    acme = desk.company("acme.com", name="Acme", domain="acme.com")
    anna = desk.prospect(acme, name="Anna Schmidt", title="CTO")
    provider = Knowing(Anna={"title": "CEO", "companyName": "Globex", "companyDomain": "globex.com"})
    assert desk.enrich(anna, provider=provider) == EnrichmentOutcome(done=1)
    assert anna.company is not None
    assert (anna.title, anna.seniority, anna.company.name, anna.company.domain) == (
        "CEO",
        "c_suite",
        "Globex",
        "globex.com",
    )
    change = PositionChange.objects.get(prospect=anna)
    assert (change.previous_title, change.title) == ("CTO", "CEO")
    assert (change.previous_company, change.company, change.origin) == ("Acme", "Globex", "provider:People Inc")
    desk.begin()
    desk.enrich(anna, provider=provider)
    assert PositionChange.objects.count() == 1


@pytest.mark.parametrize("said", [{"title": "cto"}, {"companyName": "ACME"}, {"companyDomain": "acme.com"}, {}])
def test_the_same_position_in_other_letters_is_no_change(desk: Desk, said: dict[str, str]) -> None:
    acme = desk.company("acme.com", name="Acme", domain="acme.com")
    anna = desk.prospect(acme, name="Anna Schmidt", title="CTO")
    desk.enrich(anna, provider=Knowing(Anna=said))
    assert anna.company == acme
    assert not PositionChange.objects.exists()


def test_a_first_position_is_no_change(desk: Desk) -> None:
    anna = desk.prospect(name="Anna Schmidt")
    desk.enrich(anna, provider=Knowing(Anna={"title": "CTO", "companyName": "Acme"}))
    assert anna.company is not None
    assert (anna.title, anna.company.name, anna.company.key) == ("CTO", "Acme", "name:acme")
    assert not PositionChange.objects.exists()


def test_a_job_that_is_cancelled_does_not_wait_for_a_provider(desk: Desk) -> None:
    over = threading.Event()

    class Hanging(Provider):
        def find_email(self, person: Mapping[str, str]) -> str | None:
            desk.work.stopped = LeaseLost()
            over.wait(120)
            return None

    started = time.monotonic()
    try:
        with pytest.raises(LeaseLost):
            desk.enrich(desk.prospect(name="Anna Schmidt"), provider=Hanging(), search_emails=True)
        assert time.monotonic() - started < 60
    finally:
        over.set()
