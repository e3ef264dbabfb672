"""Enriching a batch of prospects: what follows from what is known, then what others say (docs/enrichment.md).

Every write is one short transaction in which the job is certainly ours. A prospect is marked when all of it is done, so
a batch that is worked on again after a lost worker leaves those alone, counts them as it did, and reads no site twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.conf import settings

from accounts.models import AccountGroup
from jobs.working import Work
from prospecting.enrichment import answering, employers, rows, searching, sites
from prospecting.enrichment.mailboxes import domain_of
from prospecting.enrichment.mx import Mails
from prospecting.enrichment.reading import read_sites
from prospecting.enrichment.rows import Employer, Person
from prospecting.enrichment.run import EnrichmentOutcome, Run
from prospecting.enrichment.steps import GUESS, OFFLINE, apply
from prospecting.models import Prospect, ProspectingJob
from prospecting.providers.base import PeopleProvider

__all__ = ["EnrichmentOutcome", "enrich_batch", "steps_for"]

log = structlog.get_logger(__name__)

TOGETHER = 500  # prospects
ASKED_TOGETHER = 50  # prospects others are asked about between two writes


def steps_for(job: ProspectingJob) -> tuple[str, ...]:
    """The names of the steps a job takes, in their order."""
    network = [sites.STEP] if settings.ENRICHMENT_SITES else []
    network += ["provider", GUESS] if job.search_emails else []
    return (*(step.name for step in OFFLINE), employers.STEP, *network)


def enrich_batch(
    group: AccountGroup, prospect_ids: Sequence[str], *, job: ProspectingJob, search_emails: bool,
    provider: PeopleProvider | None, work: Work,
) -> EnrichmentOutcome:  # fmt: skip
    """Fill in what is missing of these prospects and their companies.

    Raises what `work.check()` raises, within 2 seconds also while others are waited for. Not to be called inside a
    transaction: it makes its own.
    """
    run = Run(group, job, search_emails, provider, work)
    ids = list(dict.fromkeys(prospect_ids))
    outcome = EnrichmentOutcome(skipped=len(prospect_ids) - len(ids))
    for start in range(0, len(ids), TOGETHER):
        outcome += _enrich(run, ids[start : start + TOGETHER])
    return outcome


@dataclass(slots=True)
class _Batch:
    """Where a batch stands between two transactions."""

    outcome: EnrichmentOutcome = field(default_factory=EnrichmentOutcome)
    failed: set[str] = field(default_factory=set)
    done: int = 0  # of those that were not enriched before
    due: list[Employer] = field(default_factory=list)  # companies whose site is to be read
    waiting: list[str] = field(default_factory=list)  # prospects of whom others are to be asked
    reading: dict[str, str] = field(default_factory=dict)  # {prospect that waits for a site: its company}


def _enrich(run: Run, ids: Sequence[str]) -> EnrichmentOutcome:
    batch = _Batch()
    mails = searching.mails(run, _domains(run, ids))
    _offline(run, ids, mails, batch)
    read_sites(run, batch.due)
    _mark_read(run, batch)
    for start in range(0, len(batch.waiting), ASKED_TOGETHER):
        batch.outcome += EnrichmentOutcome(
            emails_found=_ask(run, batch.waiting[start : start + ASKED_TOGETHER], batch)
        )  # fmt: skip
    return batch.outcome + EnrichmentOutcome(done=batch.done - len(batch.failed), failed=len(batch.failed))


def _domains(run: Run, ids: Sequence[str]) -> set[str]:
    """Of the addresses of the prospects, where their MX records may be asked for."""
    if not settings.ENRICHMENT_MX:
        return set()
    emails = Prospect.objects.for_group(run.group).filter(pk__in=ids).exclude(email="")
    return set(map(domain_of, emails.values_list("email", flat=True)))


def _offline(run: Run, ids: Sequence[str], mails: Mails, batch: _Batch) -> None:
    """Everything that needs nobody else, in one transaction."""
    with run.writing():
        everybody = rows.people(run.group, ids)
        known = rows.employers(run.group, {person.company_id for person in everybody})
        people = [person for person in everybody if not run.is_enriched(person)]
        at = rows.now()
        for person in people:
            _apply(person, at, mails, batch)
        employers.settle(run.group, people, known, at)
        for person in people:
            if not _waits(run, person, known, batch):
                person.enriched_at = at
        rows.save_employers(known.values())
        rows.save_people(people)
        batch.failed |= {each.id for each in people if each.company_id in known and sites.failed(known[each.company_id])
                         and sites.is_read(known[each.company_id], run.since)}  # fmt: skip
        ended = [person for person in people if person.enriched_at == at]
        rows.mark_enriched(run.group, [person.id for person in ended if not person.draft.changed], at)
        rows.mark_failed(run.job, batch.failed & {person.id for person in ended})
    batch.done = len(people)
    batch.outcome = _counted_before(run, [each for each in everybody if run.is_enriched(each) and each not in people])
    batch.outcome += EnrichmentOutcome(skipped=len(ids) - len(everybody))


def _apply(person: Person, at: datetime, mails: Mails, batch: _Batch) -> None:
    if failed := apply(person.draft, at, mails):
        log.warning("enrichment_step_failed", prospect_id=person.id, steps=failed)
        batch.failed.add(person.id)


def _waits(run: Run, person: Person, known: dict[str, Employer], batch: _Batch) -> bool:
    """Whether somebody else has to be asked before this prospect is done; notes who."""
    employer = known.get(person.company_id)
    waits = False
    if settings.ENRICHMENT_SITES and employer is not None and sites.is_due(employer, run.since):
        if employer not in batch.due:
            batch.due.append(employer)
        batch.reading[person.id] = employer.id
        waits = True
    if _wants_email(run, person) or getattr(run.provider, "look_up", None):
        batch.waiting.append(person.id)
        waits = True
    return waits


def _wants_email(run: Run, person: Person) -> bool:
    return run.search_emails and (not person.draft["email"] or person.draft.origin("email") == GUESS)


def _counted_before(run: Run, people: Sequence[Person]) -> EnrichmentOutcome:
    """What an attempt before counted of those it had finished."""
    failed = run.job.brought.filter(prospect__in=[each.id for each in people], enrichment_failed=True).count()
    found = sum(run.search_emails and run.has_found_email(each) for each in people)
    return EnrichmentOutcome(done=len(people) - failed, failed=failed, emails_found=found)


def _mark_read(run: Run, batch: _Batch) -> None:
    """Those that waited for a site alone are done now."""
    if not batch.reading:
        return
    with run.writing():
        read = rows.employers(run.group, set(batch.reading.values()), lock=False)
        failed = {pk for pk, employer in read.items() if sites.failed(employer)}
        batch.failed |= {person for person, employer in batch.reading.items() if employer in failed}
        ended = batch.reading.keys() - set(batch.waiting)
        rows.mark_enriched(run.group, sorted(ended), rows.now())
        rows.mark_failed(run.job, batch.failed & ended)


def _ask(run: Run, ids: Sequence[str], batch: _Batch) -> int:
    """Ask others about some prospects and write what they say. Answers how many addresses were named."""
    people = rows.people(run.group, ids, lock=False)
    known = rows.employers(run.group, {person.company_id for person in people}, lock=False)
    wanting = {person.id for person in people if _wants_email(run, person)}
    answers = searching.ask(run, people, known, wanting)
    with run.writing():
        people = rows.people(run.group, ids)
        known = rows.employers(run.group, {person.company_id for person in people})
        at = rows.now()
        found = answering.take(run, people, known, answers, at)
        for person in people:
            _apply(person, at, answers.mails, batch)
            person.enriched_at = at
        rows.save_employers(known.values())
        rows.save_people(people)
        rows.mark_enriched(run.group, [person.id for person in people if not person.draft.changed], at)
        asked = {person.id for person in people}
        batch.failed |= answers.failed & asked
        rows.mark_failed(run.job, batch.failed & asked)
    return found
