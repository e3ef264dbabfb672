"""Staff pages of sources, schedules and settings: what may be made, what is asked, what is written down."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from compliance.enums import RunState
from compliance.models import GroupSettings, Schedule, Source, SourceImport
from tests.compliance import factories
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
