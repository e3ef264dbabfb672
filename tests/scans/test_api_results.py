"""What scans found, per scan and per prospect."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import lifecycle
from prospecting.models import Company, Prospect
from scans.models import ScanCompany, ScanProspect, SignalScan
from tests.scans import factories
from tests.scans.asking import Asking, data, fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def asking() -> Asking:
    return Asking(factories.group())


def staff_of(company: Company, count: int) -> list[Prospect]:
    return [factories.prospect(company.group, company=company) for _ in range(count)]


def walked(asking: Asking, path: str, limit: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = data(asking.get(f"{path}?limit={limit}{cursor}"))
        items += page["items"]
        if not page["hasMore"]:
            assert page["nextCursor"] is None
            return items
        assert len(page["items"]) == limit
        cursor = f"&cursor={page['nextCursor']}"


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_results_hold_each_finding_once_for_everybody_it_is_of(asking: Asking, limit: int) -> None:
    one, two = factories.company(asking.group), factories.company(asking.group)
    people = [*staff_of(one, 3), *staff_of(two, 1), factories.prospect(asking.group)]
    scan = factories.completed(asking.group, *people, kept=2)
    own = factories.finding(scan, people[4])
    factories.finding(scan, one, verdict="below_score")
    results = walked(asking, f"/signals/scans/{scan.pk}/results", limit)
    seen = [(result["signalId"], result["prospect"]["prospectId"]) for result in results]
    assert len(seen) == len(set(seen)) == 3 * 2 + 1 * 2 + 1
    assert seen[0] == (own.signal_id, people[4].pk)  # the newest first
    for person in people[:4]:
        assert len([pair for pair in seen if pair[1] == person.pk]) == 2


def test_a_result_holds_the_keys_of_its_type_and_the_person(asking: Asking) -> None:
    (person,) = people = staff_of(factories.company(asking.group), 1)
    scan = factories.completed(asking.group, *people, kept=0)
    finding = factories.finding(
        scan, person.company, extra={"newsUrl": "https://news"}, posted_at=scan.created_at, reasoning="Why", summary="S"
    )  # fmt: skip
    (result,) = data(asking.get(f"/signals/scans/{scan.pk}/results"))["items"]
    for name in ("postedAt", "firstSeenAt", "lastSeenAt"):
        assert result.pop(name).endswith("Z")
    assert result == {
        "type": "company_news", "signalId": finding.signal_id, "score": 80, "reasoning": "Why", "summary": "S",
        "title": "News", "companyName": person.company.name, "sources": ["https://a"], "newsUrl": "https://news",
        "prospect": {
            "prospectId": person.pk, "name": person.name, "title": "CTO", "linkedinUrl": None,
            "publicIdentifier": person.public_identifier,
        },
    }  # fmt: skip


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_what_was_dropped_is_listed_once_with_its_reason(asking: Asking, limit: int) -> None:
    person, *_ = people = staff_of(factories.company(asking.group), 3)
    scan = factories.completed(asking.group, *people)
    kept = scan.findings.get()
    wanted = []
    for verdict in ("stale", "below_score", "excluded", "duplicate", "below_score"):
        signal = {"signal": kept.signal} if verdict == "duplicate" else {}
        wanted += [(verdict, factories.finding(scan, subject, verdict=verdict, title=f"{verdict} {number}", **signal))
                   for number, subject in enumerate((person, person.company))]  # fmt: skip
    path = f"/signals/scans/{scan.pk}/dropped"
    listed = walked(asking, path, limit)
    assert [each["reason"] for each in listed] == sorted((verdict for verdict, _ in wanted), reverse=True)
    assert sorted(each["title"] for each in listed) == sorted(finding.title for _, finding in wanted)
    for each in listed:
        assert each["signalId"] == (kept.signal_id if each["reason"] == "duplicate" else None)
        of = each["prospect"] and each["prospect"]["prospectId"]
        assert of == (person.pk if each["type"] == "post" else None)
    stale = data(asking.get(f"{path}?reason=stale"))["items"]
    assert [each["reason"] for each in stale] == ["stale", "stale"]
    assert fault(asking.get(f"{path}?reason=kept"), 400) == ("VALIDATION_ERROR", "reason")


def test_a_page_of_what_was_dropped_costs_the_same_however_long_it_is(asking: Asking) -> None:
    people = staff_of(factories.company(asking.group), 1)
    scan = factories.completed(asking.group, *people)
    for count in (1, 30):
        for _ in range(count):
            factories.finding(scan, people[0], verdict="stale")
        asking.get(f"/signals/scans/{scan.pk}/dropped?limit=100")
        assert len(asking.queries) == 4


def test_nobody_sees_findings_of_a_scan_that_is_not_completed(asking: Asking) -> None:
    person = factories.prospect(asking.group)
    scan = factories.scan(asking.group, prospects=[person])
    lease = factories.claimed(scan)
    ScanProspect.objects.create(scan=scan, prospect=person)
    factories.finding(scan, person)
    factories.finding(scan, person, verdict="stale")
    empty = {"items": [], "nextCursor": None, "hasMore": False}
    pending = {"prospectId": person.pk, "status": "pending", "results": []}
    for _ in range(2):
        assert data(asking.get(f"/signals/scans/{scan.pk}/results")) == empty
        assert data(asking.get(f"/signals/scans/{scan.pk}/dropped")) == empty
        assert data(asking.get(f"/prospects/{person.pk}/signals")) == pending
        if not SignalScan.objects.get(pk=scan.pk).is_final:
            lifecycle.fail(lease, code="TIMED_OUT", message="Too slow.")


def test_signals_of_a_prospect_are_theirs_and_their_companys(asking: Asking) -> None:
    one, other = (staff_of(factories.company(asking.group), 1)[0] for _ in range(2))
    scan = factories.completed(asking.group, one, other, kept=0)
    news = factories.finding(scan, one.company, score=40)
    post, weak = factories.finding(scan, one, score=90), factories.finding(scan, one, score=10)
    factories.finding(scan, other)
    factories.finding(scan, other.company)
    path = f"/prospects/{one.pk}/signals"
    shown = data(asking.get(path))
    assert shown["status"] == "evaluated"
    assert [(group["type"], [item["signalId"] for item in group["items"]]) for group in shown["results"]] == [
        ("company_news", [news.signal_id]), ("post", [post.signal_id, weak.signal_id]),
    ]  # fmt: skip
    (group,) = data(asking.get(f"{path}?minScore=50"))["results"]
    assert (group["type"], [item["score"] for item in group["items"]]) == ("post", [90])
    assert data(asking.get(f"{path}?minScore=100"))["results"] == []


@pytest.mark.parametrize("score", ["-1", "101", "5.5", "", "x", "1000"])
def test_min_score_is_a_whole_number_up_to_100(asking: Asking, score: str) -> None:
    path = f"/prospects/{factories.prospect(asking.group).pk}/signals?minScore={score}"
    assert fault(asking.get(path), 400) == ("VALIDATION_ERROR", "minScore")


def test_the_newest_scan_by_each_specification_counts_and_a_signal_stands_once(asking: Asking) -> None:
    person = factories.prospect(asking.group)
    same, other = factories.specification(asking.group), factories.specification(asking.group)
    old, new, beside = (
        factories.completed(asking.group, person, specification=each) for each in (same, same, other)
    )  # fmt: skip
    gone = factories.finding(old, person)
    twice = factories.finding(new, person, score=30)
    factories.finding(beside, person, score=60, signal=twice.signal)
    ((group),) = data(asking.get(f"/prospects/{person.pk}/signals"))["results"]
    assert [(item["signalId"], item["score"]) for item in group["items"]] == [(twice.signal_id, 60)]
    assert gone.signal_id not in str(group)


def test_an_unknown_prospect_or_one_of_another_group_is_404(asking: Asking) -> None:
    foreign = factories.prospect(factories.group())
    for unknown in (foreign.pk, "0" * 24):
        assert fault(asking.get(f"/prospects/{unknown}/signals"), 404) == ("NOT_FOUND", None)
    assert fault(asking.get("/prospects/x/signals"), 400) == ("VALIDATION_ERROR", "prospectId")


def test_a_scan_that_could_read_nothing_of_a_prospect_hides_no_older_one(asking: Asking) -> None:
    company = factories.company(asking.group)
    person = staff_of(company, 1)[0]
    wanted = factories.specification(asking.group)
    factories.completed(asking.group, person, specification=wanted)
    newer = factories.completed(asking.group, person, specification=wanted, kept=0)
    assert data(asking.get(f"/prospects/{person.pk}/signals"))["results"] == []
    ScanCompany.objects.filter(scan=newer).update(state="failed")
    shown = data(asking.get(f"/prospects/{person.pk}/signals"))
    assert (shown["status"], len(shown["results"])) == ("evaluated", 1)
    ScanCompany.objects.update(state="failed", kept=0)
    assert data(asking.get(f"/prospects/{person.pk}/signals"))["status"] == "pending"
