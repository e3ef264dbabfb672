"""What compliance says on the home: each card counts what its list shows, and only what one may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import waits
from accounts.enums import Role
from accounts.models import User
from compliance.admin import home
from compliance.enums import RunState
from compliance.models import Case, ComplianceScan, Export, Upload, Violation
from jobs import lifecycle
from tests.compliance import factories
from tests.compliance.schedule_rows import schedule
from tests.compliance.workbench import Workbench

WEEK = timedelta(days=7)


def cards(name: str = "reader") -> dict[str, Any]:
    return {card.what: card for card in home.cards(asked(name)) if card.count}


def figures(name: str = "reader") -> dict[str, Any]:
    return {figure.name: figure for figure in home.figures(asked(name))}


def asked(name: str) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(username=name)
    return request


def listed(client: Client, card: Any) -> list[Any]:
    return list(client.get(card.url).context["cl"].result_list)


def scan_that_fell(group: Any) -> ComplianceScan:
    before = factories.completed(group)
    delta = {"new_count": 0, "resolved_count": 0, "unchanged_count": 1, "previous_violation_count": 1}
    after = factories.completed(group, on=before.policy)
    ComplianceScan.objects.filter(pk=after.pk).update(previous_scan=before, score=Decimal("90.00"), **delta)
    return after


def late(group: Any) -> ComplianceScan:
    scan = factories.scan(group)
    ComplianceScan.objects.filter(pk=scan.pk).update(created_at=Now() - timedelta(minutes=11))
    return scan


def lost(group: Any) -> ComplianceScan:
    scan, _ = factories.running(group)
    ComplianceScan.objects.filter(pk=scan.pk).update(lease_until=Now() - timedelta(seconds=1))
    return scan


def waiting(severity: str) -> Callable[[Any], Violation]:
    def make(group: Any) -> Violation:
        violation = factories.completed(group).violations.get()
        Violation.objects.filter(pk=violation.pk).update(severity=severity)
        return violation

    return make


def failed_job(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def fail(group: Any) -> Any:
        job = make(group)
        done = {"status": "failed", "error_code": "X", "error_message": "x", "completed_at": Now()}
        about = {"results": None} if hasattr(job, "results") else {}
        type(job).objects.filter(pk=job.pk).update(**done, **about)
        return job

    return fail


def queued_export(group: Any) -> Export:
    scan = factories.completed(group)
    made = Export(group=group, scan=scan, format="csv", scan_version=scan.version)
    with transaction.atomic():
        lifecycle.start(made, actor="tests")
    return made


def schedule_that_failed(group: Any) -> Any:
    made = schedule(group)
    now = timezone.now()
    made.runs.create(due_at=now, state=RunState.FAILED, error_code="X", started_at=now, ended_at=now)
    return made


PLANTED: dict[str, Callable[[Any], Any]] = {
    "compliance scan failed": factories.failed,
    "compliance scan waits": late,
    "compliance scan stands still": lost,
    "export failed": failed_job(queued_export),
    "import failed": failed_job(factories.source_import),
    "dry run failed": failed_job(factories.dry_run),
    "score fell": scan_that_fell,
    "critical violation waits for review": waiting("CRITICAL"),
    "high violation waits for review": waiting("HIGH"),
    "case is open": factories.case,
    "upload has no mapping": factories.upload,
    "upload could not be read": lambda group: factories.upload(
        group, status="failed", failure="x", original="", records="", row_count=0, profile={}
    ),
    "schedule failed": schedule_that_failed,
}


@pytest.mark.parametrize("what", PLANTED)
def test_each_card_counts_what_its_list_shows(cast: SimpleNamespace, what: str) -> None:
    row = PLANTED[what](cast.acme)
    PLANTED[what](cast.neighbour)
    card = cards()[what]
    assert card.count == 1
    assert listed(cast.reader, card) == [row]


@pytest.mark.parametrize("what", PLANTED)
def test_the_stranger_is_told_of_nothing_of_this(cast: SimpleNamespace, what: str) -> None:
    PLANTED[what](cast.acme)
    assert what not in cards("stranger")
    assert what in cards("administrator")


def test_an_auditor_sees_what_waits_and_only_of_the_own_group(cast: SimpleNamespace) -> None:
    auditor = factories.staff("auditor")
    auditor.memberships.create(group=cast.acme, role=Role.AUDITOR)
    looking = Permission.objects.filter(content_type__app_label="compliance", codename__startswith="view_")
    auditor.user_permissions.set(looking)
    for make in PLANTED.values():
        make(cast.acme)
        make(cast.neighbour)
    counts = [
        {what: card.count for what, card in cards(name).items()} for name in ("auditor", "reader", "administrator")
    ]
    seen, own, everything = counts
    assert len(seen) == len(PLANTED)
    assert seen == own
    assert sum(everything.values()) == 2 * sum(seen.values())
    browser = Client()
    browser.force_login(auditor)
    content = browser.get(reverse("admin:index")).content.decode()
    assert "score fell" in content
    assert "Compliance scans today" in content


def test_a_score_fell_only_against_what_the_scan_before_had_then(cast: SimpleNamespace) -> None:
    bench = Workbench(group=cast.acme)
    before = bench.scan("A1,500", "A2,500")
    bench.decide(before, "false_positive", "A1")
    after = bench.scan("A1,500", "A2,500")
    assert "score fell" not in cards()
    bench.decide(before, "false_positive", "A2")
    before.refresh_from_db()
    after.refresh_from_db()
    assert before.score > after.score
    assert "score fell" not in cards()
    fell = bench.scan("A1,500", "A2,500", "A3,500")
    assert listed(cast.reader, cards()["score fell"]) == [fell]
    bench.decide(after, "false_positive", "A2")
    assert "score fell" in cards()
    for account in ("A2", "A3"):
        bench.decide(fell, "false_positive", account)
    assert "score fell" not in cards()


def test_who_may_not_see_a_kind_of_row_is_not_told_of_it(cast: SimpleNamespace) -> None:
    for make in PLANTED.values():
        make(cast.acme)
    factories.staff("operator", cast.acme, role=Role.PROSPECTING_OPERATOR)
    with CaptureQueriesContext(connection) as captured:
        assert cards("operator") == {}
        assert figures("operator") == {}
    assert not [query for query in captured.captured_queries if "compliance_" in query["sql"]]


def test_several_are_told_as_several(cast: SimpleNamespace) -> None:
    for _ in range(2):
        factories.failed(cast.acme)
    assert cards()["compliance scans failed"].count == 2


def test_my_own_cases_are_told_apart(cast: SimpleNamespace) -> None:
    mine, _ = factories.case(cast.acme), factories.case(cast.acme)
    Case.objects.filter(pk=mine.pk).update(assignee=User.objects.get(username="reader"))
    told = cards()
    assert (told["open case is yours"].count, told["cases are open"].count) == (1, 2)
    assert listed(cast.reader, told["open case is yours"]) == [mine]


def test_what_is_old_or_done_is_told_no_more(cast: SimpleNamespace) -> None:
    old = timezone.now() - WEEK - timedelta(minutes=1)
    failed, fell = factories.failed(cast.acme), scan_that_fell(cast.acme)
    ComplianceScan.objects.filter(pk__in=[failed.pk, fell.pk]).update(completed_at=old)
    Upload.objects.update(created_at=old)
    Violation.objects.update(status="approved", reviewed_at=old, reviewed_by="x")
    factories.scan(cast.acme)  # queued this very moment
    factories.running(cast.acme)
    made = schedule_that_failed(cast.acme)
    type(made).objects.filter(pk=made.pk).update(is_active=False, next_run_at=None)
    assert set(cards()) <= {"upload has no mapping", "uploads have no mapping"}


def test_violations_of_older_scans_wait_for_nobody(cast: SimpleNamespace) -> None:
    older = factories.completed(cast.acme, accounts=["A1", "A2", "A3"])
    newer = factories.completed(cast.acme, accounts=["A1"], on=older.policy)
    card = cards()["high violation waits for review"]
    assert card.count == 1
    assert listed(cast.reader, card) == list(newer.violations.all())


def test_violations_under_a_waiver_and_of_reviewed_scans_do_not_wait(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme, accounts=["A1", "A2"])
    scan.violations.filter(account="A1").update(waiver=factories.waiver(cast.acme))
    assert cards()["high violation waits for review"].count == 1
    assert len(listed(cast.reader, cards()["high violation waits for review"])) == 1


def test_counting_stops_where_it_must(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "MOST", 2)
    for _ in range(3):
        factories.failed(cast.acme)
    card = cards()["compliance scans failed"]
    assert (card.count, card.more) == (2, True)
    assert "<b>2+</b> compliance scans failed" in cast.reader.get(reverse("admin:index")).content.decode()


def test_all_of_it_costs_two_statements_whatever_there_is(cast: SimpleNamespace) -> None:
    for planted in (0, 1):
        for make in [*PLANTED.values(), *[factories.failed, factories.completed, factories.case] * 5][: planted * 100]:
            make(cast.acme)
        request = asked("reader")
        request.user.get_all_permissions()
        with CaptureQueriesContext(connection) as captured:
            list(home.cards(request))
            list(home.figures(request))
        assert len(captured) == 2, "\n".join(query["sql"] for query in captured.captured_queries)


def completed(group: Any, *, ago: timedelta, seconds: int, violations: int = 1) -> ComplianceScan:
    scan = factories.completed(group, accounts=[f"A{number}" for number in range(violations)])
    end = timezone.now() - ago
    begun = end - timedelta(seconds=seconds)
    ComplianceScan.objects.filter(pk=scan.pk).update(created_at=begun, started_at=begun, completed_at=end)
    return scan


def test_figures_are_of_today_and_of_the_last_24_hours(cast: SimpleNamespace) -> None:
    completed(cast.acme, ago=timedelta(seconds=1), seconds=2, violations=3)
    completed(cast.acme, ago=timedelta(seconds=2), seconds=4)
    completed(cast.acme, ago=timedelta(hours=23, minutes=30), seconds=90, violations=7)
    completed(cast.acme, ago=timedelta(hours=25), seconds=500, violations=9)
    completed(cast.neighbour, ago=timedelta(seconds=1), seconds=1000)
    factories.failed(cast.acme)
    told = figures()
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = ComplianceScan.objects.filter(group=cast.acme, status="completed", completed_at__gte=midnight)
    assert told["Compliance scans today"].value == str(len(today))
    assert told["Violations found today"].value == str(sum(scan.violation_count for scan in today))
    assert told["A compliance scan takes"].value == "4.0 s"
    chart = str(told["Compliance scans today"].chart)
    assert chart.count("<rect") == 24
    assert "2 in the hour from" in chart.split("<rect")[24]
    assert "1 in the hour from" in chart.split("<rect")[1]
    assert len(listed(cast.reader, told["Compliance scans today"])) == len(today)


def test_a_quiet_day_has_no_chart_and_no_median(cast: SimpleNamespace) -> None:
    told = figures()
    assert [figure.value for figure in told.values()] == ["0", "0", "-"]
    assert told["Compliance scans today"].chart == ""
