"""Rows of prospects and signal scans for tests, as plain functions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.actions import create_group, issue_key
from accounts.audit import Actor
from accounts.models import AccountGroup, ApiKey
from accounts.requester import Requester
from jobs import kinds, lifecycle
from jobs.lifecycle import Lease
from prospecting.enums import JobSource
from prospecting.models import Audience, AudienceMember, Company, Prospect, ProspectingJob
from scans.actions.scans import start_scan
from scans.enums import SignalType, SubjectState, Verdict
from scans.matching.traces import packed, trace
from scans.models import Finding, Monitor, ScanCompany, ScanProspect, Signal, SignalScan, SignalSpecification
from scans.sources.documents import Document

ACTOR = Actor("tests")
ALL = (
    "signals:read", "signals:write", "templates:read", "templates:write", "prospects:read", "prospects:write",
    "audiences:read", "audiences:write", "activities:write",
)  # fmt: skip
NEWS = {"source": "company_news", "keywords": ["funding"], "excludeKeywords": []}
_numbers = itertools.count(1)


def group(name: str = "Acme") -> AccountGroup:
    return create_group(name=name, actor=ACTOR)


def key(*groups: AccountGroup, permissions: Sequence[str] = ALL, **fields: Any) -> tuple[ApiKey, str]:
    return issue_key(groups=groups, permissions=permissions, name="tests", actor=ACTOR, **fields)


def by(of: AccountGroup) -> Requester:
    return Requester.command("tests", of)


def company(of: AccountGroup, **fields: Any) -> Company:
    number = next(_numbers)
    about = {"key": f"company{number}.example", "name": f"Company {number}", **fields}
    return Company.objects.create(group=of, **about)


def prospect(of: AccountGroup, **fields: Any) -> Prospect:
    number = next(_numbers)
    about = {"name": f"Person {number}", "public_identifier": f"person-{number}", "title": "CTO", **fields}
    return Prospect.objects.create(group=of, **about)


def audience(of: AccountGroup, *prospects: Prospect, **fields: Any) -> Audience:
    made = Audience.objects.create(group=of, prospect_count=len(prospects), **{"name": "Leads", **fields})
    AudienceMember.objects.bulk_create(AudienceMember(audience=made, prospect=person) for person in prospects)
    return made


def filling(of: Audience) -> ProspectingJob:
    """A queued job that fills the audience."""
    job = ProspectingJob(group=of.group, source=JobSource.RECORDS, audience=of)
    with transaction.atomic():
        lifecycle.start(job, actor=ACTOR.name)
    return job


def specification(of: AccountGroup, *items: dict[str, Any], **fields: Any) -> SignalSpecification:
    return SignalSpecification.objects.create(group=of, **{"name": "Growth", "items": list(items) or [NEWS], **fields})


def scan(of: AccountGroup, *, prospects: Sequence[Prospect] | None = None, **fields: Any) -> SignalScan:
    """A queued scan, started by the action itself."""
    who = [prospect(of)] if prospects is None else prospects
    wanted = fields.pop("specification", None) or specification(of)
    among = fields.pop("audience", None) or audience(of, *who)
    with transaction.atomic():
        return start_scan(
            group=of, by=by(of), signal_specification_id=wanted.pk, audience_id=among.pk, **fields
        )  # fmt: skip


def claimed(of: SignalScan) -> Lease:
    lease = lifecycle.claim(kinds.of(of), of.pk, worker="worker of a test")
    assert lease is not None
    return lease


def finding(of: SignalScan, subject: Company | Prospect, **fields: Any) -> Finding:
    """A kept finding of news about a company, or of a post by a prospect."""
    about: dict[str, Any] = {"verdict": Verdict.KEPT, "item": 0, "score": 80, "title": "News", "sources": ["https://a"]}
    if isinstance(subject, Company):
        about |= {"company": subject, "type": SignalType.COMPANY_NEWS, "company_name": subject.name}
    else:
        about |= {"prospect": subject, "type": SignalType.POST}
    about |= fields
    if about["verdict"] in (Verdict.KEPT, Verdict.DUPLICATE) and "signal" not in about:
        about["signal"] = signal(of, subject, about["type"])
    return Finding.objects.create(scan=of, **about)


def signal(of: SignalScan, subject: Company | Prospect, kind: str) -> Signal:
    """One that this scan has seen."""
    number = str(next(_numbers))
    document = Document(kind, number, number, number, f"https://{number}.example", of.created_at)
    at = {"company": subject} if isinstance(subject, Company) else {"prospect": subject}
    return Signal.objects.create(
        group=of.group, type=kind, identity=number, trace=packed(trace(document)), posted_at=of.created_at,
        first_seen=of.created_at, last_seen=of.created_at, **at,
    )  # fmt: skip


def completed(of: AccountGroup, *prospects: Prospect, kept: int = 1, **fields: Any) -> SignalScan:
    """A completed scan with `kept` findings of each company its prospects work at."""
    made = scan(of, prospects=prospects, **fields)
    lease = claimed(made)
    companies = {person.company_id: person.company for person in prospects if person.company is not None}
    ScanCompany.objects.bulk_create(
        ScanCompany(scan=made, company=each, state=SubjectState.EVALUATED, kept=kept) for each in companies.values()
    )
    ScanProspect.objects.bulk_create(
        ScanProspect(scan=made, prospect=person, company=person.company, state=SubjectState.NO_SOURCE)
        for person in prospects
    )
    for each in companies.values():
        for _ in range(kept):
            finding(made, each)
    with lifecycle.finish(lease) as (_, results):
        results.update(
            drawn_up=True, prospects_total=len(prospects), prospects_evaluated=len(prospects),
            kept=kept * len(companies),
        )  # fmt: skip
    made.refresh_from_db()
    return made


def monitor(of: AccountGroup, **fields: Any) -> Monitor:
    about: dict[str, Any] = {"cron": "30 7 * * *", "next_run_at": Now(), **fields}
    if "specification" not in about:
        about["specification"] = specification(of)
    if "audience" not in about:
        about["audience"] = audience(of, prospect(of))
    made = Monitor.objects.create(group=of, **about)
    made.refresh_from_db()
    return made
