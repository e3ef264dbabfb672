"""Looking at violations and deciding on them."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils.http import urlencode

from compliance.admin.queue import FILTERS
from compliance.models import ComplianceScan, GroupSettings, Review, Violation
from tests.compliance import factories

LIST = "admin:compliance_violation_changelist"


def page(violation: Violation) -> str:
    return reverse("admin:compliance_violation_change", args=[violation.pk])


def decide(client: Any, violation: Violation, queue: str = "", **form: Any) -> Any:
    sent = {"version": violation.version, "status": "false_positive", "note": "", **form}
    address = reverse("admin:compliance_violation_review", args=[violation.pk])
    return client.post(f"{address}?{urlencode({FILTERS: queue})}" if queue else address, sent)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def found(client: Any, **query: object) -> list[str]:
    return sorted(row.account for row in client.get(reverse(LIST), query).context["cl"].result_list)


def one(group: Any) -> Violation:
    return factories.completed(group).violations.get()


def selection(violations: Any, **more: str) -> dict[str, Any]:
    ids = [str(violation.pk) for violation in violations]
    return {"action": "review_selected", "_selected_action": ids, "index": "0", **more}


@pytest.mark.parametrize("person", ["administrator", "colleague"])
def test_a_decision_moves_the_score_and_is_remembered(cast: SimpleNamespace, person: str) -> None:
    violation = one(cast.acme)
    answer = decide(getattr(cast, person), violation, note="a salary")
    assert answer.status_code == 302
    assert "BIG:A1: a false positive. Score 99.00 → 100.00." in said(answer)
    review = Review.objects.get()
    assert (review.to_status, review.note, review.reviewer) == ("false_positive", "a salary", person)
    scan = ComplianceScan.objects.get()
    assert (scan.score, scan.score_events.get().actor) == (Decimal(100), person)


def test_an_empty_note_keeps_the_old_one(cast: SimpleNamespace) -> None:
    violation = one(cast.acme)
    decide(cast.colleague, violation, note="a salary")
    violation.refresh_from_db()
    decide(cast.colleague, violation, status="pending")
    violation.refresh_from_db()
    assert (violation.status, violation.review_note) == ("pending", "a salary")


def test_a_decision_on_what_somebody_has_decided_meanwhile_is_refused(cast: SimpleNamespace) -> None:
    seen = one(cast.acme)
    decide(cast.administrator, seen, status="approved")
    answer = decide(cast.colleague, seen, status="false_positive", note="My own words")
    assert answer.url.startswith(page(seen))
    assert "administrator has decided on it meanwhile (decided: approved, 20" in said(answer)
    assert "nothing was changed" in said(answer)
    seen.refresh_from_db()
    assert (seen.status, seen.review_note) == ("approved", "")
    # What was written is there again, once.
    assert ">My own words</textarea>" in cast.colleague.get(answer.url).content.decode().replace("\n", "")
    assert "My own words" not in cast.colleague.get(answer.url).content.decode()


def test_a_decision_that_is_none_is_refused(cast: SimpleNamespace) -> None:
    violation = one(cast.acme)
    assert "resolved is not one of the available choices" in said(decide(cast.colleague, violation, status="resolved"))
    assert not Review.objects.exists()


def test_the_stranger_decides_nothing(cast: SimpleNamespace) -> None:
    violation = one(cast.acme)
    assert decide(cast.stranger, violation).url == reverse("admin:index")
    form = {"confirmed": "yes", "ids": str(violation.pk), "select_across": "1", "status": "approved"}
    cast.stranger.post(reverse(LIST), selection([violation], **form))
    assert not Review.objects.exists()


def test_what_was_reopened_meanwhile_is_said_plainly(cast: SimpleNamespace) -> None:
    seen = one(cast.acme)
    decide(cast.administrator, seen, status="approved")
    decide(cast.administrator, Violation.objects.get(), status="pending")
    assert "was reopened meanwhile, so nothing was changed" in said(decide(cast.colleague, seen))


def test_a_first_of_two_people_is_told_that_it_does_not_count_yet(cast: SimpleNamespace) -> None:
    GroupSettings.objects.create(group=cast.acme, second_reviewer=True)
    violation = one(cast.acme)
    Violation.objects.update(severity="CRITICAL")
    answer = decide(cast.colleague, violation)
    assert "proposed as a false positive. It counts as one when a second person agrees" in said(answer)
    assert "the score stays" in said(answer)
    mine, theirs = (client.get(page(violation)).content.decode() for client in (cast.colleague, cast.administrator))
    assert "That was you: somebody else has to agree." in mine
    assert "to agree, or decide otherwise" in theirs
    stale = decide(cast.administrator, violation)
    assert "colleague has decided on it meanwhile (proposed it as a false positive" in said(stale)
    violation.refresh_from_db()
    assert "a false positive. Score" in said(decide(cast.administrator, violation))
    assert Violation.objects.get().status == "false_positive"


def test_who_may_only_look_decides_nothing(cast: SimpleNamespace) -> None:
    violation = one(cast.acme)
    assert 'id="review"' not in cast.reader.get(page(violation)).content.decode()
    assert decide(cast.reader, violation).status_code == 403
    form = {"confirmed": "yes", "ids": str(violation.pk), "select_across": "1", "status": "approved"}
    cast.reader.post(reverse(LIST), selection([violation], **form))
    assert not Review.objects.exists()


def test_reviewing_by_get_is_not_possible(cast: SimpleNamespace) -> None:
    violation = one(cast.acme)
    assert cast.colleague.get(reverse("admin:compliance_violation_review", args=[violation.pk])).status_code == 405


def test_reviewing_many_asks_first(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme, accounts=["A1", "A2"])
    answer = cast.colleague.post(reverse(LIST), selection(scan.violations.all()))
    assert "One decision for all of them" in answer.content.decode()
    assert not Review.objects.exists()


def test_reviewing_many_decides_on_all_that_were_confirmed(cast: SimpleNamespace) -> None:
    first = factories.completed(cast.acme, accounts=["A1", "A2", "A3"])
    second = factories.completed(cast.acme, accounts=["B1"])
    chosen = Violation.objects.exclude(account="A3")
    asked = cast.colleague.post(reverse(LIST), selection(chosen)).context["hidden"]
    form = {**asked, "confirmed": "yes", "status": "false_positive", "note": "all salaries"}
    answer = cast.colleague.post(reverse(LIST), form)
    assert "Reviewed: 3." in said(answer)
    for scan in (first, second):
        assert f"{scan}: score 99.00 →" in said(answer)
    decided = Violation.objects.filter(status="false_positive", review_note="all salaries")
    assert sorted(decided.values_list("account", flat=True)) == ["A1", "A2", "B1"]
    assert [scan.score_events.count() for scan in (first, second)] == [1, 1]


def test_many_are_not_decided_on_over_a_decision_that_nobody_saw(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme, accounts=["A1", "A2"])
    shown = cast.colleague.post(reverse(LIST), selection(scan.violations.all())).context
    form = {**shown["hidden"], "versions": shown["form"].initial["versions"], "confirmed": "yes", "status": "approved"}
    decide(cast.administrator, scan.violations.get(account="A1"), status="disputed")
    assert "somebody has decided meanwhile" in said(cast.colleague.post(reverse(LIST), form))
    assert sorted(scan.violations.values_list("status", flat=True)) == ["disputed", "pending"]
    again = cast.colleague.post(reverse(LIST), selection(scan.violations.all())).context
    form |= {**again["hidden"], "versions": again["form"].initial["versions"]}
    assert "Reviewed: 2." in said(cast.colleague.post(reverse(LIST), form))


def test_more_than_can_be_reviewed_at_once_are_refused(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.deeds.MOST_AT_ONCE", 2)
    scan = factories.completed(cast.acme, accounts=["A1", "A2", "A3"])
    answer = cast.colleague.post(reverse(LIST), selection(scan.violations.all()))
    assert "At most 2 rows at once" in said(answer)


def test_what_a_dead_attempt_has_written_is_seen_by_nobody(cast: SimpleNamespace) -> None:
    scan, lease = factories.running(cast.acme)
    staged = factories.violation(scan, lease.attempt)
    assert found(cast.administrator) == []
    assert cast.administrator.get(page(staged)).status_code == 302
    assert decide(cast.administrator, staged).url == reverse("admin:index")
    assert not Review.objects.exists()


def test_the_list_is_narrowed_by_what_the_address_says(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme, accounts=["A1", "A2"])
    factories.completed(cast.acme, accounts=["B1"])
    scan.violations.filter(account="A2").update(severity="LOW", first_seen_scan_id=factories.uuid.uuid4())
    assert found(cast.colleague, scan__id__exact=scan.pk) == ["A1", "A2"]
    assert found(cast.colleague, scan__id__exact=scan.pk, rule="BIG") == ["A1", "A2"]
    assert found(cast.colleague, rule="SMALL") == []
    assert found(cast.colleague, severity__exact="LOW") == ["A2"]
    assert found(cast.colleague, delta="unchanged") == ["A2"]
    assert found(cast.colleague, delta="new") == ["A1", "B1"]


def test_a_scan_that_is_no_id_is_refused_without_a_fault(cast: SimpleNamespace) -> None:
    assert cast.colleague.get(reverse(LIST), {"scan__id__exact": "nonsense"}).status_code == 302


def test_accounts_are_found_by_their_beginning(cast: SimpleNamespace) -> None:
    factories.completed(cast.acme, accounts=["C100", "C200", "D1"])
    assert found(cast.colleague, q="C") == ["C100", "C200"]
    assert found(cast.colleague, q="C200") == ["C200"]
    assert found(cast.colleague, q="100") == []
    assert found(cast.colleague, q="BI") == []  # rules are in a filter
    assert len(found(cast.colleague, rule="BIG")) == 3


def test_the_page_explains_and_shows_the_evidence(cast: SimpleNamespace) -> None:
    rule = {**factories.RULE, "policy_excerpt": "Report what is big.", "policy_section": "Part 7"}
    scan = factories.completed(cast.acme, on=factories.policy(cast.acme, rules=[rule]))
    violation = scan.violations.get()
    records = [
        {"row": 17, "values": {"Amount": "500.00", "Note": None}},
        {"row": 18, "values": {"Amount": "<b>"}},
        {"row": 3, "upload_id": "earlier", "values": {"Amount": "7"}},
    ]
    Violation.objects.update(sample=records, actual_value=Decimal(500))
    content = cast.reader.get(page(violation)).content.decode()
    for shown in (
        "Part 7",
        "Report what is big.",
        "500.00",
        ">17<",
        ">3 of earlier<",
        "&lt;b&gt;",
        "Found once on account A1",
    ):
        assert shown in content, shown
    assert "None" not in content.split('id="evidence"')[1]


def test_a_pending_violation_offers_no_reopening_a_decided_one_does(cast: SimpleNamespace) -> None:
    violation = one(cast.acme)
    assert 'value="pending"' not in cast.colleague.get(page(violation)).content.decode()
    decide(cast.colleague, violation)
    assert 'value="pending"' in cast.colleague.get(page(violation)).content.decode()
