"""The offline steps of enrichment over many prospects: everything that follows from what an import brought."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from benchmarks.system import System

PROSPECTS = 20_000
COMPANIES = 2_000
ROUNDS = 3
TITLE = "Enrichment"
_FIRST = ["Anna", "Jörg", "María José", "Jean-Luc", "Li", "Priya", "Tom", "Zoë", "Ömer", "Ingrid"]
_LAST = ["Schmidt", "von der Leyen", "García López", "O'Neill", "de la Fontaine", "Wang", "Patel", "Brown", "Weiß"]
_PLACES = ["Berlin, Germany", "Austin, TX", "Lyon, France", "Munich, Bavaria, Germany", "London, United Kingdom", ""]
_RANKS = ["Head of", "Director of", "Senior", "VP", "Junior", "Leiter", "Responsable", "Jefe de"]
_WORK = ["Sales", "Marketing", "Software Engineering", "Vertrieb", "Einkauf", "Ventas", "Data Science", "People"]


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    measured = [_measure(seed) for seed in range(ROUNDS)]
    rates = sorted(PROSPECTS / wall for wall, _ in measured)
    of_core = sorted(PROSPECTS / busy for _, busy in measured)
    return "\n".join([
        f"{PROSPECTS:,} prospects at {COMPANIES:,} companies, as an import leaves them, in batches of 500: names,",
        "places, numbers, addresses, titles and company domains are concluded and written with their provenance.",
        f"No network. Median of {ROUNDS} (least to most); the second row counts the seconds our process was busy,",
        "without the database's.", "", "| what | prospects a second |", "|---|---|",
        f"| from the first read to the last commit | {_written(rates)} |", f"| by a busy core | {_written(of_core)} |",
    ])  # fmt: skip


def _written(rates: list[float]) -> str:
    return f"{rates[len(rates) // 2]:,.0f} ({rates[0]:,.0f}-{rates[-1]:,.0f})"


def _measure(seed: int) -> tuple[float, float]:
    """(seconds on the wall, seconds our process was busy)"""
    from django.conf import settings

    from prospecting.enrichment.enrich import enrich_batch

    settings.ENRICHMENT_SITES = settings.ENRICHMENT_MX = False
    job, work, ids = _running(seed)
    begun, busy = time.perf_counter(), time.process_time()
    for start in range(0, len(ids), 500):
        outcome = enrich_batch(
            job.group, ids[start : start + 500], job=job, search_emails=False, provider=None, work=work
        )  # fmt: skip
        assert outcome.done == 500, outcome
    return time.perf_counter() - begun, time.process_time() - busy


def _running(seed: int) -> tuple[Any, Any, list[str]]:
    """A job that is being worked on, and the prospects it brought."""
    from accounts.actions import create_group
    from accounts.audit import Actor
    from jobs import kinds, lifecycle
    from jobs.working import Work
    from prospecting.enums import JobSource
    from prospecting.models import Audience, Prospect, ProspectingJob

    group = create_group(name=f"Enrichment {seed}", actor=Actor("command:bench"))
    audience = Audience.objects.create(group=group, name="Bench")
    job = ProspectingJob(group=group, source=JobSource.RECORDS, audience=audience)
    # Not published: the worker of the system would take it.
    job.status = "queued"
    job.save(force_insert=True)
    lease = lifecycle.claim(kinds.of(job), job.pk, worker="bench")
    assert lease is not None
    job.refresh_from_db()
    people = [
        Prospect(group=group, **_fields(random.Random(seed * PROSPECTS + number), number))
        for number in range(PROSPECTS)
    ]
    Prospect.objects.bulk_create(people, batch_size=5000)
    return job, Work(lease, time_limit=3600), sorted(person.pk for person in people)


def _fields(chance: random.Random, number: int) -> dict[str, Any]:
    said = {
        "name": f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
        "email": f"person{number}@company{number % COMPANIES}.com",
        "title": f"{chance.choice(_RANKS)} {chance.choice(_WORK)} {number % 500}",
        "location": chance.choice(_PLACES),
        "phone": f"+4930{number + 1_000_000}" if number % 3 else "",
    }
    origin = {"origin": "import", "at": "2026-01-01T00:00:00+00:00", "confidence": 1.0}
    return {**said, "provenance": {name: origin for name, value in said.items() if value}}
