"""What the pages of prospects and companies tell of signals."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccountGroup
from prospecting.models import AudienceMember, JobProspect
from scans.models import Finding, SourceState
from scans.sources.source import Place
from tests.scans import factories

FEED = "https://acme.example/feed"


def page_of(row: Any) -> str:
    return reverse(f"admin:prospecting_{row._meta.model_name}_change", args=[row.pk])


def employee(of: AccountGroup, **fields: Any) -> Any:
    at = factories.company(of, feeds=[{"url": FEED, "kind": "rss"}], name="Acme")
    return factories.prospect(of, company=at, **fields)


def table(answer: Any, title: str) -> list[str]:
    (found,) = [table for table in answer.context["tables"] if table.title == title]
    return [" ".join(map(str, row)) for row in found.rows]


def test_fields_stand_in_one_table_with_where_they_are_from(cast: SimpleNamespace) -> None:
    told = {"title": {"origin": "import", "at": "2026-01-02T03:04:05+00:00", "confidence": 0.9, "reason": "row 7"}}
    person = employee(cast.acme, name="Anna Muster", title="CTO", phone="+431234", provenance=told)
    lines = table(cast.operator.get(page_of(person)), "What is known")
    assert "Title CTO import 2026-01-02 03:04 90% row 7" in lines
    assert "Company Acme - - - " in lines
    assert not any(line.startswith("Headline") for line in lines)


def test_what_partners_read_of_a_prospect_stands_on_their_page(cast: SimpleNamespace) -> None:
    person = employee(cast.acme)
    assert "No scan has looked at them yet" in cast.operator.get(page_of(person)).content.decode()
    growth = factories.specification(cast.acme)
    old = factories.completed(cast.acme, person, specification=growth)
    Finding.objects.filter(scan=old).update(title="Of an older scan")
    scan = factories.completed(cast.acme, person, kept=0, specification=growth)
    weak = factories.finding(scan, person, score=30, title="Her post", reasoning="Mentions funding.")
    factories.finding(scan, person.company, score=90, title="A round", sources=["https://a.example/news", "https://b"])
    factories.finding(scan, person.company, verdict="stale", title="Old news")
    factories.finding(scan, employee(cast.acme).company, title="Of another company")
    lines = table(cast.auditor.get(page_of(person)), "Signals")
    assert len(lines) == 2
    assert "A round" in lines[0]
    assert 'href="https://a.example/news"' in lines[0]
    assert "Her post" in lines[1]
    assert "30 Post Mentions funding." in lines[1]
    assert [weak.title in line for line in table(cast.auditor.get(page_of(person.company)), "Signals")] == [False]


def test_a_company_says_how_its_sources_answer(cast: SimpleNamespace) -> None:
    company = employee(cast.acme).company
    assert "not asked yet" in table(cast.operator.get(page_of(company)), "Signals are read from")[0]
    for of in (cast.acme, cast.neighbour):
        SourceState.objects.create(
            group=of, kind="feed", address=FEED, key=Place("feed", FEED).key, failures=2, fault_code="GONE",
            fault=f"410 to {of}",
        )  # fmt: skip
    (line,) = table(cast.operator.get(page_of(company)), "Signals are read from")
    assert "fails" in line
    assert "410 to Acme" in line


def test_audiences_and_jobs_of_a_prospect_are_named(cast: SimpleNamespace) -> None:
    person = employee(cast.acme)
    job = factories.filling(factories.audience(cast.acme, person, name="March"))
    JobProspect.objects.create(job=job, prospect=person, is_new=True)
    answer = cast.operator.get(page_of(person))
    assert "March" in table(answer, "Audiences")[0]
    assert "new" in table(answer, "Brought by")[0]


def test_pages_cost_as_many_queries_with_many_signals_as_with_one(cast: SimpleNamespace) -> None:
    person = employee(cast.acme)
    growth = factories.specification(cast.acme)

    def asked() -> list[int]:
        found = []
        for row in (person, person.company):
            with CaptureQueriesContext(connection) as queries:
                assert "News" in table(cast.operator.get(page_of(row)), "Signals")[0]
            found.append(len(queries))
        return found

    factories.completed(cast.acme, person, specification=growth)
    asked()  # what a process asks for once
    before = asked()
    factories.completed(cast.acme, person, kept=20, specification=growth)
    for _ in range(5):
        job = factories.filling(factories.audience(cast.acme, person))
        JobProspect.objects.create(job=job, prospect=person, is_new=False)
    assert AudienceMember.objects.filter(prospect=person).count() > 5
    assert before == asked()
    assert max(before) <= 25
