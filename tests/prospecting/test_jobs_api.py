"""Prospecting jobs over REST, without processes: shapes, refusals, replays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.actions import issue_key
from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs.enums import Status
from prospecting.actions import job_sources
from prospecting.actions.jobs import cancel_job
from prospecting.enums import JobSource
from prospecting.models import Audience, ProspectingJob
from tests.compliance import factories
from tests.prospecting import jobs
from web.errors import UpstreamError

pytestmark = pytest.mark.django_db

SEARCH = {"source": "linkedin_search", "searchUrl": "https://www.linkedin.com/search/results/people"}


class Caller:
    """A partner of one account group."""

    def __init__(self, group: AccountGroup, **key: Any) -> None:
        self.group = group
        permissions = key.pop("permissions", jobs.ALL)
        text = issue_key(groups=[group], permissions=permissions, name="tests", actor=factories.ACTOR, **key)[1]
        self.client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(self.path(path), headers=headers)

    def post(self, body: Any = None, path: str = "", **headers: str) -> Any:
        return self.client.post(self.path(path), body, "application/json", headers=headers)

    def path(self, path: str) -> str:
        return f"/v1/accounts/{self.group.pk}/prospecting{path}"


@pytest.fixture
def acme() -> Caller:
    return Caller(jobs.group(100))


def body(**fields: Any) -> dict[str, Any]:
    return {"source": "records", "records": jobs.people(1, 2, 3), "audienceName": "New", **fields}


def data(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    assert set(answer.json()) == {"success", "data", "error", "traceId"}
    return answer.json()["data"]


def error(answer: Any) -> tuple[int, str]:
    assert answer.json()["data"] is None
    return answer.status_code, answer.json()["error"]["code"]


def test_a_start_answers_with_the_job_and_where_it_is(acme: Caller) -> None:
    answer = acme.post(body())
    started = data(answer, 202)
    assert set(started) == {"jobId", "status", "createdAt"}
    assert int(answer["Retry-After"]) >= 1
    assert started["status"] == "queued"
    assert answer["Location"] == acme.path(f"/{started['jobId']}")
    job = ProspectingJob.objects.get(pk=started["jobId"])
    assert (job.trace_id, job.requested_by_key.name) == (answer.json()["traceId"], "tests")


def test_the_status_has_the_documented_shape_and_our_additions(acme: Caller) -> None:
    job = jobs.job(acme.group)
    waiting = {"total": 3, "done": 0, "failed": 0, "skipped": 0}
    assert data(acme.get(f"/{job.pk}")) == {
        "jobId": job.pk,
        "type": "prospecting",
        "status": "queued",
        "createdAt": shown(job.created_at),
        "updatedAt": shown(job.updated_at),
        "stages": {
            "import": {"status": "queued", "progress": 0, "counts": waiting},
            "enrichment": {"status": "queued", "progress": 0, "counts": {**waiting, "total": None}},
        },
        "error": None,
        "audienceId": job.audience_id,
        "creditsSpent": 0,
    }


def shown(moment: Any) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def test_a_failed_job_says_why(acme: Caller) -> None:
    job = jobs.job(acme.group)
    ProspectingJob.objects.filter(pk=job.pk).update(
        status=Status.FAILED, error_code="FILE_GONE", error_message="Gone.", completed_at=Now()
    )
    answer = data(acme.get(f"/{job.pk}"))
    assert answer["error"] == {"code": "FILE_GONE", "message": "Gone."}
    assert [stage["status"] for stage in answer["stages"].values()] == ["failed", "cancelled"]


def test_the_list_is_newest_first_filtered_by_status_and_short(acme: Caller) -> None:
    first, second = jobs.job(acme.group), jobs.job(acme.group)
    cancel_job(job=first, by=Requester.command("tests", acme.group))
    page = data(acme.get())
    assert [item["jobId"] for item in page["items"]] == [second.pk, first.pk]
    assert set(page["items"][0]) == {"jobId", "type", "status", "createdAt", "updatedAt"}
    assert (page["nextCursor"], page["hasMore"]) == (None, False)
    assert [item["jobId"] for item in data(acme.get("?status=cancelled"))["items"]] == [first.pk]
    newest = data(acme.get("?limit=1"))
    older = data(acme.get(f"?limit=1&cursor={newest['nextCursor']}"))
    assert [item["jobId"] for item in older["items"]] == [first.pk]
    for wrong in ("?status=done", "?limit=0", "?limit=101", "?cursor=x", "?sort=asc"):
        assert error(acme.get(wrong)) == (400, "VALIDATION_ERROR")


def test_a_status_that_has_not_moved_is_not_sent_again(acme: Caller) -> None:
    job = jobs.job(acme.group)
    tag = acme.get(f"/{job.pk}")["ETag"]
    assert tag.startswith('W/"')
    unchanged = acme.get(f"/{job.pk}", **{"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    cancel_job(job=job, by=Requester.command("tests", acme.group))
    assert acme.get(f"/{job.pk}", **{"If-None-Match": tag}).status_code == 200


def test_the_same_key_and_body_is_the_same_job_and_reserves_once(acme: Caller) -> None:
    first = acme.post(body(), **{"Idempotency-Key": "a"})
    again = acme.post(body(), **{"Idempotency-Key": "a"})
    assert data(again, 202) == data(first, 202)
    assert again["Idempotent-Replayed"] == "true"
    assert jobs.balance(acme.group) == (97, 3)
    cancel_job(job=ProspectingJob.objects.get(), by=Requester.command("tests", acme.group))
    assert data(acme.post(body(), **{"Idempotency-Key": "a"}), 200)["status"] == "cancelled"
    assert error(acme.post(body(audienceName="B"), **{"Idempotency-Key": "a"})) == (409, "IDEMPOTENCY_CONFLICT")
    assert ProspectingJob.objects.count() == 1


def test_a_refused_start_leaves_nothing_and_does_not_use_its_key_up(acme: Caller) -> None:
    many = body(records=jobs.people(*range(101)))
    answer = acme.post(many, **{"Idempotency-Key": "a"})
    assert error(answer) == (402, "INSUFFICIENT_CREDITS")
    assert not Audience.objects.for_group(acme.group).exists()
    data(acme.post(body(), **{"Idempotency-Key": "a"}), 202)


def test_ids_in_the_body_that_are_not_there_are_faults_of_the_body(acme: Caller) -> None:
    for field, sent in {
        "audienceId": body(audienceId="0" * 24, audienceName=None),
        "fileId": {"source": "file_upload", "fileId": "0" * 24, "audienceName": "New"},
    }.items():
        answer = acme.post({name: value for name, value in sent.items() if value is not None})
        assert error(answer) == (400, "VALIDATION_ERROR")
        assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]


def test_an_audience_being_filled_takes_no_second_job(acme: Caller) -> None:
    job = jobs.job(acme.group)
    sent = body(audienceId=job.audience_id)
    del sent["audienceName"]
    assert error(acme.post(sent)) == (409, "AUDIENCE_NOT_READY")


def test_a_search_without_a_provider_is_a_conflict_that_says_so(acme: Caller) -> None:
    answer = acme.post({**SEARCH, "audienceName": "New"})
    assert error(answer) == (409, "CONFLICT")
    assert "No provider" in answer.json()["error"]["message"]


def test_a_provider_that_does_not_answer_is_a_bad_gateway_and_a_replay_asks_nobody(
    acme: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[JobSource] = []

    class Down:
        def check(self, source: JobSource, params: Any) -> None:
            asked.append(source)
            if len(asked) > 1:
                raise UpstreamError

    monkeypatch.setattr(job_sources, "for_group", lambda group, test: Down())
    sent = {**SEARCH, "audienceName": "New", "maxResults": 10}
    started = data(acme.post(sent, **{"Idempotency-Key": "a"}), 202)
    assert error(acme.post(sent)) == (502, "UPSTREAM_ERROR")
    assert data(acme.post(sent, **{"Idempotency-Key": "a"}), 202) == started
    assert len(asked) == 2
    assert ProspectingJob.objects.count() == 1


def test_cancelling_answers_at_once_and_only_while_there_is_something_to_cancel(acme: Caller) -> None:
    job = jobs.job(acme.group)
    assert data(acme.post(path=f"/{job.pk}/cancel")) == {"jobId": job.pk, "status": "cancelled"}
    again = acme.post(path=f"/{job.pk}/cancel")
    assert error(again) == (422, "VALIDATION_ERROR")
    assert "this one is cancelled" in again.json()["error"]["message"]


def test_a_job_of_another_group_is_not_there_and_a_malformed_id_is_a_fault(acme: Caller) -> None:
    theirs = jobs.job(jobs.group())
    for path in (f"/{theirs.pk}", f"/{'0' * 24}"):
        assert error(acme.get(path)) == (404, "NOT_FOUND")
        assert error(acme.post(path=f"{path}/cancel")) == (404, "NOT_FOUND")
    assert error(acme.get("/x")) == (400, "VALIDATION_ERROR")
    theirs.refresh_from_db()
    assert theirs.status == Status.QUEUED


def test_reading_and_writing_need_their_permissions() -> None:
    group = jobs.group()
    reader, writer = (Caller(group, permissions=[f"prospecting:{may}"]) for may in ("read", "write"))
    assert error(reader.post(body())) == (403, "FORBIDDEN")
    assert error(writer.get()) == (403, "FORBIDDEN")
    job = data(writer.post(body()), 202)["jobId"]
    assert error(reader.post(path=f"/{job}/cancel")) == (403, "FORBIDDEN")
    assert error(writer.get(f"/{job}")) == (403, "FORBIDDEN")


def test_a_test_key_starts_jobs_of_the_sandbox() -> None:
    group = jobs.group(sandbox=True)
    started = data(Caller(group, test=True).post(body()), 202)
    assert ProspectingJob.objects.get(pk=started["jobId"]).test


@pytest.mark.parametrize(("path", "most"), [("/{}", 6), ("", 6)])
def test_reading_asks_the_database_few_questions(
    acme: Caller, path: str, most: int, django_assert_max_num_queries: Any
) -> None:
    job = jobs.job(acme.group)
    acme.get()  # the key's last use is noted once a minute
    with django_assert_max_num_queries(most):
        data(acme.get(path.format(job.pk)))
