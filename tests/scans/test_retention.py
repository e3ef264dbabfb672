"""Findings of old scans go; what shows of a prospect stays, and so do scans, counts and signals."""

from __future__ import annotations

import io
import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccountGroup, AuditEntry
from jobs import lifecycle
from prospecting.models import Prospect
from scans import newest, tasks
from scans.actions import retention
from scans.enums import SubjectState, Verdict
from scans.models import Finding, ScanCompany, ScanProspect, Signal, SignalScan
from terminal.command import Refused
from tests.scans import factories
from tests.scans.asking import Asking, data, fault

pytestmark = pytest.mark.django_db
DAYS = 30
ROWS = (Finding, ScanCompany, ScanProspect)


@pytest.fixture(autouse=True)
def limit(settings: Any) -> None:
    settings.SIGNAL_FINDING_DAYS = DAYS


@pytest.fixture
def group() -> AccountGroup:
    return factories.group()


def aged(scan: SignalScan, days: int = DAYS + 1) -> SignalScan:
    then = Now() - timedelta(days=days)
    SignalScan.objects.filter(pk=scan.pk).update(created_at=then, completed_at=then)
    scan.refresh_from_db()
    return scan


def left(scan: SignalScan) -> list[int]:
    """How many findings, companies and prospects of the scan there are."""
    return [rows.objects.filter(scan=scan).count() for rows in ROWS]


def listed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("forget_findings", *arguments, stdout=out)
    return out.getvalue()


def staff(of: AccountGroup, count: int) -> list[Prospect]:
    company = factories.company(of)
    return [factories.prospect(of, company=company) for _ in range(count)]


def test_what_an_old_scan_found_goes_and_everything_else_stays(group: AccountGroup) -> None:
    people, wanted, asking = staff(group, 2), factories.specification(group), Asking(group)
    old = aged(factories.completed(group, *people, kept=2, specification=wanted))
    factories.finding(old, people[0].company, verdict=Verdict.STALE)
    new = factories.completed(group, *people, specification=wanted)
    path = f"/signals/scans/{old.pk}"
    before, signals = data(asking.get(path)), list(Signal.objects.order_by("pk").values())
    assert before["findingsDeletedAt"] is None
    said = f"scan {old.pk}  {old.completed_at:%Y-%m-%d}  3 findings, 3 companies and prospects"
    assert said in (dry := listed("--dry-run"))
    assert "would go: 3 findings of 1 scans" in dry
    assert left(old) == [3, 1, 2]
    assert said in (done := listed("--group", group.pk))
    assert "deleted: 3 findings of 1 scans" in done
    assert (left(old), left(new)) == ([0, 0, 0], [1, 1, 2])
    after = data(asking.get(path))
    assert after.pop("findingsDeletedAt").endswith("Z")
    assert (after["counts"], after["completedAt"]) == (before["counts"], before["completedAt"])
    assert after["updatedAt"] > before["updatedAt"]
    for gone in ("results", "dropped"):
        assert fault(asking.get(f"{path}/{gone}"), 409) == ("CONFLICT", None)
    assert len(data(asking.get(f"/signals/scans/{new.pk}/results"))["items"]) == 2
    assert list(Signal.objects.order_by("pk").values()) == signals
    assert AuditEntry.objects.get(action="signal_scan.findings_deleted").actor == "command:forget_findings"
    assert f"{group.pk}  deleted: 0 findings of 0 scans" in listed()


def test_what_shows_of_somebody_stays_of_a_scan_whose_rest_goes(group: AccountGroup) -> None:
    (stays, again), (elsewhere,), wanted = staff(group, 2), staff(group, 1), factories.specification(group)
    old = aged(factories.completed(group, stays, again, elsewhere, specification=wanted))
    own, gone = factories.finding(old, stays), factories.finding(old, again)
    factories.completed(group, again, elsewhere, specification=wanted)
    asking, path = Asking(group), f"/prospects/{stays.pk}/signals"
    before = data(asking.get(path))
    assert len(before["results"]) == 2
    tasks.forget_old_findings()
    assert left(old) == [2, 1, 1]
    assert (own.pk in (rows := Finding.objects.values_list("pk", flat=True)), gone.pk in rows) == (True, False)
    assert data(asking.get(path)) == before
    assert fault(asking.get(f"/signals/scans/{old.pk}/results"), 409) == ("CONFLICT", None)
    factories.completed(group, stays, specification=wanted)
    tasks.forget_old_findings()
    assert left(old) == [0, 0, 0]


def test_a_scan_is_left_alone_while_it_is_young_unfinished_or_the_newest(group: AccountGroup) -> None:
    people, wanted = staff(group, 1), factories.specification(group)
    young = aged(factories.completed(group, *people, specification=wanted), DAYS - 1)
    newest_of_its_own = aged(factories.completed(group, *people))
    factories.completed(group, *people, specification=wanted)
    failed = factories.scan(group, prospects=people, specification=wanted)
    lease = factories.claimed(failed)
    ScanProspect.objects.create(scan=failed, prospect=people[0])
    lifecycle.fail(lease, code="X", message="x")
    tasks.forget_old_findings()
    assert [left(scan) for scan in (young, newest_of_its_own)] == [[1, 1, 1], [1, 1, 1]]
    assert not SignalScan.objects.exclude(findings_deleted_at=None).exists()
    shown = data(Asking(group).get(f"/signals/scans/{newest_of_its_own.pk}/results"))["items"]
    assert len(shown) == 1


class Interrupted(Exception):
    pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", range(7))
def test_a_run_that_was_interrupted_is_made_good_by_the_next(
    group: AccountGroup, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    people, wanted, asking = staff(group, 3), factories.specification(group), Asking(group)
    old = aged(factories.completed(group, *people, kept=3, specification=wanted))
    factories.completed(group, *people, specification=wanted)
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    deletions = itertools.count()

    def interrupt(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("DELETE") and next(deletions) == after:
            raise Interrupted
        return execute(sql, *rest)

    with connection.execute_wrapper(interrupt), pytest.raises(Interrupted):
        tasks.forget_old_findings()
    assert sum(left(old)) == 7 - after
    assert fault(asking.get(f"/signals/scans/{old.pk}/results"), 409) == ("CONFLICT", None)
    tasks.forget_old_findings()
    assert left(old) == [0, 0, 0]
    assert AuditEntry.objects.filter(action="signal_scan.findings_deleted").count() == 1


states = st.sampled_from([SubjectState.EVALUATED, SubjectState.FAILED, SubjectState.NO_SOURCE])
# Of each scan, oldest first: the specification, whether it is old, the state of the company, those of who is in it.
histories = st.lists(
    st.tuples(st.integers(0, 1), st.booleans(), states, st.lists(st.none() | states, min_size=3, max_size=3)),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_nothing_that_shows_goes_and_nothing_else_stays_of_an_old_scan(history: Any, group: AccountGroup) -> None:
    people, specifications = staff(group, 2), [factories.specification(group) for _ in range(2)]
    people.append(factories.prospect(group))
    old: list[SignalScan] = []
    for number, (which, is_old, state, own) in enumerate(history):
        there = [person for person, each in zip(people, own, strict=True) if each]
        made = factories.completed(group, *there, specification=specifications[which])
        made.companies.update(state=state, kept=int(state == SubjectState.EVALUATED))
        for person, each in zip(people, own, strict=True):
            if each:
                made.prospects.filter(prospect=person).update(state=each)
                factories.finding(made, person)
        if is_old:
            old.append(aged(made, DAYS + 100 - number))

    def shown() -> dict[str, set[int]]:
        return {
            person.pk: set(Finding.objects.at(newest.places_of(person.pk)).values_list("pk", flat=True))
            for person in people
        }

    before = shown()
    retention.apply(group, by=factories.by(group))
    assert shown() == before
    showing = set().union(*before.values())
    remaining = set(Finding.objects.filter(scan__in=old).values_list("pk", flat=True))
    assert remaining <= showing
    assert list(retention.due(group)) == []


def test_staff_read_on_the_page_of_a_scan_that_its_findings_are_gone(group: AccountGroup, admin_client: Any) -> None:
    people, wanted = staff(group, 1), factories.specification(group)
    old = aged(factories.completed(group, *people, specification=wanted))
    factories.completed(group, *people, specification=wanted)
    page = reverse("admin:scans_signalscan_change", args=[old.pk])
    assert "Deleted on" not in admin_client.get(page).content.decode()
    tasks.forget_old_findings()
    assert "Deleted on" in admin_client.get(page).content.decode()


def test_a_group_that_is_not_there_is_said_so() -> None:
    with pytest.raises(Refused, match="no account group"):
        listed("--group", "0" * 24)


def test_beat_forgets_old_findings() -> None:
    entries = [entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()]
    assert entries.count(tasks.forget_old_findings.name) == 1
