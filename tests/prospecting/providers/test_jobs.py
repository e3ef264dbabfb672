"""Prospecting jobs whose people come from the sandbox provider."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import working
from prospecting.enums import JobSource
from prospecting.execution import execute
from prospecting.models import Prospect, ProviderIdentity
from prospecting.providers import calls
from prospecting.providers.sandbox import LISTS, SEARCHES, Sandbox
from tests.prospecting import jobs
from tests.prospecting.test_jobs_api import Caller, data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_pause", lambda answer: 0.0)


def found(text: str = "people=60", *, credit: int = 1000, **wanted: Any) -> Any:
    group = jobs.group(credit, sandbox=True)
    params = {"search_url": f"https://www.linkedin.com/search?{text}"}
    return jobs.job(group, source=JobSource.LINKEDIN_SEARCH, params=params, **wanted)


def test_a_search_brings_people_and_spends_what_they_cost() -> None:
    job = jobs.finished(found(max_results=40))
    assert (job.status, job.import_total, job.import_done, job.credits_spent) == ("completed", 40, 40, 40)
    assert Prospect.objects.filter(group=job.group).count() == 40
    assert set(ProviderIdentity.objects.values_list("provider", flat=True)) == {"sandbox"}
    assert jobs.balance(job.group) == (960, 0)


def test_people_that_pages_repeat_come_once_and_cost_once() -> None:
    job = jobs.finished(found("fault=duplicates&people=60", credit=2000))
    assert Prospect.objects.filter(group=job.group).count() == job.import_done == job.credits_spent > 50
    assert job.import_skipped > 0
    again = jobs.finished(
        jobs.job(job.group, source=JobSource.LINKEDIN_SEARCH, params=job.params, audience_name="Again")
    )
    assert (again.import_done, again.credits_spent) == (0, 0)


def test_a_provider_that_fails_halfway_fails_the_job_and_leaves_what_was_imported() -> None:
    job = found("fault=late&people=60")
    working._run(jobs.working(job), execute)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "UPSTREAM_ERROR")
    assert (job.import_done, job.credits_spent) == (25, 25)
    assert jobs.balance(job.group) == (975, 0)


def test_lists_of_the_provider_are_passed_through_and_its_faults_are_502(sandbox: Sandbox, settings: Any) -> None:
    caller = Caller(jobs.group(sandbox=True), test=True)
    base = f"/v1/accounts/{caller.group.pk}/sales-navigator"
    assert data(caller.client.get(f"{base}/lead-lists")) == {"items": LISTS}
    assert data(caller.client.get(f"{base}/saved-searches")) == {"items": SEARCHES}
    settings.SANDBOX_PROVIDER_URL = "http://127.0.0.1:9"
    refused = caller.client.get(f"{base}/lead-lists")
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "UPSTREAM_ERROR")


def test_without_a_provider_the_lists_say_so() -> None:
    caller = Caller(jobs.group())
    refused = caller.client.get(f"/v1/accounts/{caller.group.pk}/sales-navigator/lead-lists")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize(("text", "status"), [("people=3", 202), ("unknown", 400), ("fault=500", 502)])
def test_a_start_asks_the_provider_first(text: str, status: int) -> None:
    caller = Caller(jobs.group(2000, sandbox=True), test=True)
    body = {"source": "linkedin_search", "searchUrl": f"https://www.linkedin.com/s?{text}", "audienceName": "New"}
    answer = caller.post(body)
    assert answer.status_code == status, answer.content
