"""What a scan makes of what its sources say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from jobs import kinds, lifecycle
from prospecting.models import Company, PositionChange, Prospect
from scans import execution, queries
from scans.models import Activity, Finding, ScanCompany, ScanProspect, Signal, SignalScan
from tests.scans import factories
from tests.scans.running import Sources, ago, counts, news, run, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_portion_is_stored_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "STORE_EVERY", 0)
    monkeypatch.setattr(execution, "REPORT_EVERY", 0)


def at(company: Company, count: int = 1) -> list[Prospect]:
    return [factories.prospect(company.group, company=company) for _ in range(count)]


def adds_up(scan: SignalScan) -> bool:
    tally = queries.tally(scan.pk)
    found = Finding.objects.filter(scan=scan).count()
    return (
        scan.prospects_total == scan.prospects_evaluated + scan.prospects_failed + scan.prospects_remaining
        and scan.prospects_remaining >= 0
        and scan.found == tally.kept + tally.duplicate + tally.below_score + tally.stale + tally.excluded == found
    )


def test_news_of_a_company_is_found_for_everybody_who_works_there(monkeypatch: Any) -> None:
    company = factories.company(factories.group())
    scan = factories.scan(company.group, prospects=at(company, 3))
    sources = Sources(said(company, news("a"), news("b", text="Nothing to see here")))
    run(scan, monkeypatch, sources)
    assert (scan.status, scan.progress, scan.visible_attempt) == ("completed", 1.0, 1)
    assert (scan.prospects_total, scan.prospects_evaluated, scan.prospects_failed) == (3, 3, 0)
    assert counts(scan) == {"kept": 1, "duplicate": 0, "below_score": 0, "stale": 0, "excluded": 0, "found": 1}
    assert sources.asked == [company.pk]  # once, however many work there
    assert len(queries.showings(scan.pk, after=None, limit=100)) == 3
    finding = Finding.objects.get()
    assert (finding.company, finding.prospect, finding.sources) == (company, None, ["https://news.example/a"])
    assert finding.extra == {"newsUrl": "https://news.example/a"}
    assert "funding" in finding.reasoning
    assert finding.summary
    assert adds_up(scan)


def test_what_is_dropped_is_kept_with_its_reason_and_counted(monkeypatch: Any) -> None:
    company = factories.company(factories.group())
    item = {**factories.NEWS, "excludeKeywords": ["rumour"], "minScore": 40, "maxAgeDays": 60}
    specification = factories.specification(company.group, item)
    scan = factories.scan(company.group, prospects=at(company), specification=specification)
    documents = [
        news("kept", posted_at=ago(scan, 0)),
        news("again", text="Acme raises funding from investors.", title="Title kept", posted_at=ago(scan, 0.5)),
        news("old", text="Another funding of long ago", posted_at=ago(scan, 61)),
        news("weak", text="Quite a different funding, for a school, of a month and more", posted_at=ago(scan, 55)),
        news("rumoured", text="A rumour about funding", posted_at=ago(scan, 0)),
    ]
    run(scan, monkeypatch, Sources(said(company, *documents)))
    assert counts(scan) == {"kept": 1, "duplicate": 1, "below_score": 1, "stale": 1, "excluded": 1, "found": 5}
    assert adds_up(scan)
    verdicts = dict(Finding.objects.values_list("title", "verdict").exclude(verdict="duplicate"))
    assert verdicts == {
        "Title kept": "kept", "Title old": "stale", "Title weak": "below_score", "Title rumoured": "excluded",
    }  # fmt: skip


def test_a_scan_scores_by_the_half_lives_and_weights_it_was_asked_for_with(monkeypatch: Any, settings: Any) -> None:
    company = factories.company(factories.group())
    found = {}
    for half_lives, weights in (({}, {}), ({"company_news": 10.0, "post": 1.0}, {}), ({}, {"company_news": 0.5})):
        settings.SIGNAL_HALF_LIVES, settings.SIGNAL_WEIGHTS = half_lives, weights
        scan = factories.scan(company.group, prospects=at(company))
        settings.SIGNAL_HALF_LIVES, settings.SIGNAL_WEIGHTS = {"company_news": 1.0}, {"company_news": 9.0}
        run(scan, monkeypatch, Sources(said(company, news("a", title="Acme", posted_at=ago(scan, 30)))))
        found[scan.pk] = Finding.objects.get(scan=scan)
    assert [each.score for each in found.values()] == [38, 10, 19]
    assert [re.search(r"freshness \S+; .*", each.reasoning)[0] for each in found.values()] == [
        "freshness 0.50); source weight 1.", "freshness 0.12); source weight 1.", "freshness 0.50); source weight 0.5.",
    ]  # fmt: skip


def test_the_same_news_on_three_sites_is_one_signal_with_three_sources(monkeypatch: Any) -> None:
    company = factories.company(factories.group())
    scan = factories.scan(company.group, prospects=at(company))
    text = "Acme of Vienna has closed a funding round of ten million euros led by three investors from Berlin"
    told = [
        news(key, text=text, title="Acme raises ten million", url=f"https://{key}.example/n", posted_at=ago(scan, day))
        for key, day in (("one", 1), ("two", 2), ("three", 3))
    ]
    run(scan, monkeypatch, Sources(said(company, *told)))
    kept = Finding.objects.get(verdict="kept")
    assert sorted(kept.sources) == [f"https://{key}.example/n" for key in ("one", "three", "two")]
    assert counts(scan)["duplicate"] == 2
    assert Finding.objects.filter(signal=kept.signal).count() == 3
    assert Signal.objects.count() == 1


def test_a_prospect_fails_only_with_all_its_sources_and_counts_without_any(monkeypatch: Any) -> None:
    group = factories.group()
    half, dead, bare = (factories.company(group) for _ in range(3))
    people = [*at(half), *at(dead, 2), *at(bare), factories.prospect(group)]
    scan = factories.scan(group, prospects=people)
    sources = Sources(
        said(half, news("a"), sources=2, failed=1), said(dead, news("b"), sources=2, failed=2), said(bare, sources=0)
    )  # fmt: skip
    run(scan, monkeypatch, sources)
    assert (scan.prospects_total, scan.prospects_evaluated, scan.prospects_failed) == (5, 3, 2)
    assert scan.kept == 1
    states = dict(ScanCompany.objects.values_list("company_id", "state"))
    assert states == {half.pk: "evaluated", dead.pk: "failed", bare.pk: "no_source"}
    assert len(ScanCompany.objects.get(company=dead).faults) == 2


def test_own_activities_and_changes_of_position_are_found(monkeypatch: Any) -> None:
    group = factories.group()
    company = factories.company(group, name="NewCo")
    one, other = at(company, 2)
    items = [{"source": kind, "keywords": ["growth"]} for kind in ("post", "comment", "job_change")]
    scan = factories.scan(group, prospects=[one, other], specification=factories.specification(group, *items))
    for kind, fields in (("post", {"total_likes": 3}), ("comment", {"reply_summary": "Yes"})):
        Activity.objects.create(
            group=group, prospect=one, type=kind, external_id=kind, text="On growth", url=f"https://s.example/{kind}",
            posted_at=ago(scan, 1), **fields,
        )  # fmt: skip
    PositionChange.objects.create(
        group=group, prospect=one, title="Head of growth", company="NewCo", previous_title="CTO",
        previous_company="OldCo", origin="import",
    )  # fmt: skip
    sources = Sources()
    run(scan, monkeypatch, sources)
    assert sources.asked == []  # no type of companies is asked for
    assert (scan.prospects_evaluated, scan.kept) == (2, 3)
    extras = {finding.type: finding.extra for finding in Finding.objects.filter(prospect=one)}
    assert extras["post"] == {"postLink": "https://s.example/post", "totalLikes": 3}
    assert set(extras["comment"]) == {"commentLink", "replySummary", "commentedAt"}
    assert extras["job_change"] == {"previousTitle": "CTO", "previousCompany": "OldCo"}
    assert {finding.company_name for finding in Finding.objects.all()} == {"NewCo"}


def test_a_dead_company_does_not_fail_a_prospect_whose_own_posts_were_read(monkeypatch: Any) -> None:
    company = factories.company(factories.group())
    items = [factories.NEWS, {"source": "post", "keywords": ["growth"]}]
    specification = factories.specification(company.group, *items)
    scan = factories.scan(company.group, prospects=at(company), specification=specification)
    run(scan, monkeypatch, Sources(said(company, failed=1)))
    assert (scan.prospects_evaluated, scan.prospects_failed) == (1, 0)


def test_an_empty_audience_completes_at_once(monkeypatch: Any) -> None:
    scan = run(factories.scan(factories.group(), prospects=[]), monkeypatch)
    assert (scan.status, scan.prospects_total, scan.found) == ("completed", 0, 0)


def test_only_the_named_prospects_are_looked_at(monkeypatch: Any) -> None:
    group = factories.group()
    people = [at(factories.company(group))[0] for _ in range(3)]
    scan = factories.scan(group, prospects=people, prospect_ids=[people[1].pk])
    sources = Sources()
    run(scan, monkeypatch, sources)
    assert (scan.prospects_total, sources.asked) == (1, [people[1].company_id])


def test_an_event_keeps_its_identity_from_scan_to_scan(monkeypatch: Any) -> None:
    company = factories.company(factories.group())
    people, specification = at(company), factories.specification(company.group)
    text = "Acme of Vienna has closed a funding round of ten million euros led by three investors from Berlin"
    scans = []
    for documents in (("a",), ("a",), ("b",)):  # at last only another site still shows it
        scan = factories.scan(company.group, prospects=people, specification=specification)
        told = [news(key, text=text, title="Round", posted_at=ago(scans[0] if scans else scan, 1)) for key in documents]
        scans.append(run(scan, monkeypatch, Sources(said(company, *told))))
    signal = Signal.objects.get()
    assert set(Finding.objects.values_list("signal", flat=True)) == {signal.pk}
    assert (signal.first_seen, signal.last_seen) == (scans[0].created_at, scans[2].created_at)


def test_a_signal_of_a_scan_that_was_given_up_has_not_been_seen(monkeypatch: Any) -> None:
    company = factories.company(factories.group())
    people, specification = at(company), factories.specification(company.group)
    given_up = factories.scan(company.group, prospects=people, specification=specification)
    sources = Sources(said(company, news("a")))
    monkeypatch.setattr(execution, "_switch", lambda *_: lifecycle.cancel(kinds.of(given_up), given_up.pk, actor="t"))
    run(given_up, monkeypatch, sources)
    assert Signal.objects.get().first_seen is None
    monkeypatch.undo()
    scan = run(factories.scan(company.group, prospects=people, specification=specification), monkeypatch, sources)
    signal = Signal.objects.get()
    assert (signal.first_seen, signal.last_seen) == (scan.created_at, scan.created_at)


def test_a_document_scores_the_same_whatever_else_is_scanned(monkeypatch: Any) -> None:
    group = factories.group()
    company, others = factories.company(group), [factories.company(group) for _ in range(5)]
    alone = factories.scan(group, prospects=at(company))
    crowd = factories.scan(group, prospects=[*at(company), *(at(other)[0] for other in others)])
    SignalScan.objects.filter(pk=crowd.pk).update(created_at=alone.created_at)
    document = news("a", text="On funding, at some length", posted_at=ago(alone, 10))
    noise = [news(f"{number}", text="funding " * number, posted_at=ago(alone, number)) for number in range(1, 60)]
    run(alone, monkeypatch, Sources(said(company, document)))
    run(crowd, monkeypatch, Sources(said(company, document), *(said(each, *noise) for each in others), portion=10))
    (one,), (other,) = (
        Finding.objects.filter(scan=scan, company=company).values_list("score", "reasoning", "summary")
        for scan in (alone, crowd)
    )  # fmt: skip
    assert one == other


def test_progress_and_counts_move_forward_and_add_up_at_every_step(monkeypatch: Any) -> None:
    group = factories.group()
    companies = [factories.company(group) for _ in range(6)]
    scan = factories.scan(group, prospects=[person for company in companies for person in at(company, 2)])
    sources = Sources(*(said(each, news(each.pk), failed=number % 2) for number, each in enumerate(companies)))
    seen: list[SignalScan] = []

    def look(number: int) -> None:
        seen.append(SignalScan.objects.get(pk=scan.pk))

    sources.before = look
    seen.append(run(scan, monkeypatch, sources))
    assert [each.progress for each in seen] == sorted(each.progress for each in seen)
    assert [each.prospects_total for each in seen] == [12] * 7
    assert [each.prospects_remaining for each in seen] == [12, 10, 8, 6, 4, 2, 0]
    assert seen[3].version < seen[4].version
    assert all(each.found == each.kept for each in seen)
    assert (scan.prospects_evaluated, scan.prospects_failed) == (6, 6)


def test_a_cancelled_scan_stops_shows_what_it_counted_and_leaves_no_rows(monkeypatch: Any) -> None:
    group = factories.group()
    companies = [factories.company(group) for _ in range(4)]
    scan = factories.scan(group, prospects=[at(company)[0] for company in companies])
    sources = Sources(*(said(each, news(each.pk)) for each in companies))

    def cancel(number: int) -> None:
        if number == 3:
            lifecycle.cancel(kinds.of(scan), scan.pk, actor="tests")

    sources.before = cancel
    run(scan, monkeypatch, sources)
    assert (scan.status, scan.prospects_evaluated, scan.prospects_remaining, scan.kept) == ("cancelled", 2, 2, 2)
    for rows in (Finding, ScanCompany, ScanProspect):
        assert not rows.objects.filter(scan=scan).exists()


class Killed(BaseException):
    """As if the process were gone: nothing is cleaned up."""


def test_after_a_lost_worker_the_next_one_goes_on_and_doubles_nothing(monkeypatch: Any) -> None:
    group = factories.group()
    companies = [factories.company(group) for _ in range(5)]
    scan = factories.scan(group, prospects=[at(company)[0] for company in companies])
    sources = Sources(*(said(each, news(each.pk), news("x", text="A funding of its own")) for each in companies))

    def die(number: int) -> None:
        if number == 4:
            raise Killed

    sources.before = die
    with pytest.raises(Killed):
        run(scan, monkeypatch, sources)
    SignalScan.objects.filter(pk=scan.pk).update(lease_until=scan.created_at)
    newcomer = factories.prospect(group)  # whoever joins meanwhile is not of this scan
    factories.AudienceMember.objects.create(audience=scan.audience, prospect=newcomer)
    assert lifecycle.reap() == 1
    lifecycle.discard_leftovers(kinds.of(scan), scan.pk)  # as the sweeper may while it waits
    before = sources.asked[:]
    sources.before = lambda number: None
    run(scan, monkeypatch, sources)
    assert (scan.status, scan.attempts, scan.visible_attempt) == ("completed", 2, 2)
    assert (scan.prospects_total, scan.prospects_evaluated, scan.kept) == (5, 5, 10)
    assert len(before) == 4
    assert sources.asked[4:] == [company.pk for company in companies[3:]]
    assert adds_up(scan)


def test_one_that_is_cancelled_while_it_waits_for_its_next_attempt_is_cleared_too(monkeypatch: Any) -> None:
    company = factories.company(factories.group())
    scan = factories.scan(company.group, prospects=at(company))
    lease = factories.claimed(scan)
    with lifecycle.fence(lease):
        queries.draw_up(scan, own=False, companies=True)
        SignalScan.objects.filter(pk=scan.pk).update(drawn_up=True)
    lifecycle.hand_back("worker of a test")
    lifecycle.discard_leftovers(kinds.of(scan), scan.pk)
    assert ScanProspect.objects.count() == 1
    lifecycle.cancel(kinds.of(scan), scan.pk, actor="tests")
    scan.refresh_from_db()
    assert scan.leftovers
    lifecycle.discard_leftovers(kinds.of(scan), scan.pk)
    assert ScanProspect.objects.count() == ScanCompany.objects.count() == 0


def test_who_is_erased_meanwhile_is_passed_over(monkeypatch: Any) -> None:
    group = factories.group()
    gone, here = factories.prospect(group), factories.prospect(group)
    items = {"source": "post", "keywords": ["growth"]}
    scan = factories.scan(group, prospects=[gone, here], specification=factories.specification(group, items))
    for person in (gone, here):
        Activity.objects.create(
            group=group, prospect=person, type="post", external_id=person.pk, text="growth", url="https://s.example",
            posted_at=ago(scan, 1),
        )  # fmt: skip
    taken = execution.evaluate

    def erase(*args: Any) -> Any:
        gone.delete()
        return taken(*args)

    monkeypatch.setattr(execution, "evaluate", erase)
    run(scan, monkeypatch)
    assert (scan.status, scan.prospects_total, scan.prospects_evaluated, scan.kept) == ("completed", 1, 1, 1)


def test_the_database_refuses_counts_that_do_not_add_up() -> None:
    scan = factories.completed(factories.group(), factories.prospect(factories.group()))
    for wrong in ({"prospects_total": 2}, {"prospects_failed": 1}, {"prospects_evaluated": 0}):
        with pytest.raises(IntegrityError, match="a_completed_signal_scan|a_signal_scan_looks"), transaction.atomic():
            SignalScan.objects.filter(pk=scan.pk).update(**wrong)
