"""Staff pages of sources, schedules and settings: what may be made, what is asked, what is written down."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from compliance.enums import RunState
from compliance.models import GroupSettings, Schedule, Source, SourceImport
from tests.compliance import factories
from tests.compliance.admin.test_scan_page import words
from tests.compliance.schedule_rows import schedule

pytestmark = pytest.mark.django_db
NEW = {"name": "Nightly", "kind": "https_file", "config": json.dumps({"url": "https://files.example.com/a.csv"}),
       "new_secret": "planted-word", "mapping_config": "{}", "temporal_scale": ""}  # fmt: skip


def address(name: str, page: str, *args: Any) -> str:
    return reverse(f"admin:compliance_{name}_{page}", args=args)


def do(row: Any, deed: str) -> str:
    return address(type(row)._meta.model_name, "deed", row.pk, deed)


def test_a_source_is_made_and_its_secret_shown_nowhere(cast: SimpleNamespace) -> None:
    answer = cast.colleague.post(address("source", "add"), {**NEW, "group": cast.acme.pk})
    assert answer.status_code == 302, answer.content.decode()
    source = Source.objects.get(group=cast.acme)
    assert source.secret.reveal() == "planted-word"
    page = cast.colleague.get(address("source", "change", source.pk)).content.decode()
    assert "files.example.com" in page
    assert "planted-word" not in page
    for entry in AuditEntry.objects.filter(chain=cast.acme.pk):
        assert "planted-word" not in f"{entry.before} {entry.after} {entry.object_name}"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"config": json.dumps({"url": "http://files.example.com/a.csv"})}, "Only https is allowed"),
        ({"config": json.dumps({"path": "/srv/x.csv"})}, "config.path"),
        ({"kind": "files", "config": json.dumps({"path": "/srv/x.csv"})}, "need none"),
        ({"config": "{"}, "Enter a valid JSON"),
    ],
)
def test_a_config_that_cannot_be_is_refused_at_its_field(
    cast: SimpleNamespace, fields: dict[str, str], told: str
) -> None:
    answer = cast.colleague.post(address("source", "add"), {**NEW, "group": cast.acme.pk, **fields})
    assert told in answer.content.decode()
    assert not Source.objects.exists()


def test_import_now_queues_an_import_after_asking(cast: SimpleNamespace, sent: list[str]) -> None:
    source = factories.source(cast.acme)
    assert cast.reader.get(do(source, "import_now")).status_code == 403
    assert cast.colleague.get(do(source, "import_now")).status_code == 200
    assert not SourceImport.objects.exists()
    cast.colleague.post(do(source, "import_now"))
    assert SourceImport.objects.get().requested_by_user.username == "colleague"


def test_a_schedule_is_made_changed_paused_and_run(cast: SimpleNamespace) -> None:
    policy, source = factories.policy(cast.acme), factories.source(cast.acme)
    body = {"group": cast.acme.pk, "name": "Nightly", "policy": policy.pk, "source": source.pk, "cron": "30 2 * * *",
            "every_minutes": "", "time_zone": "Europe/Vienna", "is_active": "on", "overlap": "skip",
            "catch_up": "none", "jitter": "0"}  # fmt: skip
    answer = cast.colleague.post(address("schedule", "add"), body)
    assert answer.status_code == 302, answer.content.decode()
    made = Schedule.objects.get()
    page = cast.colleague.get(address("schedule", "change", made.pk)).content.decode()
    assert "Every day at 02:30, Europe/Vienna" in page
    assert page.count(" 02:30 CE") == 5
    cast.colleague.post(address("schedule", "change", made.pk), {**body, "cron": "", "every_minutes": "90"})
    made.refresh_from_db()
    assert (made.cron, made.every_minutes) == ("", 90)
    cast.colleague.post(do(made, "pause"))
    made.refresh_from_db()
    assert (made.is_active, made.next_run_at) == (False, None)
    cast.colleague.post(do(made, "resume"))
    cast.colleague.post(do(made, "run"))
    run = made.runs.get()
    assert (run.state, run.asked_by) == (RunState.IMPORTING, "user:colleague")
    assert "importing" in cast.colleague.get(address("schedule", "changelist")).content.decode().lower()


def test_a_schedule_of_one_group_takes_nothing_of_another(cast: SimpleNamespace) -> None:
    body = {"group": cast.acme.pk, "name": "Nightly", "policy": factories.policy(cast.neighbour).pk,
            "source": factories.source(cast.acme).pk, "cron": "30 2 * * *", "time_zone": "UTC", "overlap": "skip",
            "catch_up": "none", "jitter": "0"}  # fmt: skip
    answer = cast.administrator.post(address("schedule", "add"), body)
    assert "own account group" in answer.content.decode()
    assert not Schedule.objects.exists()


def test_a_deleted_schedule_is_listed_no_more(cast: SimpleNamespace) -> None:
    made = schedule(cast.acme)
    cast.colleague.post(do(made, "forget"))
    assert str(made.pk) not in cast.colleague.get(address("schedule", "changelist")).content.decode()


def test_settings_are_made_for_a_group_and_name_only_its_staff(cast: SimpleNamespace) -> None:
    answer = cast.colleague.post(address("groupsettings", "add"), {"group": cast.acme.pk})
    assert answer.url == address("groupsettings", "change", cast.acme.pk)
    page = cast.colleague.get(answer.url).content.decode()
    assert "colleague (has no e-mail address)" in page
    assert "stranger" not in page
    told = [user.pk for user in cast.acme.members.filter(username="colleague")]
    body = {"notified": told, "notify_score_drop": "2.5", "notify_new_critical": "on"}
    assert cast.colleague.post(answer.url, body).status_code == 302
    chosen = GroupSettings.objects.get(group=cast.acme)
    assert [user.username for user in chosen.notified.all()] == ["colleague"]
    entry = AuditEntry.objects.filter(chain=cast.acme.pk, action="settings.changed").latest("number")
    assert entry.after["notified"] == ["colleague"]
    assert cast.stranger.get(answer.url).status_code == 302
    stranger = [user.pk for user in cast.neighbour.members.all()]
    assert "Select a valid choice" in cast.colleague.post(answer.url, {**body, "notified": stranger}).content.decode()


def shown(client: Any, made: Schedule) -> str:
    return words(client.get(address("schedule", "change", made.pk)).content.decode())


def test_the_page_says_when_it_runs_next_in_local_time_and_where_the_clock_is_changed(cast: SimpleNamespace) -> None:
    made = schedule(cast.acme, cron="30 2 28 3 *", time_zone="Europe/Vienna")
    with time_machine.travel(datetime(2027, 3, 1, tzinfo=UTC), tick=False):
        cast.reader.force_login(User.objects.get(username="reader"))  # the old session is over by then
        text = shown(cast.reader, made)
    assert "On day 28 in March at 02:30, Europe/Vienna" in text
    # That time does not exist on this day: it happens when the clock has been changed.
    assert "Sun 2027-03-28 03:00 CEST , in 3" in text
    assert "Tue 2028-03-28 02:30 CEST" in text
    assert text.count("the clock is changed on this day") == 1


def test_the_page_says_what_came_of_the_last_run(cast: SimpleNamespace) -> None:
    made, scan = schedule(cast.acme), factories.completed(cast.acme)
    assert "It has not run yet." in shown(cast.reader, made)
    at = timezone.now() - timedelta(days=2)
    made.runs.create(due_at=at, state=RunState.SCANNED, scan=scan, started_at=at, ended_at=at, created_at=at)
    failed = made.runs.create(
        due_at=at + timedelta(days=1), state=RunState.FAILED, error_code="X", message="The secret is wrong.",
        started_at=at, ended_at=at, created_at=at + timedelta(days=1),
    )  # fmt: skip
    text = shown(cast.reader, made)
    assert f"Last outcome ✕ Failed {failed.due_at:%Y-%m-%d %H:%M} The secret is wrong." in text
    assert "Its scan" not in text  # the run that scanned is an older one


def test_a_paused_schedule_says_that_it_is_not_due(cast: SimpleNamespace) -> None:
    made = schedule(cast.acme)
    cast.colleague.post(do(made, "pause"))
    assert "Paused: it is not due." in shown(cast.reader, made)


def test_schedules_are_filtered_by_what_came_of_their_newest_run(cast: SimpleNamespace) -> None:
    good, bad, fresh = (schedule(cast.acme, name=name) for name in ("Good", "Bad", "Fresh"))
    now = timezone.now()
    for made, states in ((good, (RunState.FAILED, RunState.UNCHANGED)), (bad, (RunState.UNCHANGED, RunState.FAILED))):
        for number, state in enumerate(states):
            at = now + timedelta(minutes=number)
            code = "X" if state == RunState.FAILED else ""
            made.runs.create(due_at=at, state=state, error_code=code, started_at=at, ended_at=at, created_at=at)

    def listed(**query: str) -> list[str]:
        return [row.name for row in cast.reader.get(address("schedule", "changelist"), query).context["cl"].result_list]

    assert listed(outcome="failed") == ["Bad"]
    assert listed(outcome="unchanged") == ["Good"]
    assert listed() == ["Bad", "Fresh", "Good"]
    text = words(cast.reader.get(address("schedule", "changelist")).content.decode())
    assert f"Failed {now + timedelta(minutes=1):%Y-%m-%d %H:%M}" in text
    assert "never run" in text
