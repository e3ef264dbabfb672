"""Whole signal scans of 2,000 companies: read, understood, judged, folded, recognised and stored, as a worker does."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

from benchmarks import fetching
from benchmarks.fetching import COMPANIES, EVERY, LATENCY
from benchmarks.system import System

TITLE = "Whole signal scans"
# Seconds before each answer, a name, and a word: one that a sixth of the titles has, one that stands in all.
CASES = [
    (LATENCY, "a sixth matches", "acquires"), (LATENCY, "everything matches", "company"),
    (5 * LATENCY, "slow servers, a sixth matches", "acquires"),
]  # fmt: skip


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    from django.conf import settings

    settings.SIGNAL_INTERVAL_LEAST = 0  # the second scan asks again
    rows = []
    for latency, what, keyword in CASES:
        ideal = 2 * COMPANIES / settings.SIGNAL_REQUESTS * latency
        with fetching.world(latency) as port:
            audience, specification = _asked(port, what, keyword)
            rows += [
                f"| {what}, {which} | {ideal:.1f} | {_scan(audience, specification, ideal)} |"
                for which in ("first", "again")
            ]  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join([
        f"The world of “{fetching.TITLE}”: {COMPANIES:,} companies, answers after",
        f"{LATENCY * 1000:.0f} ms (slow servers: {5 * LATENCY * 1000:.0f} ms), one in {EVERY} hangs, is dead, lies or",
        f"breaks off; one that hangs is left after {settings.SIGNAL_SECONDS} s. “Requests alone” is what latency and",
        f"{settings.SIGNAL_REQUESTS} requests at once allow at best. A scan is one job in one process, which held",
        f"{peak:.0f} MiB at most; database, companies and worker share the two cores. The last column: until the",
        "prospects of all companies that live were evaluated, as partners are told, by the time of the requests alone.",
        "",
        "| scan | requests alone, s | all, s | CPU s | evaluated | failed | found | kept | of the requests alone |",
        "|---|---|---|---|---|---|---|---|---|", *rows,
    ])  # fmt: skip


def _asked(port: int, name: str, keyword: str) -> tuple[Any, Any]:
    """An audience of one prospect at each company of a group of its own, and what is looked for."""
    from accounts.models import AccountGroup
    from prospecting.models import Audience, AudienceMember, Company, Prospect
    from scans.models import SignalSpecification
    from scans.sources import gathering

    gathering._session = lambda: fetching.session(port)
    group = AccountGroup.objects.create(name=name)
    companies = Company.objects.bulk_create(
        fetching.company(Company, group, number, port) for number in range(COMPANIES)
    )
    people = Prospect.objects.bulk_create(
        Prospect(group=group, name=f"Person {company.key}", company=company) for company in companies
    )
    audience = Audience.objects.create(group=group, name=name, prospect_count=COMPANIES)
    AudienceMember.objects.bulk_create(AudienceMember(audience=audience, prospect=person) for person in people)
    items = [{"source": "company_news", "keywords": [keyword]}]
    return audience, SignalSpecification.objects.create(group=group, name=name, items=items)


def _scan(audience: Any, specification: Any, ideal: float) -> str:
    """Its cells."""
    from django.db import transaction

    from accounts.requester import Requester
    from jobs import lifecycle, working
    from scans.actions.scans import start_scan
    from scans.execution import execute

    by = Requester.command("bench", audience.group)
    with transaction.atomic():
        scan = start_scan(
            group=audience.group, by=by, signal_specification_id=specification.pk, audience_id=audience.pk
        )  # fmt: skip
    begun, cpu, live = time.perf_counter(), time.process_time(), 0.0
    report = lifecycle.report

    def watched(lease: Any, **public: Any) -> None:
        nonlocal live
        report(lease, **public)
        if not live and public.get("prospects_evaluated", 0) >= COMPANIES - COMPANIES // EVERY:
            live = time.perf_counter() - begun

    lifecycle.report = watched
    try:
        working.run("signal_scan", scan.pk, execute)
    finally:
        lifecycle.report = report
    took, spent = time.perf_counter() - begun, time.process_time() - cpu
    scan.refresh_from_db()
    assert scan.status == "completed", scan.error_message
    counts = (scan.prospects_evaluated, scan.prospects_failed, scan.found, scan.kept)
    numbers = " | ".join(f"{count:,}" for count in counts)
    return f"{took:.1f} | {spent:.1f} | {numbers} | {(live or took) / ideal:.2f}"
