"""`make demo`, second half: leads imported, companies' sites read, signals found, over HTTP with a real worker."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from accounts import credits
from accounts.actions import create_group, issue_key
from accounts.audit import Actor
from accounts.requester import Requester
from config import processes
from scans.demo import story
from scans.demo.partner import Partner
from scans.demo.world import World, running

PERMISSIONS = (
    "prospecting:read", "prospecting:write", "prospects:read", "audiences:read", "templates:read", "templates:write",
    "signals:read", "signals:write",
)  # fmt: skip
CREDITS = 1000
SHOWN = 5  # signals of a scan


class Command(BaseCommand):
    help = "Import a bundled list of leads, read their companies' local sites, and scan twice for what happens there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="Another seed, another turn of events.")

    def handle(self, *, seed: int, **options: Any) -> None:
        begun = time.monotonic()
        self.stdout.write(self.style.MIGRATE_HEADING("\nSignals"))
        with self._step("Database"):
            call_command("migrate", verbosity=0)
        now = datetime.now(UTC)
        with running(World(story.companies(now))) as world, tempfile.TemporaryDirectory() as folder:
            group, key = self._new_key(seed)
            with self._system(world) as address, Partner(address, key, group) as partner:
                wrong = self._play(partner, world, Path(folder), seed)
        self.stdout.write(f"\nThis half took {time.monotonic() - begun:.1f} s.")
        if wrong:
            raise CommandError("; ".join(wrong))
        self.stdout.write(f"It is in the account group “Demo signals, seed {seed}” of the admin (make run).")

    def _play(self, partner: Partner, world: World, folder: Path, seed: int) -> list[str]:
        """What is not as planted; empty when all is well."""
        job = self._import(partner, world, folder)
        specification = partner.specify("Growth", story.SPECIFICATION)
        with self._step("First scan"):
            first = partner.scan(specification, job["audienceId"])
        before = self._show(partner, first)
        planted = story.go_on(world.companies, seed, datetime.now(UTC))
        self.stdout.write("  meanwhile: a Series B, two openings, and one acquisition that three sites tell")
        with self._step("Second scan"):
            second = partner.scan(specification, job["audienceId"])
        known = {signal["signalId"] for signal in before}
        new = [signal for signal in partner.signals(second["scanId"]) if signal["signalId"] not in known]
        self._tell("new in the second scan", new, len(new))
        return [*_import_faults(job), *_signal_faults(planted, new), *_count_faults(first), *_count_faults(second)]

    def _import(self, partner: Partner, world: World, folder: Path) -> dict[str, Any]:
        path = folder / "leads.csv"
        story.write_leads(path, world.base)
        with self._step("File of leads sent"):
            file = partner.send_file(path)
        self.stdout.write(f"  {file['rowCount']} rows; columns {_words(file['suggestedMapping'])}")
        with self._step("Imported and enriched"):
            job = partner.import_file(file["fileId"], "Forty companies")
        if job["status"] != "completed":
            raise CommandError(f"The prospecting job {job['status']}: {job['error']}")
        brought, filled = (job["stages"][name]["counts"] for name in ("import", "enrichment"))
        self.stdout.write(
            f"  {brought['done']} people new, {brought['skipped']} known already, {brought['failed']} rows refused;"
            f" {filled['done']} enriched; {job['creditsSpent']} credits spent"
        )
        for fault in partner.import_errors(job["jobId"]):
            self.stdout.write(f"    line {fault['line']}: {fault['reason']}")
        return job

    def _show(self, partner: Partner, scan: dict[str, Any]) -> list[dict[str, Any]]:
        if scan["status"] != "completed":
            raise CommandError(f"The signal scan {scan['status']}: {scan['error']}")
        counts = scan["counts"]
        self.stdout.write(
            f"  {counts['evaluated']} people looked at; {counts['found']} documents match: {counts['kept']} kept,"
            f" {counts['duplicate']} told again, {counts['belowScore']} below the score, {counts['stale']} too old,"
            f" {counts['excluded']} excluded"
        )
        signals = partner.signals(scan["scanId"])
        self._tell("the strongest", signals[:SHOWN], len(signals))
        return signals

    def _tell(self, name: str, signals: Sequence[dict[str, Any]], of: int) -> None:
        self.stdout.write(f"  {name} ({len(signals)} of {of}):")
        for signal in signals:
            self.stdout.write(f"    {signal['score']:>3}  {signal['companyName']}: {signal['title']}")
            self.stdout.write(f"         {signal['reasoning']}")
            self.stdout.write(f"         {', '.join(signal['sources'])}")

    def _new_key(self, seed: int) -> tuple[str, str]:
        """(the account group's id, a key that reaches it)"""
        name = f"Demo signals, seed {seed}"
        actor = Actor("command:demo")
        group = create_group(name=name, actor=actor)
        credits.grant(group, CREDITS, by=Requester.command("demo", group), note="demo")
        return group.pk, issue_key(groups=[group], permissions=PERMISSIONS, name="demo", actor=actor)[1]

    @contextmanager
    def _system(self, world: World) -> Iterator[str]:
        """The address of a web server with a worker behind it, who find job boards and sites in `world`."""
        port = processes.free_port()
        address = f"http://127.0.0.1:{port}"
        environment = {
            "OUTBOUND_HTTP": "true", "OUTBOUND_ALLOW": f"127.0.0.1:{world.port}", "SIGNAL_INTERVAL_LEAST": "0",
            "SIGNAL_INTERVAL_MOST": "0", "SIGNAL_REQUESTS_PER_HOST": "32", "GREENHOUSE_URL": world.base,
            "LEVER_URL": world.base, "ASHBY_URL": world.base,
        }  # fmt: skip
        commands = (processes.web(port), processes.worker())
        with (
            tempfile.TemporaryFile() as log,
            processes.running(*commands, environment=environment, log=log) as (web, _),
        ):
            with self._step("Web server and worker started"):
                processes.wait_until_served(f"{address}/readyz", web)
            yield address

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.stdout.write(f"  {time.monotonic() - begun:6.2f} s  {name}")


def _words(mapping: dict[str, str]) -> str:
    return ", ".join(f"{header} = {field}" for header, field in mapping.items())


def _import_faults(job: dict[str, Any]) -> Iterator[str]:
    counts, facts = job["stages"]["import"]["counts"], story.FACTS
    expected = {
        "total": facts["leads"], "done": facts["leads"] - facts["duplicates"] - facts["faulty"],
        "failed": facts["faulty"], "skipped": facts["duplicates"],
    }  # fmt: skip
    if counts != expected:
        yield f"the import counted {counts}, planted are {expected}"
    if job["creditsSpent"] != expected["done"]:
        yield f"{job['creditsSpent']} credits were spent on {expected['done']} new people"


def _signal_faults(planted: story.Planted, new: Sequence[dict[str, Any]]) -> Iterator[str]:
    found = {(signal["companyName"], signal["title"]) for signal in new}
    if missed := planted.new - found:
        yield f"planted and not found: {sorted(missed)}"
    if strange := found - planted.new:
        yield f"found as new and not planted: {sorted(strange)}"
    for signal in new:
        sources = 3 if (signal["companyName"], signal["title"]) == planted.told_thrice else 1
        if len(signal["sources"]) != sources:
            yield f"{signal['title']} has {len(signal['sources'])} sources instead of {sources}"


def _count_faults(scan: dict[str, Any]) -> Iterator[str]:
    counts = scan["counts"]
    if counts["prospects"] != counts["evaluated"] + counts["failed"] or counts["remaining"]:
        yield f"the people of a scan do not add up: {counts}"
    verdicts = ("kept", "duplicate", "belowScore", "stale", "excluded")
    if counts["found"] != sum(counts[name] for name in verdicts):
        yield f"the documents of a scan do not add up: {counts}"
