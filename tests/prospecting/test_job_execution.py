"""What a worker does with a job, in this process: batches, lost workers, providers, credits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs import kinds, lifecycle
from jobs.enums import Status
from jobs.errors import JobFault, LeaseLost
from prospecting import execution
from prospecting.actions import job_sources
from prospecting.actions.jobs import cancel_job
from prospecting.actions.lead_files import receive_file
from prospecting.enums import JobSource
from prospecting.execution import Run, execute
from prospecting.failed_rows import csv_chunks
from prospecting.importing.leads import Lead
from prospecting.models import Audience, LeadFile, Prospect, ProspectingJob
from prospecting.providers.base import Page
from tests.prospecting import jobs
from web import storing
from web.errors import UpstreamError

pytestmark = pytest.mark.django_db

NOBODY = {"title": "Chief"}


@pytest.fixture(autouse=True)
def small_batches(settings: Any) -> None:
    settings.IMPORT_BATCH_ROWS = 2


@pytest.fixture
def group() -> AccountGroup:
    return jobs.group(100)


def counts(job: ProspectingJob, stage: str) -> tuple[int, ...]:
    """(total, done, failed, skipped)"""
    return tuple(getattr(job, f"{stage}_{name}") for name in ("total", "done", "failed", "skipped"))


def facts(job: ProspectingJob) -> dict[str, Any]:
    """What must not depend on how often the worker was lost."""
    job.refresh_from_db()
    return {
        "status": job.status,
        "import": counts(job, "import"),
        "enrichment": counts(job, "enrichment"),
        "credits": (job.credits_reserved, job.credits_spent, jobs.balance(job.group)),
        "emails found": job.emails_found,
        "people": sorted(Prospect.objects.for_group(job.group).values_list("public_identifier", "email")),
        "audience": (job.audience.memberships.count(), Audience.objects.get(pk=job.audience_id).prospect_count),
        "errors": sorted(job.row_errors.values_list("line", flat=True)),
    }


def test_people_are_imported_counted_and_paid_for(group: AccountGroup) -> None:
    jobs.finished(jobs.job(group, jobs.people(1)))
    job = jobs.finished(jobs.job(group, [*jobs.people(1, 2, 3, 2), NOBODY]))
    assert job.status == Status.COMPLETED
    assert counts(job, "import") == (5, 2, 1, 2)
    assert counts(job, "enrichment")[0] == 3
    assert (job.progress, job.stages.import_.progress, job.stages.enrichment.progress) == (1, 1, 1)
    assert (job.credits_reserved, job.credits_spent, jobs.balance(group)) == (5, 2, (97, 0))
    audience = Audience.objects.ready().get(pk=job.audience_id)
    assert (audience.prospect_count, audience.memberships.count()) == (3, 3)
    assert set(job.brought.values_list("prospect__email", "is_new")) == {
        ("person1@acme1.com", False), ("person2@acme2.com", True), ("person3@acme3.com", True)
    }  # fmt: skip


def test_the_same_people_again_cost_nothing(group: AccountGroup) -> None:
    jobs.finished(jobs.job(group))
    again = jobs.finished(jobs.job(group))
    assert (counts(again, "import"), again.credits_spent) == ((3, 0, 0, 3), 0)
    assert jobs.balance(group) == (97, 0)


def test_no_more_than_asked_for_are_read(group: AccountGroup) -> None:
    job = jobs.finished(jobs.job(group, max_results=2))
    assert counts(job, "import") == (2, 2, 0, 0)


class Finder:
    """A provider that knows the addresses of all but Person b."""

    name = "test"

    def find_email(self, person: Mapping[str, str]) -> str | None:
        name = person["public_identifier"]
        return None if name == "b" else f"{name}@found.com"


def test_addresses_are_searched_and_paid_for_of_new_people_only(
    group: AccountGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "for_group", lambda group, test: Finder())

    def imported(*names: str, search_emails: bool) -> ProspectingJob:
        urls = [f"linkedin.com/in/{name}" for name in names]
        return jobs.finished(
            jobs.job(group, source=JobSource.URL_UPLOAD, params={"urls": urls}, search_emails=search_emails)
        )

    before = imported("a", "b", search_emails=False)
    assert (before.emails_found, before.credits_spent) == (0, 2)
    job = imported("a", "b", "c", "d", search_emails=True)
    assert (job.import_done, job.emails_found, job.credits_reserved, job.credits_spent) == (2, 2, 8, 4)
    assert jobs.balance(group) == (94, 0)
    found = Prospect.objects.for_group(group).values_list("public_identifier", "email")
    assert dict(found) == {"a": "", "b": "", "c": "c@found.com", "d": "d@found.com"}


class Died(Exception):
    """The worker is no more."""


@pytest.mark.parametrize("committed", [False, True], ids=["inside its transaction", "after its transaction"])
@pytest.mark.parametrize("place", range(6))  # 3 batches, the end of the import, 2 batches
def test_a_worker_lost_anywhere_loses_and_doubles_nothing(
    place: int, committed: bool, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """At the `place`th move of the job: three batches of import, its end, and the batches of enrichment."""
    settings.JOB_MAX_ATTEMPTS = 10
    monkeypatch.setattr(execution, "for_group", lambda group, test: Finder())
    profiles = [{"linkedinUrl": f"linkedin.com/in/{name}", "name": f"Person {name}"} for name in "abca"]
    records = [*profiles[:2], NOBODY, *profiles[2:], *jobs.people(1)]
    undisturbed = facts(jobs.finished(jobs.job(jobs.group(100), records, search_emails=True)))
    assert undisturbed["credits"] == (12, 4 + 2, (94, 0))
    job = jobs.job(jobs.group(100), records, search_emails=True)
    keep, show, moves = Run.keep, Run.show, iter(range(100))

    def die(*_: Any, **__: Any) -> None:
        if next(moves) == place:
            raise Died

    def keep_and_die(self: Run, *args: Any) -> None:
        keep(self, *args)
        die()

    def die_and_show(self: Run, **wanted: Any) -> None:
        die()
        show(self, **wanted)

    with monkeypatch.context() as patched:
        patched.setattr(Run, "show", die_and_show) if committed else patched.setattr(Run, "keep", keep_and_die)
        with pytest.raises(Died):
            execute(jobs.working(job))
    job.refresh_from_db()
    seen = job.stages
    ProspectingJob.objects.filter(pk=job.pk).update(lease_until=job.created_at)
    lifecycle.reap()
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    assert job.stages.progress >= seen.progress
    assert facts(jobs.finished(job)) == undisturbed


def test_what_was_imported_before_a_cancel_stays_and_is_paid_for(
    group: AccountGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = jobs.job(group, jobs.people(1, 2, 3, 4, 5))
    after_batch(2, monkeypatch, lambda: cancel_job(job=job, by=Requester.command("tests", group)))
    with pytest.raises(LeaseLost):
        execute(jobs.working(job))
    left = facts(job)
    assert (left["status"], left["import"], left["audience"]) == ("cancelled", (5, 4, 0, 0), (4, 4))
    assert left["credits"] == (5, 4, (96, 0))
    assert [job.stages.import_.status, job.stages.enrichment.status] == ["cancelled", "cancelled"]
    assert Audience.objects.ready().filter(pk=job.audience_id).exists()


def test_what_was_imported_before_a_failure_stays_and_is_paid_for(
    group: AccountGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = jobs.job(group, jobs.people(1, 2, 3))
    work = jobs.working(job)
    after_batch(1, monkeypatch, lambda: lifecycle.fail(work.lease, code="X", message="x"))
    with pytest.raises(LeaseLost):
        execute(work)
    assert facts(job)["credits"] == (3, 2, (98, 0))
    assert [job.stages.import_.status, job.stages.enrichment.status] == ["failed", "cancelled"]


def after_batch(number: int, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """`act` happens between the commit of that batch and what partners see of it."""
    seen, show = iter(range(100)), Run.show

    def acting(self: Run, **wanted: Any) -> None:
        if next(seen) == number - 1:
            act()
        show(self, **wanted)

    monkeypatch.setattr(Run, "show", acting)


def test_partners_see_progress_at_most_once_a_second_and_at_the_end_of_a_stage(group: AccountGroup) -> None:
    now = 100.0
    job = jobs.job(group, jobs.people(1, 2, 3, 4))
    run = Run(jobs.working(job), job, clock=lambda: now)

    def shown(done: int, **wanted: Any) -> int:
        with lifecycle.fence(run.work.lease):
            run.keep(run.place.imported(done=done, failed=0, skipped=0))
        run.show(**wanted)
        return int(ProspectingJob.objects.values_list("import_done", flat=True).get(pk=job.pk))

    assert [shown(1), shown(1)] == [0, 0]
    now += 1
    assert [shown(1), shown(0), shown(1), shown(0, at_once=True)] == [3, 3, 3, 4]
    job.refresh_from_db()
    assert job.version == 4, "queued, running, and two that were shown"


def test_a_prospect_erased_meanwhile_is_skipped(group: AccountGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    job = jobs.job(group, jobs.people(1, 2, 3))
    after_batch(3, monkeypatch, lambda: Prospect.objects.filter(email="person2@acme2.com").delete())
    jobs.finished(job)
    total, done, failed, skipped = counts(job, "enrichment")
    assert (total, done + failed + skipped) == (3, 3)
    assert skipped >= 1


class Provider:
    """Knows so many people, in pages of two; `answers` is called before each page."""

    name = "test"

    def __init__(self, people: int, answers: Callable[[int], None] = lambda page: None) -> None:
        self.people = people
        self.answers = answers
        self.asked: list[tuple[int, str]] = []

    def check(self, source: JobSource, params: Any) -> None: ...

    def search(self, source: JobSource, params: Any, limit: int, *, after: str = "") -> Iterator[Page]:
        self.asked.append((limit, after))
        first = int(after or 0)
        for start in range(first, min(self.people, first + limit), 2):
            self.answers(start // 2)
            end = start + 2
            yield Page(self.leads(range(start, min(end, self.people))), "" if end >= self.people else str(end))

    def leads(self, numbers: Sequence[int]) -> list[Lead]:
        return [
            Lead(line, {"email": f"lead{number}@x{number}.com"}, "test", f"id{number}")
            for line, number in enumerate(numbers, 1)
        ]


@pytest.fixture
def provided(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Provider]:
    def provide(*args: Any) -> Provider:
        provider = Provider(*args)
        for module in (job_sources, execution):
            monkeypatch.setattr(module, "for_group", lambda group, test: provider)
        return provider

    return provide


def search(group: AccountGroup, most: int) -> ProspectingJob:
    params = {"search_url": "https://www.linkedin.com/search"}
    return jobs.job(group, source=JobSource.LINKEDIN_SEARCH, params=params, max_results=most)


@pytest.mark.parametrize(
    ("people", "most", "imported"), [(5, 10, 5), (5, 3, 3), (4, 4, 4), (0, 4, 0)], ids=["all", "cut", "exact", "nobody"]
)
def test_a_search_brings_what_the_provider_finds_up_to_the_most_asked_for(
    group: AccountGroup, provided: Any, people: int, most: int, imported: int
) -> None:
    provided(people)
    job = jobs.finished(search(group, most))
    assert counts(job, "import") == (imported, imported, 0, 0)
    assert (job.credits_reserved, job.credits_spent, jobs.balance(group)) == (most, imported, (100 - imported, 0))


def test_a_search_goes_on_behind_the_last_page_that_was_kept(group: AccountGroup, provided: Any) -> None:
    def die(page: int) -> None:
        if page == 2:
            raise Died

    dying = provided(7, die)
    job = search(group, 6)
    with pytest.raises(Died):
        execute(jobs.working(job))
    job.refresh_from_db()
    assert job.import_total is None
    ProspectingJob.objects.filter(pk=job.pk).update(lease_until=job.created_at)
    lifecycle.reap()
    provider = provided(7)
    jobs.finished(job)
    assert (dying.asked, provider.asked) == ([(6, "")], [(2, "4")])
    assert counts(job, "import") == (6, 6, 0, 0)
    assert job.brought.count() == 6


def test_a_provider_that_fails_ends_the_job_and_what_it_brought_stays(group: AccountGroup, provided: Any) -> None:
    def fail(page: int) -> None:
        if page == 1:
            raise UpstreamError("The provider does not answer.")

    provided(7, fail)
    job = search(group, 6)
    work = jobs.working(job)
    with pytest.raises(JobFault) as fault:
        execute(work)
    assert (fault.value.code, fault.value.message) == ("UPSTREAM_ERROR", "The provider does not answer.")
    lifecycle.fail(work.lease, code=fault.value.code, message=fault.value.message)
    assert facts(job)["credits"] == (6, 2, (98, 0))


def test_a_provider_that_was_taken_away_ends_the_job(group: AccountGroup, provided: Any, monkeypatch: Any) -> None:
    provided(1)
    job = search(group, 6)
    monkeypatch.setattr(execution, "for_group", lambda group, test: None)
    with pytest.raises(JobFault, match="no longer configured"):
        execute(jobs.working(job))


def test_the_kind_is_known_to_the_reaper_and_settles_whoever_ends_it() -> None:
    from prospecting.actions.jobs import fell

    kind = kinds.get("prospecting_job")
    assert (kind.model, kind.fell) == (ProspectingJob, fell)


def received(group: AccountGroup, path: Path) -> LeadFile:
    file, _ = receive_file(group=group, by=Requester.command("tests", group), path=path, name=path.name)
    storing.store(file.content, path)  # nothing is committed here, so it was removed again
    return file


def test_a_file_goes_from_start_to_end_and_its_failed_rows_come_back(group: AccountGroup, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Name,Work Email,Phone\nAnn A,ann@a.com,+43 1 234\nBob B,nonsense,+43 1 5678901\n=Eve,eve@e.com,\n")
    file = received(group, path)
    job = jobs.finished(jobs.job(group, source=JobSource.FILE_UPLOAD, params={"file_id": file.pk}))
    assert (job.status, counts(job, "import")) == (Status.COMPLETED, (3, 2, 1, 0))
    sent_back = b"".join(csv_chunks(job)).decode()
    assert "Name,Work Email,Phone,scanward_line,scanward_reason\r\n" in sent_back
    path.write_text(sent_back.replace("nonsense", "bob@b.com"))
    corrected = received(group, path)
    for imported in (1, 0):
        again = jobs.finished(jobs.job(group, source=JobSource.FILE_UPLOAD, params={"file_id": corrected.pk}))
        assert again.import_done == imported
    assert Prospect.objects.for_group(group).get(email="bob@b.com").phone == "+4315678901"


def test_a_file_whose_content_is_gone_ends_the_job_and_says_so(group: AccountGroup, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Email\nann@a.com\n")
    file = received(group, path)
    job = jobs.job(group, source=JobSource.FILE_UPLOAD, params={"file_id": file.pk})
    storing.remove(file.content)
    with pytest.raises(JobFault) as fault:
        execute(jobs.working(job))
    assert fault.value.code == "FILE_DELETED"
