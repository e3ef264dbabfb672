"""What the page of a completed scan says: the summary, the course of the score, the tables behind them."""

from __future__ import annotations

import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.requester import Requester
from accounts.staff import list_url
from compliance.actions.reviews import review_violation
from compliance.admin.scan_page import _axis
from compliance.admin.shown import money, moved_words, percent
from compliance.enums import ReviewStatus
from compliance.models import ComplianceScan, Upload, Violation
from tests.compliance import factories
from tests.compliance.desk import CONFIG, LEDGER

SMALL = {
    **factories.RULE,
    "rule_id": "SMALL",
    "severity": "LOW",
    "where": {"field": "amount", "operator": "<", "value": 10},
}
NOWHERE = {**factories.RULE, "rule_id": "NOWHERE", "where": {"field": "country", "operator": "==", "value": "KP"}}


def page(scan: ComplianceScan) -> str:
    return reverse("admin:compliance_compliancescan_change", args=[scan.pk])


def shown(client: Any, scan: ComplianceScan) -> str:
    return client.get(page(scan)).content.decode()


def words(content: str) -> str:
    """Its text alone, blanks made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content))


def review(violation: Violation, status: ReviewStatus) -> None:
    review_violation(violation=violation, by=Requester.command("tests", violation.scan.group), status=status)


def scan_of(group: Any, rules: Any = (factories.RULE, SMALL), content: bytes = LEDGER, **parts: Any) -> ComplianceScan:
    on = parts.pop("on", None) or factories.policy(group, rules=rules)
    return factories.executed(group, content, CONFIG, on=on)


def test_the_summary_says_score_worst_open_and_how_far_the_review_is(cast: SimpleNamespace) -> None:
    scan = scan_of(cast.acme)
    text = words(shown(cast.reader, scan))
    assert f"{scan.score} of 100" in text
    assert "1 high count" in text
    assert "0 % 0 of 2" in text
    assert "The first scan of this policy" in text
    assert "Coverage 100 %" in text


def test_what_is_decided_moves_word_and_progress(cast: SimpleNamespace) -> None:
    scan = scan_of(cast.acme)
    review(scan.violations.get(rule_id="BIG"), ReviewStatus.FALSE_POSITIVE)
    text = words(shown(cast.reader, scan))
    assert "1 low count" in text
    assert "50.00 % 1 of 2" in text
    review(scan.violations.get(rule_id="SMALL"), ReviewStatus.FALSE_POSITIVE)
    assert "nothing counts" in words(shown(cast.reader, scan))


def test_the_pending_are_a_step_away(cast: SimpleNamespace) -> None:
    scan = scan_of(cast.acme)
    review(scan.violations.get(rule_id="BIG"), ReviewStatus.APPROVED)
    queue = list_url(Violation, scan__id__exact=scan.pk, status__exact="pending")
    assert queue.replace("&", "&amp;") in shown(cast.reader, scan)
    listed = cast.reader.get(queue).context["cl"].result_list
    assert [violation.rule_id for violation in listed] == ["SMALL"]


def test_a_second_scan_is_told_beside_the_first(cast: SimpleNamespace) -> None:
    first = scan_of(cast.acme)
    second = scan_of(cast.acme, on=first.policy, content=LEDGER.replace(b"A1,500", b"A3,500"))
    review(second.violations.get(rule_id="BIG"), ReviewStatus.FALSE_POSITIVE)
    second.refresh_from_db()
    text = words(shown(cast.reader, second))
    assert "1 new, 1 resolved, 1 unchanged" in text
    assert f"{second.score - first.score:.2f} points higher than" in text


def test_a_rule_that_could_not_run_stands_out_with_its_reason(cast: SimpleNamespace) -> None:
    scan = scan_of(cast.acme, rules=(factories.RULE, NOWHERE))
    content = shown(cast.reader, scan)
    notice = words(content.split('id="idle"')[1].split("</section>")[0])
    assert "1 rule of 2 could not run" in notice
    assert "NOWHERE Big: no column is mapped to country" in notice
    assert "Coverage 50.00 %" in words(content)
    assert 'id="idle"' not in shown(cast.reader, scan_of(cast.acme))


def test_both_courses_of_the_score_are_drawn_with_their_tables(cast: SimpleNamespace) -> None:
    first = scan_of(cast.acme)
    alone = shown(cast.reader, first)
    assert alone.count('class="chart-line"') == 0
    assert "only scan of its policy" in alone
    assert "Nobody has decided on anything yet." in alone
    second = scan_of(cast.acme, on=first.policy)
    review(second.violations.get(rule_id="SMALL"), ReviewStatus.FALSE_POSITIVE)
    content = shown(cast.reader, second)
    assert content.count('class="chart-line"') == 2
    assert f"{first.score}: " in content.split('class="chart-line"')[1]
    for table in ("scans-of-this-policy", "score-history"):
        assert f'href="#{table}"' in content
        assert f'id="{table}"' in content
    assert page(first) in content.split('id="scans-of-this-policy"')[1]


def test_scans_of_other_policies_are_not_in_the_course(cast: SimpleNamespace) -> None:
    scan, other = scan_of(cast.acme), scan_of(cast.acme)
    assert page(other) not in shown(cast.reader, scan)


def test_waivers_of_the_scan_are_listed_with_their_violations(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme, accounts=["A1", "A2"])
    waiver = factories.waiver(cast.acme, reason="Known customer", owner="Ann")
    factories.waiver(cast.acme, account="A9", reason="Another one")
    scan.violations.filter(account="A1").update(waiver=waiver)
    ComplianceScan.objects.filter(pk=scan.pk).update(waived_count=1)
    content = shown(cast.reader, scan)
    table = words(content.split('id="waivers"')[1].split("</table>")[0])
    assert "BIG:A1 Known customer Ann active" in table
    assert "Another one" not in content
    (found,) = re.findall(r'href="([^"]*waiver__id__exact[^"]*)"', content)
    listed = cast.reader.get(found.replace("&amp;", "&")).context["cl"].result_list
    assert [violation.account for violation in listed] == ["A1"]


def test_the_file_and_what_was_set_aside_of_it_are_linked(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme)
    upload = reverse("admin:compliance_upload_change", args=[scan.upload_id])
    assert f'href="{upload}"' in shown(cast.reader, scan)
    assert "set aside" not in shown(cast.reader, scan)
    Upload.objects.update(rejected_rows=1234)
    content = shown(cast.reader, scan)
    assert f'<a href="{upload}#rejects">1,234 rows set aside</a>' in content


def test_times_and_numbers_are_written_in_one_way(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme)
    ComplianceScan.objects.filter(pk=scan.pk).update(
        record_count=1_234_567, completed_at="2026-11-30T19:31:05Z", started_at="2026-11-30T19:30:00Z"
    )
    content = shown(cast.reader, scan)
    assert "2026-11-30 19:31" in content
    assert "p.m." not in content
    assert "1,234,567 records" in content


def test_a_scan_that_is_not_completed_has_no_summary(cast: SimpleNamespace) -> None:
    content = shown(cast.reader, factories.failed(cast.acme))
    assert 'class="summary"' not in content
    assert "No score yet." in content


@pytest.mark.parametrize("person", ["administrator", "reader"])
def test_the_page_costs_as_many_queries_for_much_as_for_little(cast: SimpleNamespace, person: str) -> None:
    client = getattr(cast, person)
    policy = factories.policy(cast.acme, rules=(factories.RULE, SMALL))
    first, _ = (factories.completed(cast.acme, on=policy, requested_by_user=None) for _ in range(2))
    newest = factories.completed(cast.acme, on=policy, accounts=["A1"], previous_scan=first, new_count=0, **DELTA)
    client.get(page(newest))  # what a process asks for once
    with CaptureQueriesContext(connection) as little:
        client.get(page(newest))
    for _ in range(10):
        factories.completed(cast.acme, on=policy, accounts=[f"B{number}" for number in range(10)])
    for violation in newest.violations.all():
        for status in (ReviewStatus.APPROVED, ReviewStatus.DISPUTED) * 5:
            review(violation, status)
    with CaptureQueriesContext(connection) as much:
        client.get(page(newest))
    assert len(little) == len(much), "\n".join(query["sql"] for query in much.captured_queries)
    assert len(much) <= 25


DELTA = {"unchanged_count": 1, "resolved_count": 0, "previous_violation_count": 1, "violation_count": 1}


@pytest.mark.parametrize(
    ("share", "told"),
    [("0", "0 %"), ("1", "100 %"), ("0.5", "50.00 %"), ("0.99999", "99.99 %"), ("0.000001", "0.01 %")],
)
def test_what_is_not_quite_all_is_not_called_all(share: str, told: str) -> None:
    assert percent(Decimal(share)) == told


@pytest.mark.parametrize(
    ("amount", "told"), [("43623.8600", "43,623.86"), ("7.1234", "7.1234"), ("1000", "1,000.00"), (None, "-")]
)
def test_amounts_have_two_places_or_as_many_as_they_need(amount: str | None, told: str) -> None:
    assert money(None if amount is None else Decimal(amount)) == told


@pytest.mark.parametrize(
    ("change", "told"), [("0.19", "0.19 points higher"), ("-1", "1.00 points lower"), ("0", "no change")]
)
def test_a_change_is_told_in_words(change: str, told: str) -> None:
    assert moved_words(Decimal(change)) == told


@pytest.mark.parametrize("scores", [[98.13, 98.19], [0.0, 100.0], [99.97, 100.0], [50.0], []])
def test_the_axis_holds_every_score_and_stays_within_0_and_100(scores: list[float]) -> None:
    low, high = _axis(scores)
    assert 0 <= low < high <= 100
    assert all(low <= score <= high for score in scores)
