"""The enrichment of one job: what its parts need to know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from accounts.models import AccountGroup
from jobs import lifecycle
from jobs.working import Work
from prospecting.actions.locking import hold_people
from prospecting.enrichment.provenance import PROVIDER
from prospecting.enrichment.rows import Person
from prospecting.models import ProspectingJob
from prospecting.providers.base import PeopleProvider


@dataclass(frozen=True)
class EnrichmentOutcome:
    """What became of the prospects: done + failed + skipped are all of them.

    `failed`: some step failed, what the others found stands; `skipped`: no longer there; `emails_found`: addresses a
    provider named (a guess is none).
    """

    done: int = 0
    failed: int = 0
    skipped: int = 0
    emails_found: int = 0

    def __add__(self, other: EnrichmentOutcome) -> EnrichmentOutcome:
        return EnrichmentOutcome(
            self.done + other.done, self.failed + other.failed, self.skipped + other.skipped,
            self.emails_found + other.emails_found,
        )  # fmt: skip


@dataclass(frozen=True)
class Run:
    group: AccountGroup
    job: ProspectingJob
    search_emails: bool
    provider: PeopleProvider | None
    work: Work

    @property
    def since(self) -> datetime:
        """What was enriched or read from then on was by this job, in this attempt or one before."""
        began: datetime = self.job.started_at or self.job.created_at
        return began

    @property
    def origin(self) -> str:
        """Of what the provider says."""
        return f"{PROVIDER}:{self.provider.name}"[:60] if self.provider else PROVIDER

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A short transaction in which the job is ours, and nobody else writes people or companies of the group."""
        self.work.check()
        with lifecycle.fence(self.work.lease):
            hold_people(self.group)
            yield

    def is_enriched(self, person: Person) -> bool:
        return person.enriched_at is not None and person.enriched_at >= self.since

    def has_found_email(self, person: Person) -> bool:
        """Whether a provider named the address in the course of this job."""
        draft = person.draft
        said = draft.provenance.get("email", {})
        return (
            bool(draft["email"])
            and draft.origin("email").startswith(PROVIDER)
            and datetime.fromisoformat(said["at"]) >= self.since
        )
