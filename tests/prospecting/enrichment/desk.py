"""A running job and people to enrich, as plain functions."""

from __future__ import annotations

from typing import Any

from accounts.models import AccountGroup
from jobs import kinds, lifecycle
from jobs.working import Work
from prospecting.enrichment.enrich import EnrichmentOutcome, enrich_batch
from prospecting.enums import JobSource
from prospecting.models import Audience, Company, JobProspect, Prospect, ProspectingJob
from tests.compliance import factories

IMPORTED = {"origin": "import", "at": "2026-01-01T00:00:00+00:00", "confidence": 1.0}


class Desk:
    """A group with one job that is being worked on."""

    def __init__(self, **job: Any) -> None:
        self.group: AccountGroup = factories.group()
        self.begin(**job)

    def begin(self, **job: Any) -> None:
        """Another job, claimed."""
        audience = Audience.objects.create(group=self.group, name="Desk")
        self.job = ProspectingJob(group=self.group, source=JobSource.RECORDS, audience=audience, **job)
        lifecycle.start(self.job, actor="tests")
        lease = lifecycle.claim(kinds.of(self.job), self.job.pk, worker="worker of a test")
        assert lease is not None
        self.job.refresh_from_db()
        self.work = Work(lease, time_limit=3600)

    def prospect(self, company: Company | None = None, **fields: Any) -> Prospect:
        """Somebody as an import leaves them."""
        said = {name: IMPORTED for name, value in fields.items() if value}
        return Prospect.objects.create(group=self.group, company=company, **{"provenance": said, **fields})

    def company(self, key: str, **fields: Any) -> Company:
        said = {name: IMPORTED for name, value in fields.items() if value}
        return Company.objects.create(group=self.group, key=key, **{"provenance": said, **fields})

    def enrich(self, *people: Prospect, provider: Any = None, search_emails: bool = False) -> EnrichmentOutcome:
        """People the job has brought; what is enriched is read again."""
        rows = [JobProspect(job=self.job, prospect_id=person.pk, is_new=True) for person in people]
        JobProspect.objects.bulk_create(rows, ignore_conflicts=True)
        outcome = enrich_batch(
            self.group, [person.pk for person in people], job=self.job, search_emails=search_emails,
            provider=provider, work=self.work,
        )  # fmt: skip
        for person in people:
            person.refresh_from_db()
        return outcome
