"""A provider over real HTTP: what it says well, and every way in which it can fail."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AccountGroup
from prospecting.enums import Capability, JobSource
from prospecting.errors import ProviderUsedUp
from prospecting.models import Provider, ProviderUse
from prospecting.providers import calls, configured, for_group
from prospecting.providers.base import Listed
from prospecting.providers.remote import RemoteProvider
from prospecting.providers.sandbox import LISTS, PEOPLE, Sandbox, person
from tests.prospecting import people
from web.errors import UpstreamError, ValidationFailed
from web.sealed import Secret

pytestmark = pytest.mark.django_db

SEARCH = JobSource.LINKEDIN_SEARCH


@pytest.fixture
def group() -> AccountGroup:
    return people.group()


@pytest.fixture
def provider(sandbox: Sandbox, group: AccountGroup, monkeypatch: pytest.MonkeyPatch) -> RemoteProvider:
    monkeypatch.setattr(calls, "_pause", lambda answer: 0.0)
    found = for_group(group, test=True)
    assert found is not None
    return found


def asked(text: str) -> dict[str, str]:
    return {"search_url": f"https://www.linkedin.com/search?{text}"}


def found(provider: RemoteProvider, text: str = "", limit: int = 1000, after: str = "") -> list[str]:
    pages = provider.search(SEARCH, asked(text), limit, after=after)
    return [lead.external_id for page in pages for lead in page.leads]


@pytest.mark.parametrize(("limit", "people"), [(1000, PEOPLE), (30, 30), (25, 25), (1, 1)])
def test_a_search_gives_everybody_up_to_its_limit_page_by_page(
    provider: RemoteProvider, limit: int, people: int
) -> None:
    assert found(provider, limit=limit) == [f"sandbox-{number}" for number in range(people)]


def test_a_search_goes_on_behind_a_page_seen_before(provider: RemoteProvider) -> None:
    first = next(provider.search(SEARCH, asked(""), 1000))
    rest = found(provider, after=first.cursor)
    assert [lead.external_id for lead in first.leads] + rest == [f"sandbox-{number}" for number in range(PEOPLE)]


def test_a_lead_holds_what_the_provider_says_under_its_ids(provider: RemoteProvider) -> None:
    lead = next(provider.search(SEARCH, asked(""), 1)).leads[0]
    said = person(0)
    assert (lead.line, lead.provider, lead.external_id, lead.person_id) == (1, "sandbox", said["id"], said["personId"])
    assert dict(lead.fields) == {name: value for name, value in said.items() if name not in ("id", "personId")}


@pytest.mark.parametrize("fault", ["500", "429", "503", "401", "418", "broken", "types", "late", "loop"])
def test_a_provider_at_fault_is_told_as_such_and_nothing_it_said_is(provider: RemoteProvider, fault: str) -> None:
    with pytest.raises(UpstreamError) as raised:
        found(provider, f"fault={fault}")
    assert "sandbox" not in raised.value.message
    assert raised.value.status == 502


@pytest.mark.parametrize("fault", ["429once", "503once"])
def test_a_provider_that_is_busy_for_a_moment_is_asked_again(
    provider: RemoteProvider, sandbox: Sandbox, fault: str
) -> None:
    assert len(found(provider, f"fault={fault}&people=5")) == 5
    assert sandbox.calls["/people/search"] == 2


def test_a_provider_that_stays_busy_is_asked_three_times(provider: RemoteProvider, sandbox: Sandbox) -> None:
    with pytest.raises(UpstreamError):
        found(provider, "fault=503")
    assert sandbox.calls["/people/search"] == calls.TRIES


def test_a_provider_that_hangs_is_left_after_its_time(
    sandbox: Sandbox, group: AccountGroup, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TRIES", 1)
    made = calls.Calls(settings.SANDBOX_PROVIDER_URL, lambda: "t", 0.3, lambda: None, inside=True)
    with pytest.raises(UpstreamError):
        found(RemoteProvider("slow", made, []), "fault=hang")


def test_a_provider_that_is_away_is_told_as_such(
    group: AccountGroup, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_pause", lambda answer: 0.0)
    settings.SANDBOX_PROVIDER_URL = "http://127.0.0.1:9"
    away = for_group(group, test=True)
    assert away is not None
    with pytest.raises(UpstreamError):
        away.lead_lists()


def test_what_a_search_names_and_nobody_knows_is_the_fault_of_that_field(provider: RemoteProvider) -> None:
    with pytest.raises(ValidationFailed, match="searchUrl"):
        provider.check(SEARCH, asked("unknown"))
    with pytest.raises(ValidationFailed, match="leadListId"):
        provider.check(JobSource.SALES_NAVIGATOR, {"lead_list_id": "unknown"})
    provider.check(SEARCH, asked(""))  # and one that is known is none


def test_lists_and_addresses_come_from_the_provider(provider: RemoteProvider) -> None:
    assert list(provider.lead_lists()) == [Listed(item["id"], item["name"]) for item in LISTS]
    said = {"first_name": "Ann", "last_name": "Lee", "company_domain": "acme.com"}
    assert provider.find_email(said) == "ann.lee@acme.com"
    assert provider.find_email({"first_name": "Ann"}) is None


def configured_at(group: AccountGroup, address: str, **fields: Any) -> Provider:
    about = {"name": "people-inc", "base_url": address, "token": Secret.of("planted-secret"), **fields}
    return Provider.objects.create(group=group, **about)


@pytest.fixture
def keys(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]


@pytest.mark.usefixtures("keys")
def test_a_group_uses_its_own_active_provider_and_a_test_key_the_sandbox(group: AccountGroup) -> None:
    assert for_group(group, test=False) is None
    configured_at(group, "https://people.example.com")
    configured_at(people.group("Other"), "https://other.example.com", name="others")
    live, test = for_group(group, test=False), for_group(group, test=True)
    assert (live and live.name, test and test.name) == ("people-inc", configured.SANDBOX)
    Provider.objects.update(active=False)
    assert for_group(group, test=False) is None


@pytest.mark.usefixtures("keys")
def test_a_provider_is_called_as_often_a_month_as_the_operator_allows(
    sandbox: Sandbox, group: AccountGroup, settings: Any
) -> None:
    address = settings.SANDBOX_PROVIDER_URL
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_ALLOW = frozenset({("127.0.0.1", int(address.rpartition(":")[2]))})
    row = configured_at(group, address, monthly_cap=2)
    provider = configured.of(row)
    for _ in range(2):
        provider.lead_lists()
    with pytest.raises(ProviderUsedUp):
        provider.lead_lists()
    assert ProviderUse.objects.get(provider=row).calls == 2
    assert sandbox.calls["/sales-navigator/lead-lists"] == 2
    ProviderUse.objects.update(month="2020-01-01")  # another month
    provider.lead_lists()
    Provider.objects.update(monthly_cap=0)
    with pytest.raises(ProviderUsedUp):
        configured.of(Provider.objects.get()).lead_lists()


@pytest.mark.usefixtures("keys")
def test_a_provider_inside_is_not_reached_unless_the_operator_allows_it(
    sandbox: Sandbox, group: AccountGroup, settings: Any
) -> None:
    provider = configured.of(configured_at(group, settings.SANDBOX_PROVIDER_URL))
    with pytest.raises(UpstreamError):
        provider.lead_lists()
    assert not sandbox.calls


@pytest.mark.usefixtures("keys")
def test_a_token_is_in_no_log_and_in_no_error(
    group: AccountGroup, settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TRIES", 1)
    row = configured_at(group, "http://127.0.0.1:9")
    with caplog.at_level(logging.DEBUG), pytest.raises(UpstreamError) as raised:
        configured.of(row).lead_lists()
    assert "planted-secret" not in caplog.text + repr(row.__dict__) + repr(raised.value.__dict__)


@pytest.mark.usefixtures("keys")
def test_a_group_has_one_active_provider_with_a_plain_name(group: AccountGroup) -> None:
    configured_at(group, "https://people.example.com")
    for wrong in ({"name": "second"}, {"name": "Import", "active": False}, {"name": "import", "active": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            configured_at(group, "https://people.example.com", **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        configured_at(group, "https://x.example.com", name="y", active=False, capabilities=["telepathy"])
    assert Capability.EMAIL in Capability.values
