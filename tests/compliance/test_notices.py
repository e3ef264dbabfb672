"""E-mail after scheduled runs: to whom, of what, only on change, once, and never in the way of a run."""

from __future__ import annotations

import smtplib
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models.functions import Now

from accounts.models import AccountGroup, User
from compliance.actions import notices
from compliance.actions.schedules import run_now
from compliance.enums import RunState
from compliance.models import ComplianceScan, GroupSettings, Schedule, ScheduleRun
from tests.compliance import factories
from tests.compliance.schedule_rows import by, import_failed, imported, scanned, schedule
from tests.compliance.workbench import Workbench

pytestmark = pytest.mark.django_db


class Away(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("planted words")


@pytest.fixture
def group() -> AccountGroup:
    made = factories.group()
    chosen = GroupSettings.objects.create(group=made, notify_score_drop=Decimal(5))
    member = _staff("ann", made)
    stranger = _staff("stan", factories.group())
    without_address = factories.staff("noah", made)
    chosen.notified.set([member, stranger, without_address])
    return made


def _staff(name: str, group: AccountGroup) -> User:
    user = factories.staff(name, group)
    User.objects.filter(pk=user.pk).update(email=f"{name}@example.com")
    return user


def failed_run(of: Schedule, code: str = "SOURCE_EMPTY") -> ScheduleRun:
    run = run_now(schedule=of, by=by(of))
    import_failed(run, code=code)
    return run


def run_of(of: Schedule, **result: Any) -> ScheduleRun:
    run = run_now(schedule=of, by=by(of))
    imported(run, sha256=f"{ScheduleRun.objects.count():064x}")
    scanned(run, **result)
    return run


def told() -> list[str]:
    notices.tell_all()
    sent = [message.body for message in mail.outbox]
    mail.outbox.clear()
    return sent


def test_a_failure_is_told_to_the_named_staff_of_the_group_with_a_link(group: AccountGroup, settings: Any) -> None:
    settings.PUBLIC_URL = "https://scanward.example.com"
    made = schedule(group, name="Ledger,\nnightly")
    failed_run(made)
    notices.tell_all()
    (message,) = mail.outbox
    assert message.to == ["ann@example.com"]
    assert message.subject == "Ledger, nightly failed"
    assert "SOURCE_EMPTY: No file fits *.csv." in message.body
    assert f"https://scanward.example.com/admin/compliance/schedule/{made.pk}/change/" in message.body


def test_a_failure_that_repeats_is_told_once_until_it_changes(group: AccountGroup) -> None:
    made = schedule(group)
    counts = []
    for code in ("SOURCE_EMPTY", "SOURCE_EMPTY", "SOURCE_REFUSED", "SOURCE_EMPTY"):
        failed_run(made, code)
        counts.append(len(told()))
    assert counts == [1, 0, 1, 1]
    run_of(made)
    assert told() == []
    failed_run(made)
    assert len(told()) == 1


def test_a_score_that_fell_by_more_than_the_limit_is_told(group: AccountGroup) -> None:
    made = schedule(group)
    first = run_of(made, score="90.00").scan
    assert told() == []
    second = run_of(made, score="85.00", previous=first).scan
    assert told() == []
    run_of(made, score="79.99", previous=second)
    (body,) = told()
    assert "The score fell by 5.01 points, from 85.00 to 79.99." in body


def test_decisions_taken_since_neither_cause_nor_spare_a_notice(group: AccountGroup) -> None:
    bench, chosen = Workbench(group=group), GroupSettings(group=group, notify_score_drop=Decimal("0.5"))
    made = schedule(group)

    def lines(scan: ComplianceScan) -> list[str]:
        scan = ComplianceScan.objects.get(pk=scan.pk)
        notice = notices.notice_of(ScheduleRun(schedule=made, scan=scan, state=RunState.SCANNED), chosen)
        return notice.lines if notice else []

    first, second = bench.scan("A1,500", "A2,5"), bench.scan("A1,500", "A2,5")
    bench.decide(first, "false_positive", "A1")
    assert lines(second) == []  # though the one before stands higher now
    fell = bench.scan("A1,500", "A2,500")
    told = lines(fell)
    assert "The score fell by" in told[0]
    bench.decide(fell, "false_positive", "A1")
    bench.decide(fell, "false_positive", "A2")
    assert lines(fell) == told


def test_new_critical_violations_are_told_unless_nobody_wants_it(group: AccountGroup) -> None:
    made = schedule(group)
    first = run_of(made, critical=2).scan
    (body,) = told()
    assert "2 new CRITICAL violations." in body
    assert f"/compliancescan/{first.pk}/change/" in body
    GroupSettings.objects.update(notify_new_critical=False)
    run_of(made, critical=1, previous=first)
    assert told() == []


def test_everything_new_about_a_run_is_one_message(group: AccountGroup) -> None:
    made = schedule(group)
    first = run_of(made, score="90.00").scan
    told()
    run_of(made, score="50.00", critical=3, previous=first)
    (body,) = told()
    assert "The score fell" in body
    assert "3 new CRITICAL" in body
    assert told() == []


def test_nobody_is_told_when_nobody_is_named() -> None:
    failed_run(schedule())
    assert told() == []
    assert not ScheduleRun.objects.exclude(notify_after=None).exists()


def test_a_mail_server_that_is_away_is_asked_again_later(group: AccountGroup, settings: Any) -> None:
    run = failed_run(schedule(group))
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    assert notices.tell(str(run.pk)) is False
    run.refresh_from_db()
    assert (run.notify_attempts, run.notify_after is not None, run.state) == (1, True, "failed")
    assert told() == []  # not yet
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ScheduleRun.objects.update(notify_after=Now())
    assert len(told()) == 1
    assert told() == []


def test_a_mail_server_that_stays_away_is_given_up(group: AccountGroup, settings: Any) -> None:
    run = failed_run(schedule(group))
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    for _ in range(notices.TRIES):
        ScheduleRun.objects.filter(pk=run.pk).exclude(notify_after=None).update(notify_after=Now())
        notices.tell(str(run.pk))
    run.refresh_from_db()
    assert (run.notify_after, run.notify_attempts) == (None, notices.TRIES)
