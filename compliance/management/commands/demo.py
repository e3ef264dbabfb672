"""`make demo`: the main job end to end, over HTTP and with a real worker, on a made-up ledger whose truth is known."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from accounts.actions import create_group, issue_key
from accounts.audit import Actor
from compliance.demo.client import Partner
from compliance.demo.ledger import Truth, write_ledger
from config import processes

PERMISSIONS = ("compliance:read", "compliance:write", "compliance:review")
LOGIN = "demo"


class Command(BaseCommand):
    help = "Upload two months of a made-up ledger, scan both, and compare what was found with what was planted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="Another seed, another ledger.")
        parser.add_argument("--records", type=int, default=50_000, help="Records a month.")

    def handle(self, *, seed: int, records: int, **options: Any) -> None:
        begun = time.monotonic()
        with self._step("Database"):
            call_command("migrate", verbosity=0)
        key = self._new_key(seed)
        wrong = 0
        with self._system() as address, Partner(address, key) as partner, tempfile.TemporaryDirectory() as folder:
            with self._step("Policy from the AML pack"):
                policy = partner.policy_from_pack("aml")
            for month in (1, 2):
                self.stdout.write(self.style.MIGRATE_HEADING(f"\nMonth {month}"))
                truth, scan = self._month(partner, policy, Path(folder), seed, month, records)
                self._show(scan)
                wrong += self._compare(truth, list(partner.violations(scan["id"])))
        self.stdout.write(f"\nAll of it took {time.monotonic() - begun:.1f} s.")
        if wrong:
            raise CommandError(f"{wrong} differences between what was planted and what was found.")
        self._say_how_to_look()

    def _month(
        self, partner: Partner, policy: str, folder: Path, seed: int, month: int, records: int
    ) -> tuple[Truth, dict[str, Any]]:
        path = folder / f"ledger-{seed}-month-{month}.csv"
        with self._step(f"Ledger of {records:,} records made up"):
            truth = write_ledger(path, seed=seed, month=month, records=records)
        with self._step(f"Uploaded, {path.stat().st_size / 1e6:.1f} MB"):
            upload = partner.upload(path)
        with self._step(f"Mapped as {upload['detected_dataset']}"):
            mapping = partner.confirm(upload)
        seen: list[int] = []
        with self._step("Scanned by the worker"):
            name = f"Month {month}"
            scan = partner.scan(policy, upload["upload_id"], mapping, name, lambda done, _: seen.append(done))
        if scan["status"] != "completed":
            raise CommandError(f"The scan {scan['status']}: {scan['error']}")
        self.stdout.write(f"  rules done as seen while it ran: {', '.join(map(str, seen))} of {scan['rules_total']}")
        return truth, scan

    def _show(self, scan: dict[str, Any]) -> None:
        summary = scan["review_summary"]
        severities = ", ".join(f"{count} {name}" for name, count in summary["by_severity"].items() if count)
        score, count = scan["compliance_score"], scan["violation_count"]
        self.stdout.write(f"  score {score} of 100, {count:,} violations: {severities}")
        for result in sorted(scan["rule_results"], key=lambda result: -result["violations"]):
            counts = f"{result['violations']:>7,} accounts  {result['findings']:>7,} findings"
            self.stdout.write(f"    {result['rule_id']:<30}{counts}  {result['seconds']:.3f} s")
        delta = scan["delta"]
        if delta:
            self.stdout.write(
                f"  since the scan before: {delta['new_count']} new, {delta['resolved_count']} resolved, "
                f"{delta['unchanged_count']} unchanged ({delta['previous_violation_count']} before)"
            )

    def _compare(self, truth: Truth, violations: list[dict[str, Any]]) -> int:
        """Both ways: everything planted is found, nothing else is. Returns the number of differences."""
        found = {(violation["rule_id"], violation["account"]) for violation in violations}
        missed, unplanted = truth.violations - found, found - truth.violations
        fooled = [case for case in truth.near_misses if (case.rule_id, case.account) in found]
        self.stdout.write(
            f"  truth: {len(truth.stories):,} stories planted; {len(truth.violations) - len(missed):,} of their "
            f"{len(truth.violations):,} violations found, "
            f"{len(unplanted)} found that were not planted, "
            f"{len(truth.near_misses) - len(fooled):,} of {len(truth.near_misses):,} near misses left alone"
        )
        for rule_id, account in sorted(missed)[:10]:
            self.stderr.write(f"  missed: {rule_id} on {account}")
        for rule_id, account in sorted(unplanted)[:10]:
            self.stderr.write(f"  not planted: {rule_id} on {account}")
        return len(missed) + len(unplanted) + (len(violations) - len(found))

    def _new_key(self, seed: int) -> str:
        actor = Actor("command:demo")
        group = create_group(name=f"Demo, seed {seed}", actor=actor)
        _, key = issue_key(groups=[group], permissions=PERMISSIONS, name="demo", actor=actor)
        return key

    @contextmanager
    def _system(self) -> Iterator[str]:
        """The address of a web server with a worker behind it, for as long as the demo runs."""
        port = processes.free_port()
        address = f"http://127.0.0.1:{port}"
        commands = (processes.web(port), processes.worker())
        with tempfile.TemporaryFile() as log, processes.running(*commands, log=log) as (web, _):
            with self._step("Web server and worker started"):
                processes.wait_until_served(f"{address}/readyz", web, seconds=20)
            yield address

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.stdout.write(f"  {time.monotonic() - begun:6.2f} s  {name}")

    def _say_how_to_look(self) -> None:
        port = os.environ.get("PORT", "8000")
        self.stdout.write(f"\nTo look at it: make run, then http://127.0.0.1:{port}/admin/")
        if "SCANWARD_LOCAL" not in os.environ:
            self.stdout.write("  log in with a user of yours (manage.py createsuperuser makes one)")
            return
        password = secrets.token_urlsafe(9)
        user, _ = get_user_model().objects.get_or_create(
            username=LOGIN, defaults={"is_staff": True, "is_superuser": True}
        )
        user.set_password(password)
        user.save(update_fields=["password"])
        self.stdout.write(f"  log in as {LOGIN} with the password {password} (new with every demo)")
