"""What prospecting says on the home: each card counts what its list shows, and only what one may see."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.db.models.functions import Now

from accounts.models import AccountGroup
from jobs import lifecycle
from prospecting.actions.merging import keep_apart
from prospecting.models import MergeCandidate, ProspectingJob
from tests.homes import cards, figures, listed
from tests.prospecting import jobs
from tests.prospecting.admin import test_pages as rows


def failed(of: AccountGroup, *, days: int = 0) -> ProspectingJob:
    job = rows.job(of)
    lifecycle.fail(jobs.claimed(job), code="X", message="x")
    ProspectingJob.objects.filter(pk=job.pk).update(completed_at=Now() - timedelta(days=days))
    return job


def moved(job: ProspectingJob, **fields: Any) -> ProspectingJob:
    ProspectingJob.objects.filter(pk=job.pk).update(**fields)
    return job


def test_jobs_that_failed_wait_too_long_or_stand_still_need_attention(cast: SimpleNamespace) -> None:
    broken = failed(cast.acme)
    failed(cast.acme, days=8)  # has been seen
    late = moved(rows.job(cast.acme), created_at=Now() - timedelta(minutes=11))
    rows.job(cast.acme)  # has just been asked for
    lost = rows.job(cast.acme)
    jobs.claimed(lost)
    moved(lost, lease_until=Now() - timedelta(seconds=1))
    for of in (failed(cast.neighbour), moved(rows.job(cast.neighbour), created_at=Now() - timedelta(minutes=11))):
        assert of.group == cast.neighbour
    for client in (cast.operator, cast.auditor):
        found = cards(client)
        assert listed(client, found["prospecting job failed"]) == [broken]
        assert listed(client, found["prospecting job waits"]) == [late]
        assert listed(client, found["prospecting job stands still"]) == [lost]
    assert not any("prospecting" in what for what in cards(cast.analyst))
    assert cards(cast.superuser)["prospecting jobs failed"].count == 2


def test_pairs_wait_until_they_are_decided(cast: SimpleNamespace) -> None:
    pairs = [rows.pair(cast.acme), rows.pair(cast.acme)]
    rows.pair(cast.neighbour)
    waiting = listed(cast.operator, cards(cast.operator)["pairs wait in the merge queue"])
    assert {pair.pk for pair in waiting} == {pair.pk for pair in pairs}
    for pair in pairs:
        keep_apart(candidate=pair, by=jobs.Requester.command("tests", cast.acme))
    assert "pairs wait in the merge queue" not in cards(cast.operator)
    assert MergeCandidate.objects.count() == 3


def test_leads_of_today_are_counted(cast: SimpleNamespace) -> None:
    moved(rows.job(cast.acme), import_total=1500, import_done=1500, credits_spent=1500, credits_reserved=1500)
    yesterday = moved(rows.job(cast.acme), import_total=3, import_done=3, credits_spent=3, credits_reserved=3)
    moved(yesterday, created_at=Now() - timedelta(days=1))
    moved(rows.job(cast.neighbour), import_total=5, import_done=5, credits_spent=5, credits_reserved=5)
    assert figures(cast.operator)["Leads imported today"] == "1,500"
    assert figures(cast.stranger)["Leads imported today"] == "5"
    assert "Leads imported today" not in figures(cast.analyst)
