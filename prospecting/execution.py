"""What a worker does with one prospecting job: bring people in, batch by batch, then fill in what is missing.

Each batch commits its rows together with the checkpoint behind it, under the fence of the lease: whatever ends the
worker, and wherever, the next one goes on there, and nothing is lost or counted twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import structlog
from django.conf import settings

from accounts import credits
from jobs import lifecycle
from jobs.errors import JobFault
from jobs.working import Work
from prospecting.actions.jobs import KIND
from prospecting.checkpoint import Checkpoint
from prospecting.enrichment.enrich import EnrichmentOutcome, enrich_batch
from prospecting.enums import FROM_PROVIDER, JobSource
from prospecting.importing.batches import BatchOutcome, store
from prospecting.importing.leads import Lead
from prospecting.importing.reading import open_leads
from prospecting.importing.writing import insert_missing
from prospecting.models import JobProspect, ProspectingJob
from prospecting.providers import for_group
from prospecting.providers.base import PeopleProvider
from web.errors import Refused

END = "end"  # in place of the cursor behind a provider's last page
ENRICHED_TOGETHER = 200  # prospects: fewer than are imported, as others are waited for
SHOWN_EVERY = 1.0  # seconds between two changes of the progress that partners see


def execute(work: Work) -> None:
    """Run the job of `work` to its end. JobFault for what partners should read."""
    job = ProspectingJob.objects.select_related("group", "audience").get(pk=work.lease.job_id)
    structlog.contextvars.bind_contextvars(trace_id=job.trace_id)
    run = Run(work, job)
    if run.place.enrichment_total is None:
        _import(run)
    _enrich(run)
    run.finish()


class Run:
    """One attempt at a job: where it stands, and how that moves."""

    def __init__(self, work: Work, job: ProspectingJob, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.work = work
        self.job = job
        self.place = Checkpoint.read(job.checkpoint)
        self._clock = clock
        self._shown_at = clock()

    def keep(self, place: Checkpoint) -> None:
        """Stand there from now on; to be called under the fence, in the transaction of the rows it speaks of."""
        self.place = place  # a transaction that fails ends the attempt
        ProspectingJob.objects.filter(pk=self.job.pk).update(checkpoint=place.kept())

    def show(self, *, at_once: bool = False) -> None:
        """Let partners see how far it is, at most once a second."""
        if at_once or self._clock() - self._shown_at >= SHOWN_EVERY:
            self.work.report(**self.job.columns_at(self.place))
            self._shown_at = self._clock()

    def finish(self) -> None:
        """Settle and open the audience. What is left of the enrichment was erased meanwhile."""
        left = (self.place.enrichment_total or 0) - self.place.enrichment_counts.consumed
        place = self.place.enriched(done=0, failed=0, skipped=left)
        with lifecycle.finish(self.work.lease) as (_, results):
            results.update(checkpoint=place.kept(), **self.job.columns_at(place))
            credits.settle(self.job.group, KIND, self.job.pk, place.spent)


def _import(run: Run) -> None:
    for leads, cursor in _batches(run):
        run.work.check()
        with lifecycle.fence(run.work.lease):
            outcome = store(run.job.group, run.job, leads)
            _bring(run.job, outcome)
            place = run.place.imported(
                done=outcome.imported, failed=outcome.failed, skipped=outcome.duplicates + outcome.suppressed
            )
            run.keep(place.moved(line=leads[-1].line if leads else place.line, cursor=cursor))
        run.show()
    with lifecycle.fence(run.work.lease):
        consumed, brought = run.place.import_counts.consumed, run.job.brought.count()
        run.keep(run.place.moved(import_total=consumed, enrichment_total=brought))
    run.show(at_once=True)


def _batches(run: Run) -> Iterator[tuple[Sequence[Lead], str]]:
    """What is still to be imported, in pieces of one transaction each, with the cursor behind each."""
    job, place = run.job, run.place
    left = (place.import_total or job.max_results or 0) - place.import_counts.consumed
    if job.source in FROM_PROVIDER:
        yield from _pages(job, place.cursor, left)
        return
    leads = islice(open_leads(job, after=place.line), left)
    while batch := list(islice(leads, settings.IMPORT_BATCH_ROWS)):
        yield batch, ""


def _pages(job: ProspectingJob, after: str, left: int) -> Iterator[tuple[Sequence[Lead], str]]:
    provider = for_group(job.group, job.test)
    if provider is None:
        raise JobFault("PROVIDER_GONE", "The provider of people data this job needs is no longer configured.")
    if not left or after == END:
        return
    try:
        for page in provider.search(JobSource(job.source), job.params, left, after=after):
            leads = page.leads[:left]
            left -= len(leads)
            yield leads, page.cursor or END
            if not left:
                return
    except Refused as fault:
        raise JobFault(fault.code, fault.message) from fault


def _bring(job: ProspectingJob, outcome: BatchOutcome) -> None:
    """Note whom the batch brought; who was brought by an earlier batch stays as noted there."""
    new = set(outcome.new_ids)
    rows = [(job.pk, each, each in new) for each in dict.fromkeys(outcome.prospect_ids)]
    insert_missing(JobProspect, ("job_id", "prospect_id", "is_new"), rows)


def _enrich(run: Run) -> None:
    provider = for_group(run.job.group, run.job.test)
    while batch := _next(run):
        done = _enriched(run, provider, [each for each, is_new in batch if is_new], search_emails=run.job.search_emails)
        # Who was known already costs nothing, so no address is searched for them.
        done += _enriched(run, provider, [each for each, is_new in batch if not is_new], search_emails=False)
        with lifecycle.fence(run.work.lease):
            place = run.place.enriched(
                done=done.done, failed=done.failed, skipped=done.skipped, emails=done.emails_found
            )
            run.keep(place.moved(last_prospect=batch[-1][0]))
        run.show()


def _enriched(
    run: Run, provider: PeopleProvider | None, prospect_ids: list[str], *, search_emails: bool
) -> EnrichmentOutcome:
    """A batch that a lost worker had begun is counted as it would have been."""
    return enrich_batch(
        run.job.group, prospect_ids, job=run.job, search_emails=search_emails, provider=provider, work=run.work
    )


def _next(run: Run) -> list[tuple[str, bool]]:
    """(id, is new) of the prospects to be enriched together."""
    rows = run.job.brought.filter(prospect_id__gt=run.place.last_prospect).order_by("prospect_id")
    return list(rows.values_list("prospect_id", "is_new")[: min(ENRICHED_TOGETHER, settings.IMPORT_BATCH_ROWS)])
