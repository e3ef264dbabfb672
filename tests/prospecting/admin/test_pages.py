"""Every staff page of prospecting and of signal scans: who sees it, and what lists cost."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import conditional_escape

from accounts.models import AccountGroup
from accounts.requester import Requester
from prospecting.actions.suppression import suppress_domain
from prospecting.models import (
    Folder,
    LeadFile,
    MergeCandidate,
    PositionChange,
    ProspectingSettings,
    Provider,
    ProviderIdentity,
    RowError,
)
from scans.models import Activity, SourceState, StoredDocument
from tests.scans import factories
from web.identifiers import new_object_id
from web.sealed import Secret

_numbers = iter(range(1, 10_000_000))


def prospect(of: AccountGroup) -> Any:
    number = next(_numbers)
    made = factories.prospect(
        of, company=factories.company(of, feeds=[{"url": "https://a.example/feed", "kind": "rss"}]),
        provenance={"title": {"origin": "import", "at": "2026-01-02T03:04:05+00:00", "confidence": 0.9}},
    )  # fmt: skip
    ProviderIdentity.objects.create(group=of, prospect=made, provider="import", external_id=f"id-{number}")
    PositionChange.objects.create(group=of, prospect=made, previous_title="CTO", title="CEO", origin="import")
    factories.audience(of, made)
    return made


def job(of: AccountGroup) -> Any:
    made = factories.filling(factories.audience(of, folder=Folder.objects.create(group=of, name=new_object_id())))
    RowError.objects.create(group=of, job=made, line=1, field="email", reason="is none", lost=True, raw={"Mail": "x"})
    return made


def lead_file(of: AccountGroup) -> LeadFile:
    return LeadFile.objects.create(
        group=of, name="leads.csv", kind="csv", sha256="0" * 64, size=10, row_count=1, headers=["Mail"],
        suggested_mapping={"Mail": "email"}, content="none",
    )  # fmt: skip


def pair(of: AccountGroup) -> MergeCandidate:
    one, other = sorted((prospect(of), prospect(of)), key=lambda each: each.pk)
    return MergeCandidate.objects.create(group=of, prospect=one, other=other, reason="same_name", score=90)


def suppression(of: AccountGroup) -> Any:
    return suppress_domain(of, f"d{next(_numbers)}.example", by=Requester.command("tests", of))


def provider(of: AccountGroup) -> Provider:
    return Provider.objects.create(
        group=of, name=f"p{next(_numbers)}", base_url="https://p.example", token=Secret.of("quiet"),
        active=not Provider.objects.filter(group=of).exists(),
    )  # fmt: skip


def finding(of: AccountGroup, **fields: Any) -> Any:
    person = prospect(of)
    return factories.finding(factories.scan(of, prospects=[person]), person.company, **fields)


def activity(of: AccountGroup) -> Activity:
    return Activity.objects.create(
        group=of, external_id=new_object_id(), type="post", prospect=prospect(of), text="x", url="https://a.example",
        posted_at="2026-01-02T03:04:05Z",
    )  # fmt: skip


def source(of: AccountGroup) -> SourceState:
    return SourceState.objects.create(group=of, kind="feed", address="https://a.example", key=new_object_id())


def document(of: AccountGroup) -> StoredDocument:
    return StoredDocument.objects.create(
        group=of, source=source(of), key="k", digest="d", type="company_news", title="News", extra={"jobUrl": "x"},
        posted_at="2026-01-02T03:04:05Z",
    )  # fmt: skip


PAGES: dict[str, Callable[[Any], Any]] = {
    "prospecting_audience": lambda of: job(of).audience,
    "prospecting_folder": lambda of: Folder.objects.create(group=of, name=new_object_id()),
    "prospecting_prospect": prospect,
    "prospecting_company": lambda of: prospect(of).company,
    "prospecting_prospectingjob": job,
    "prospecting_leadfile": lead_file,
    "prospecting_rowerror": lambda of: job(of).row_errors.get(),
    "prospecting_mergecandidate": pair,
    "prospecting_suppression": suppression,
    "prospecting_provider": provider,
    "scans_signalspecification": factories.specification,
    "scans_monitor": factories.monitor,
    "scans_signalscan": lambda of: finding(of).scan,
    "scans_finding": finding,
    "scans_signal": lambda of: finding(of).signal,
    "scans_activity": activity,
    "scans_sourcestate": source,
    "scans_storeddocument": document,
}
FORMS = {"prospecting_folder", "prospecting_provider", "scans_signalspecification"}  # edited by staff
every_page = pytest.mark.parametrize("name", PAGES)


def list_of(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


def page_of(name: str, row: Any) -> str:
    return reverse(f"admin:{name}_change", args=[row.pk])


def queries(client: Any, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@every_page
def test_roles_say_who_sees_a_page(cast: SimpleNamespace, name: str) -> None:
    """Operator and auditor do; an analyst is refused, and to members of other groups it does not exist."""
    row, own = PAGES[name](cast.acme), PAGES[name](cast.neighbour)
    for person in ("superuser", "operator", "auditor"):
        client = getattr(cast, person)
        assert page_of(name, row) in client.get(list_of(name)).content.decode(), person
        assert client.get(page_of(name, row)).status_code == 200, person
    for person, status in (("analyst", 403), ("stranger", 302)):
        client = getattr(cast, person)
        assert page_of(name, row) not in client.get(list_of(name)).content.decode(), person
        assert client.get(page_of(name, row)).status_code == status, person
    assert page_of(name, own) in cast.stranger.get(list_of(name)).content.decode()
    if name != "prospecting_folder":
        assert "Acme" not in cast.stranger.get(list_of(name)).content.decode()


@every_page
def test_a_list_of_5_costs_as_many_queries_as_a_list_of_1(cast: SimpleNamespace, name: str) -> None:
    PAGES[name](cast.acme)
    before = queries(cast.operator, list_of(name))
    for _ in range(4):
        PAGES[name](cast.acme)
    after = queries(cast.operator, list_of(name))
    assert len(before) == len(after) <= 12, "\n".join(after)


@every_page
def test_pages_are_strict_and_nobody_deletes_or_edits_what_a_worker_owns(cast: SimpleNamespace, name: str) -> None:
    row = PAGES[name](cast.acme)
    for address in (list_of(name), page_of(name, row)):
        content = cast.operator.get(address).content.decode()
        for forbidden in ("<style", " style=", "<script>", " onclick=", 'src="http'):
            assert forbidden not in content
    answer = cast.superuser.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"})
    assert answer.status_code == 403
    if name not in FORMS:
        assert cast.superuser.post(page_of(name, row), {"status": "failed"}).status_code == 403


@every_page
def test_every_deed_is_refused_to_the_auditor_and_unknown_to_the_stranger(cast: SimpleNamespace, name: str) -> None:
    from django.contrib import admin

    row = PAGES[name](cast.acme)
    pages: Any = admin.site.get_model_admin(type(row))
    for deed in pages.deeds:
        address = pages.url_of(row, "deed", deed)
        assert cast.auditor.post(address, {"confirmed": "1"}).status_code == 403
        assert cast.analyst.post(address, {"confirmed": "1"}).status_code == 403
        assert cast.stranger.post(address, {"confirmed": "1"}).status_code == 302
    assert type(row).objects.filter(pk=row.pk).exists()
    assert "/do/" not in cast.auditor.get(page_of(name, row)).content.decode()


def test_a_role_needs_no_permission_by_hand(cast: SimpleNamespace) -> None:
    from accounts.models import User

    row = prospect(cast.acme)
    for name in ("operator", "analyst"):
        User.objects.get(username=name).user_permissions.clear()
    assert cast.operator.get(page_of("prospecting_prospect", row)).status_code == 200
    assert cast.analyst.get(list_of("prospecting_prospect")).status_code == 403
    assert cast.analyst.get(page_of("prospecting_prospect", row)).status_code == 403


def test_the_consent_rule_has_a_page(cast: SimpleNamespace) -> None:
    address = reverse("admin:prospecting_prospectingsettings_add")
    wanted = {"group": cast.acme.pk, "countries": "AT, Germany", "consent_without_country": "on"}
    assert "No known country" in cast.operator.post(address, {**wanted, "countries": "Atlantis"}).content.decode()
    assert cast.operator.post(address, wanted).status_code == 302
    row = ProspectingSettings.objects.get()
    assert (row.consent_countries, row.consent_without_country) == (["AT", "DE"], True)
    assert cast.stranger.post(address, wanted).status_code == 200
    assert cast.operator.get(reverse("admin:prospecting_prospectingsettings_changelist")).status_code == 200


def test_an_empty_list_says_what_would_be_there(cast: SimpleNamespace) -> None:
    for name in PAGES:
        answer = cast.operator.get(list_of(name))
        text = answer.context["cl"].model_admin.nothing_here
        assert text, name
        assert conditional_escape(text) in answer.content.decode(), name
