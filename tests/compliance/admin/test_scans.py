"""The page of a scan, and what staff may do to one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts.models import AuditEntry
from compliance.models import ComplianceScan
from jobs.enums import Status
from jobs.models import JobEvent
from tests.compliance import factories

LIST = "admin:compliance_compliancescan_changelist"


def page(scan: ComplianceScan) -> str:
    return reverse("admin:compliance_compliancescan_change", args=[scan.pk])


def deed(scan: ComplianceScan, name: str) -> str:
    return reverse("admin:compliance_compliancescan_deed", args=[scan.pk, name])


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def status(scan: ComplianceScan) -> str:
    scan.refresh_from_db()
    return scan.status


def selected(*scans: ComplianceScan, **more: str) -> dict[str, Any]:
    return {
        "action": "cancel_selected",
        "_selected_action": [str(scan.pk) for scan in scans],
        "index": "0",
        **more,
    }


def test_asking_to_cancel_changes_nothing(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    answer = cast.colleague.get(deed(scan, "cancel"))
    assert "stops at once" in answer.content.decode()
    assert status(scan) == Status.QUEUED


@pytest.mark.parametrize("person", ["administrator", "colleague"])
def test_a_confirmed_cancel_cancels_and_is_audited(cast: SimpleNamespace, person: str) -> None:
    scan, _ = factories.running(cast.acme)
    answer = getattr(cast, person).post(deed(scan, "cancel"))
    assert (answer.status_code, answer.url) == (302, page(scan))
    assert status(scan) == Status.CANCELLED
    assert JobEvent.objects.filter(job_id=scan.pk, to_status=Status.CANCELLED, actor=f"user:{person}").count() == 1
    assert AuditEntry.objects.filter(action="compliance_scan.cancelled", actor=f"user:{person}").count() == 1


def test_a_scan_that_ended_meanwhile_is_not_cancelled_and_that_is_said(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme)
    answer = cast.colleague.post(deed(scan, "cancel"))
    assert "Only queued or running jobs can be cancelled" in said(answer)
    assert status(scan) == Status.COMPLETED


def test_the_stranger_cancels_nothing(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    answer = cast.stranger.post(deed(scan, "cancel"))
    assert (answer.status_code, answer.url) == (302, reverse("admin:index"))
    cast.stranger.post(reverse(LIST), selected(scan))
    cast.stranger.post(reverse(LIST), selected(scan, confirmed="yes", ids=str(scan.pk), select_across="1"))
    assert status(scan) == Status.QUEUED


def test_who_may_only_look_cancels_nothing(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    assert "/do/cancel/" not in cast.reader.get(page(scan)).content.decode()
    assert cast.reader.get(deed(scan, "cancel")).status_code == 403
    assert cast.reader.post(deed(scan, "cancel")).status_code == 403
    cast.reader.post(reverse(LIST), selected(scan, confirmed="yes", ids=str(scan.pk)))
    assert status(scan) == Status.QUEUED


def test_a_deed_needs_a_csrf_token(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    cast.colleague.handler.enforce_csrf_checks = True
    assert cast.colleague.post(deed(scan, "cancel")).status_code == 403
    assert status(scan) == Status.QUEUED


def test_an_unknown_deed_is_not_found(cast: SimpleNamespace) -> None:
    assert cast.administrator.post(deed(factories.scan(cast.acme), "delete_selected")).status_code == 404


def test_cancelling_many_asks_first(cast: SimpleNamespace) -> None:
    scans = [factories.scan(cast.acme) for _ in range(2)]
    answer = cast.colleague.post(reverse(LIST), selected(*scans))
    assert answer.context["hidden"]["ids"] == ",".join(str(scan.pk) for scan in reversed(scans))
    assert [status(scan) for scan in scans] == [Status.QUEUED, Status.QUEUED]


def test_cancelling_many_cancels_those_that_were_confirmed(cast: SimpleNamespace) -> None:
    first, second = factories.scan(cast.acme), factories.scan(cast.acme)
    over = factories.completed(cast.acme)
    asked = cast.colleague.post(reverse(LIST), selected(first, over)).context["hidden"]
    answer = cast.colleague.post(reverse(LIST), {**asked, "confirmed": "yes"})
    assert "Cancelled: 1 of 2" in said(answer)
    assert [status(scan) for scan in (first, second, over)] == [
        Status.CANCELLED,
        Status.QUEUED,
        Status.COMPLETED,
    ]


def test_ids_that_are_none_are_refused(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    answer = cast.colleague.post(reverse(LIST), selected(scan, confirmed="yes", ids="nonsense", select_across="1"))
    assert answer.status_code == 400


def test_run_again_refused_is_said(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    scan = factories.failed(cast.acme, on=policy)
    type(policy).objects.filter(pk=policy.pk).update(archived_at=scan.created_at)
    answer = cast.colleague.post(deed(scan, "run_again"))
    assert answer.url == page(scan)
    assert "No policy with this id" in said(answer)
    assert ComplianceScan.objects.count() == 1


def test_asking_to_run_again_starts_nothing(cast: SimpleNamespace) -> None:
    cast.colleague.get(deed(factories.failed(cast.acme), "run_again"))
    assert ComplianceScan.objects.count() == 1


def test_who_may_only_look_runs_nothing_again(cast: SimpleNamespace) -> None:
    assert cast.reader.post(deed(factories.failed(cast.acme), "run_again")).status_code == 403
    assert ComplianceScan.objects.count() == 1


def test_a_live_scan_offers_refresh_and_cancel_a_finished_one_run_again(cast: SimpleNamespace) -> None:
    live, over = factories.scan(cast.acme), factories.completed(cast.acme)
    assert [label for label, _ in cast.colleague.get(page(live)).context["tools"]] == ["Refresh", "Cancel"]
    assert [label for label, _ in cast.colleague.get(page(over)).context["tools"]] == ["Run again", "Export"]


def test_the_page_of_a_failed_scan_shows_error_and_traceback(cast: SimpleNamespace) -> None:
    content = cast.reader.get(page(factories.failed(cast.acme))).content.decode()
    assert "NO_RULE_APPLICABLE" in content
    assert "Nothing could run." in content
    assert "Traceback ..." in content


def test_the_page_shows_results_history_and_events(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme)
    result = {
        "rule_id": "BIG", "state": "completed", "findings": 41, "violations": 1, "evaluated": 1000,
        "not_evaluated": 0, "seconds": 0.25, "reason": "because",
    }  # fmt: skip
    ComplianceScan.objects.filter(pk=scan.pk).update(rule_results=[result])
    scan.score_events.create(
        sequence=1,
        score="99.00",
        at=scan.completed_at,
        action="scan_completed",
        actor="somebody",
        hash="0" * 64,
    )
    content = cast.reader.get(page(scan)).content.decode()
    for shown in ("41", "because", "0.250", "Scan completed", "somebody", "worker of a test"):
        assert shown in content, shown


def test_scans_are_found_by_id_and_by_the_beginning_of_the_audit_name(cast: SimpleNamespace) -> None:
    wanted, other = factories.scan(cast.acme, audit_name="March close"), factories.scan(cast.acme)
    for term, found in ((str(other.pk), other), ("March", wanted)):
        results = cast.colleague.get(reverse(LIST), {"q": term}).context["cl"].result_list
        assert list(results) == [found]


def test_a_filter_by_a_foreign_policy_finds_nothing(cast: SimpleNamespace) -> None:
    foreign = factories.scan(cast.neighbour)
    factories.scan(cast.acme)
    results = cast.colleague.get(reverse(LIST), {"policy__id__exact": foreign.policy_id}).context["cl"].result_list
    assert list(results) == []
