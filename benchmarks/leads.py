"""Import of 100,000 leads from CSV, matched and de-duplicated, beside reading the same file and a bare COPY of it.

In this process, against the real database: a new account group each time, batches as a worker stores them.
"""

from __future__ import annotations

import csv
import random
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.memory import own_peak
from benchmarks.scans import spread
from benchmarks.system import System

TITLE = "Import of leads"
LEADS, RUNS = 100_000, 5
FEW = 10_000
MIB = 2**20
HEADER = ("First Name", "Last Name", "Work Email", "Company", "Company Domain", "Job Title", "Phone", "Country",
          "LinkedIn URL")  # fmt: skip
_FIRST = ("Anna", "Ben", "Chloé", "David", "Elif", "Fatima", "Goran", "Hana", "Igor", "Jürgen", "Katarzyna", "Liam")
_LAST = ("Müller", "Smith", "García", "Rossi", "Nowak", "Dubois", "Jansen", "Yılmaz", "Novák", "Silva", "Kowalski")
_TITLES = ("CTO", "VP of Sales", "Head of Marketing", "Software Engineer", "Geschäftsführer", "Account Executive")
_COUNTRIES = ("Germany", "France", "US", "United Kingdom", "Polen", "España")


def write_leads(path: Path, leads: int, seed: int) -> None:
    """Five people a company on average, 5 % of the rows a second time, 2 % with a broken address, a third with a
    telephone number, two thirds with a profile.
    """
    dice = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        rows: list[tuple[str, ...]] = []
        for number in range(leads):
            again = rows and dice.random() < 0.05
            row = dice.choice(rows[-5_000:]) if again else _lead(dice, number, leads)
            rows = [*rows[-5_000:], row] if len(rows) > 10_000 else rows
            rows.append(row)
            writer.writerow(row)


def _lead(dice: random.Random, number: int, leads: int) -> tuple[str, ...]:
    first, last = dice.choice(_FIRST), f"{dice.choice(_LAST)}-{dice.choice(_LAST)}"
    company = int(leads / 5 * dice.random() ** 1.3)
    address = f"p{number}@company{company}.com" if dice.random() > 0.02 else f"p{number}(at)company{company}.com"
    phone = f"+49 30 {dice.randrange(10**6, 10**7)}" if dice.random() < 0.33 else ""
    profile = f"https://www.linkedin.com/in/person-{number}/" if dice.random() < 0.67 else ""
    return (first, last, address, f"Company {company} GmbH", f"company{company}.com", dice.choice(_TITLES), phone,
            dice.choice(_COUNTRIES), profile)  # fmt: skip


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    few, many = folder / "few.csv", folder / "leads.csv"
    write_leads(few, FEW, 1)
    write_leads(many, LEADS, 1)
    imported(few)
    base = own_peak()
    seconds: dict[str, list[float]] = {"import": [], "the same again": [], "read": [], "COPY": []}
    for _ in range(RUNS):
        group, job = received(many)
        seconds["import"].append(timed(lambda group=group, job=job: imported_by(group, job)))
        seconds["read"].append(timed(lambda: read(many)))
        seconds["COPY"].append(timed(lambda: copied(many)))
    again = received(many, group)[1]
    seconds["the same again"].append(timed(lambda: imported_by(group, again)))
    grown = own_peak() - base
    rows = [
        f"| {name} | {spread(times)} | {LEADS / statistics.median(times):,.0f} |" for name, times in seconds.items()
    ]
    return "\n".join([
        f"{LEADS:,} leads ({many.stat().st_size / 1e6:.0f} MB of CSV), {RUNS} runs.",
        f"Memory grew by {grown / MIB:.0f} MiB over that of importing {FEW:,}.", "",
        "| what | seconds (min to max) | leads a second |", "|---|---|---|", *rows,
    ])  # fmt: skip


def timed(action: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def imported(path: Path) -> None:
    imported_by(*received(path))


def received(path: Path, group: Any = None) -> tuple[Any, Any]:
    """A group and a job that will import the file."""
    from accounts.actions import create_group
    from accounts.audit import Actor
    from accounts.requester import Requester
    from prospecting.actions.lead_files import receive_file
    from prospecting.importing import headers
    from prospecting.models import Audience, ProspectingJob

    group = group or create_group(name="Leads", actor=Actor("command:bench"))
    file, _ = receive_file(group=group, by=Requester.command("bench", group), path=path, name=path.name)
    job = ProspectingJob.objects.create(
        group=group, audience=Audience.objects.create(group=group, name="Leads"), source="file_upload",
        params={"file_id": file.pk, "mapping": headers.check(file.headers, {})},
    )  # fmt: skip
    job.refresh_from_db()
    return group, job


def imported_by(group: Any, job: Any) -> Any:
    """Everything the job's file holds, in the batches of a worker; who came of it."""
    from django.conf import settings
    from django.db import transaction

    from prospecting.importing.batches import store
    from prospecting.importing.reading import open_leads

    leads = open_leads(job)
    outcomes = []
    while batch := list(islice(leads, settings.IMPORT_BATCH_ROWS)):
        with transaction.atomic():
            outcome = store(group, job, batch)
        outcomes.append((outcome.imported, outcome.duplicates, outcome.failed))
    return [sum(column) for column in zip(*outcomes, strict=True)]


def read(path: Path) -> int:
    return sum(1 for _ in _rows(path))


def copied(path: Path) -> None:
    """Into a table of nothing but text."""
    from django.db import connection

    columns = ", ".join(f"c{place} text" for place in range(len(HEADER)))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_leads")
        cursor.execute(f"CREATE TABLE bench_leads ({columns})")
        with cursor.copy("COPY bench_leads FROM STDIN") as target:
            for row in _rows(path):
                target.write_row(list(row.values()))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
