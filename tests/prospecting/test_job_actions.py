"""Starting, cancelling and settling: credits, audiences and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import InsufficientCredits
from accounts.models import AccountGroup, AuditEntry
from accounts.requester import Requester
from jobs import kinds, lifecycle
from jobs.enums import Status
from jobs.errors import NotCancellable
from prospecting.actions import job_sources
from prospecting.actions.jobs import cancel_job
from prospecting.enums import JobSource
from prospecting.errors import AudienceNotReady, NoProvider
from prospecting.models import Audience, LeadFile, ProspectingJob
from prospecting.providers.base import Page
from tests.prospecting import jobs
from web.errors import ValidationFailed

pytestmark = pytest.mark.django_db

SEARCH = {"source": JobSource.LINKEDIN_SEARCH, "params": {"search_url": "https://www.linkedin.com/search"}}


@pytest.fixture
def group() -> AccountGroup:
    return jobs.group(100)


class Provider:
    """A provider of people who knows nobody."""

    name = "test"

    def check(self, source: JobSource, params: Any) -> None: ...

    def search(self, source: JobSource, params: Any, limit: int, *, after: str = "") -> Iterator[Page]:
        return iter(())


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_sources, "for_group", lambda group, test: Provider())


def file(group: AccountGroup, **fields: Any) -> LeadFile:
    about = {"name": "a.csv", "kind": "csv", "sha256": "0" * 64, "size": 9, "row_count": 7, "content": "x"}
    return LeadFile.objects.create(group=group, headers=["Mail", "Who"], **{**about, **fields})


@pytest.mark.parametrize(
    ("wanted", "reserved"),
    [
        ({}, 3),
        ({"search_emails": True}, 6),
        ({"max_results": 2}, 2),
        ({"max_results": 50}, 3),
        ({"source": JobSource.URL_UPLOAD, "params": {"urls": ["linkedin.com/in/a", "https://linkedin.com/in/A/"]}}, 1),
        ({"source": JobSource.URL_UPLOAD, "params": {"urls": ["linkedin.com/in/a", "in/b"]}, "max_results": 1}, 2),
    ],
)
def test_a_start_reserves_a_credit_for_each_input_and_two_with_email_search(
    group: AccountGroup, wanted: dict[str, Any], reserved: int
) -> None:
    job = jobs.job(group, **wanted)
    assert (job.status, job.credits_reserved, job.credits_spent) == (Status.QUEUED, reserved, 0)
    assert jobs.balance(group) == (100 - reserved, reserved)


def test_a_file_reserves_for_its_rows_and_keeps_the_mapping_it_will_be_read_with(group: AccountGroup) -> None:
    sent = file(group)
    params = {"file_id": sent.pk, "mapping": {"Mail": "email", "Who": "name"}}
    job = jobs.job(group, source=JobSource.FILE_UPLOAD, params=params)
    assert (job.import_total, job.credits_reserved, job.params) == (7, 7, params)


@pytest.mark.parametrize(
    ("plan", "asked", "reserved"),
    [
        ("tester", None, 100),
        ("tester", 5, 5),
        ("starter", None, 1000),
        ("scale", None, 2000),
        ("enterprise", 2000, 2000),
    ],
)
@pytest.mark.usefixtures("provider")
def test_a_search_reserves_what_it_may_bring_by_default_the_cap_of_the_plan(
    plan: str, asked: int | None, reserved: int
) -> None:
    group = jobs.group(5000, plan=plan)
    job = jobs.job(group, **SEARCH, max_results=asked)
    assert (job.credits_reserved, job.max_results, job.import_total) == (reserved, reserved, None)


@pytest.mark.parametrize(("plan", "cap"), [("tester", 100), ("starter", 1000), ("scale", 2000), ("enterprise", 2000)])
@pytest.mark.usefixtures("provider")
def test_more_results_than_the_plan_allows_are_refused(plan: str, cap: int) -> None:
    group = jobs.group(5000, plan=plan)
    with pytest.raises(ValidationFailed, match=f"maxResults: must be at most {cap} with the plan {plan}"):
        jobs.job(group, **SEARCH, max_results=cap + 1)


def test_a_search_without_a_provider_is_refused_saying_so(group: AccountGroup) -> None:
    with pytest.raises(NoProvider, match="No provider of people data is configured"):
        jobs.job(group, **SEARCH)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"audience_id": "0" * 24}, "audienceId"),
        ({"audience_name": ""}, "audienceName"),
        ({"source": JobSource.URL_UPLOAD, "params": {"urls": ["in/a", "linkedin.com/company/x", "no"]}}, "urls[1]"),
        ({"source": JobSource.FILE_UPLOAD, "params": {"file_id": "0" * 24}}, "fileId"),
    ],
)
def test_what_is_named_and_not_there_is_refused_by_field(
    group: AccountGroup, wanted: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        jobs.job(group, **wanted)
    assert refused.value.details
    assert refused.value.details[0].path == field


def test_files_and_audiences_of_another_group_are_not_there(group: AccountGroup) -> None:
    other = jobs.group()
    for wanted in (
        {"audience_id": Audience.objects.create(group=other, name="Theirs").pk},
        {"source": JobSource.FILE_UPLOAD, "params": {"file_id": file(other).pk}},
    ):
        with pytest.raises(ValidationFailed, match="of this account group"):
            jobs.job(group, **wanted)


def test_a_file_without_content_or_with_a_mapping_that_does_not_fit_is_refused(group: AccountGroup) -> None:
    from django.utils import timezone

    gone = file(group, content="", deleted_at=timezone.now())
    with pytest.raises(ValidationFailed, match="content has been deleted"):
        jobs.job(group, source=JobSource.FILE_UPLOAD, params={"file_id": gone.pk})
    with pytest.raises(ValidationFailed, match="mapping"):
        jobs.job(group, source=JobSource.FILE_UPLOAD, params={"file_id": file(group).pk, "mapping": {"No": "email"}})


def test_without_enough_credits_nothing_stands(group: AccountGroup) -> None:
    with pytest.raises(InsufficientCredits):
        jobs.job(group, jobs.people(*range(101)))
    assert not ProspectingJob.objects.for_group(group).exists()
    assert not Audience.objects.for_group(group).exists()
    assert jobs.balance(group) == (100, 0)


def test_an_audience_opens_when_its_job_is_over_and_takes_one_job_at_a_time(group: AccountGroup) -> None:
    first = jobs.job(group)
    assert not Audience.objects.ready().filter(pk=first.audience_id).exists()
    with pytest.raises(AudienceNotReady):
        jobs.job(group, audience_id=first.audience_id)
    cancel_job(job=first, by=Requester.command("tests", group))
    assert Audience.objects.ready().filter(pk=first.audience_id).exists()
    assert jobs.job(group, audience_id=first.audience_id).audience_id == first.audience_id


def test_a_cancelled_start_gives_everything_back_and_is_cancelled_once(group: AccountGroup) -> None:
    job, by = jobs.job(group), Requester.command("tests", group)
    cancel_job(job=job, by=by)
    job.refresh_from_db()
    assert (job.status, job.credits_spent) == (Status.CANCELLED, 0)
    assert jobs.balance(group) == (100, 0)
    with pytest.raises(NotCancellable):
        cancel_job(job=job, by=by)
    actions = AuditEntry.objects.filter(chain=group.pk, object_id=job.pk).values_list("action", flat=True)
    assert sorted(actions) == ["prospecting_job.cancelled", "prospecting_job.started"]


def test_a_job_whose_worker_was_lost_for_good_is_settled(group: AccountGroup, settings: Any) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    job = jobs.job(group)
    jobs.claimed(job)
    ProspectingJob.objects.filter(pk=job.pk).update(lease_until=job.created_at)
    assert lifecycle.reap() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "WORKER_LOST")
    assert jobs.balance(group) == (100, 0)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"import_done": 4, "credits_spent": 4}, "imports_no_more_than_its_total"),
        ({"enrichment_total": 1}, "enriches_after_its_import"),
        ({"enrichment_done": 1}, "enriches_after_its_import"),
        ({"credits_spent": 1}, "pays_for_new_people_and_found_emails"),
        ({"import_done": 3, "credits_spent": 3, "credits_reserved": 2}, "spends_no_more_than_it_reserved"),
        (
            {"import_done": 3, "enrichment_total": 3, "emails_found": 1, "credits_spent": 4, "credits_reserved": 9},
            "finds_emails_only_when_asked",
        ),
        ({"source": "fax"}, "has_a_source"),
    ],
)
def test_the_database_refuses_counts_that_cannot_be(
    group: AccountGroup, columns: dict[str, Any], constraint: str
) -> None:
    job = jobs.job(group)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ProspectingJob.objects.filter(pk=job.pk).update(**columns)


def test_the_database_refuses_a_completed_job_that_has_not_consumed_everything(group: AccountGroup) -> None:
    job = jobs.job(group)
    lease = lifecycle.claim(kinds.of(job), job.pk, worker="w")
    assert lease
    with pytest.raises(IntegrityError, match="has_consumed_everything"), transaction.atomic():  # noqa: SIM117
        with lifecycle.finish(lease):
            pass
