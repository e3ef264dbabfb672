"""The page of a signal scan: what became of everything, the best of it, and why the rest was dropped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scans.admin.shown import in_words
from scans.enums import Verdict
from scans.models import ScanCompany, SignalScan
from tests.scans import factories

ITEM = {**factories.NEWS, "minScore": 50, "maxAgeDays": 30, "excludeKeywords": ["obituary"]}


def page_of(scan: SignalScan) -> str:
    return reverse("admin:scans_signalscan_change", args=[scan.pk])


def table(answer: Any, title: str) -> Any:
    (found,) = [table for table in answer.context["tables"] if table.title == title]
    return found


def lines(answer: Any, title: str) -> list[str]:
    return [" ".join(map(str, row)) for row in table(answer, title).rows]


@pytest.fixture
def scan(cast: SimpleNamespace) -> SignalScan:
    """One that has found something of every verdict."""
    made = factories.scan(cast.acme, specification=factories.specification(cast.acme, ITEM))
    company = factories.company(cast.acme, name="Acme")
    for score, title in ((60, "Second best"), (90, "Best")):
        factories.finding(made, company, score=score, title=title, reasoning="Mentions funding.")
    for verdict in Verdict:
        if verdict != Verdict.KEPT:
            factories.finding(made, company, verdict=verdict, score=20, title=f"Dropped as {verdict}")
    SignalScan.objects.filter(pk=made.pk).update(kept=2, duplicate=1, below_score=1, stale=1, excluded=1)
    made.refresh_from_db()
    return made


def test_the_counts_are_one_bar_and_the_best_signals_stand_first(cast: SimpleNamespace, scan: SignalScan) -> None:
    answer = cast.auditor.get(page_of(scan))
    for shown in ("Kept <b>2</b>", "Older than wanted <b>1</b>"):
        assert shown in answer.context["bar"]
    kept = lines(answer, "Kept signals")
    assert ["Best" in kept[0], "Second best" in kept[1], len(kept)] == [True, True, 2]
    for shown in ("90", "Acme", "Mentions funding.", 'href="https://a"'):
        assert shown in kept[0]
    assert "Company news that mentions “funding”, unless it mentions “obituary”" in answer.content.decode()


def test_what_was_dropped_says_why_and_is_narrowed_by_how(cast: SimpleNamespace, scan: SignalScan) -> None:
    every = lines(cast.auditor.get(page_of(scan)), "Dropped")
    assert len(every) == 4
    assert not any("Best" in line for line in every)
    answer = cast.auditor.get(page_of(scan), {"dropped": "below_score"})
    (line,) = lines(answer, "Dropped")
    assert "It scores 20; item 1 wants at least 50." in line
    note = table(answer, "Dropped").note
    assert f'href="{page_of(scan)}?dropped=stale#dropped"' in note
    assert "verdict__exact=below_score" in note
    assert len(lines(cast.auditor.get(page_of(scan), {"dropped": "kept"}), "Dropped")) == 4


def test_it_says_which_companies_could_not_be_asked_at_all(cast: SimpleNamespace, scan: SignalScan) -> None:
    def told(of: SignalScan) -> tuple[str, str]:
        said = table(cast.auditor.get(page_of(of)), "Sources that could not be read")
        return said.empty, said.note.partition(" companies")[0]

    assert told(scan) == ("None so far.", "")  # it waits for a worker
    over = factories.completed(cast.acme, factories.prospect(cast.acme, company=factories.company(cast.acme)))
    assert told(over) == ("Every source that was asked has answered.", "")
    ScanCompany.objects.create(scan=over, company=factories.company(cast.acme), state="no_source")
    assert told(over) == ("Every source that was asked has answered.", "1 of 2")
    over.companies.filter(state="evaluated").delete()
    assert told(over) == ("No source was asked: none is known.", "1 of 1")


def test_the_page_costs_as_many_queries_with_many_findings_as_with_few(
    cast: SimpleNamespace, scan: SignalScan
) -> None:  # fmt: skip
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            cast.operator.get(page_of(scan))
        return len(queries)

    asked()  # what a process asks for once
    before = asked()
    for number in range(12):
        subject = factories.company(cast.acme) if number % 2 else factories.prospect(cast.acme)
        factories.finding(scan, subject, verdict=Verdict.KEPT if number % 3 else Verdict.STALE)
    assert before == asked() <= 20


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"source": "post", "keywords": []}, "Post whatever it mentions."),
        ({"source": "job_opening", "keywords": ['"Data Engineer"', {"term": "expand*", "weight": 2.0}], "minScore": 5},
         'Job opening that mentions "Data Engineer" or “expand*” (weight 2): a score of 5 or more.'),
        ({"source": "comment", "keywords": ["a", "b", "c"], "excludeKeywords": ["d"], "maxAgeDays": 3},
         "Comment that mentions “a”, “b” or “c”, unless it mentions “d”: at most 3 days old."),
    ],
)  # fmt: skip
def test_an_item_is_told_in_words(item: dict[str, Any], words: str) -> None:
    assert in_words(item) == words


def test_a_list_tells_each_signal_as_the_newest_scan_kept_it(cast: SimpleNamespace, scan: SignalScan) -> None:
    kept = scan.findings.get(title="Best")
    again = factories.scan(cast.acme)
    factories.finding(again, kept.company, signal=kept.signal, title="Told anew", score=70, summary="At length.")
    factories.finding(again, kept.company, signal=kept.signal, title="A duplicate", verdict=Verdict.DUPLICATE)
    listed = cast.operator.get(reverse("admin:scans_signal_changelist")).content.decode()
    assert "Told anew" in listed
    assert "A duplicate" not in listed
    answer = cast.operator.get(reverse("admin:scans_signal_change", args=[kept.signal_id]))
    assert "Told anew 70" in lines(answer, "As it was last kept")[0]
    assert "At length." in lines(answer, "As it was last kept")[0]
