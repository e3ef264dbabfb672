"""manage.py verify_history [--scan ID | --group ID]"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from accounts.models import AccountGroup, AuditEntry
from compliance.actions.verifying import verify_scan
from compliance.models import ComplianceScan
from web.identifiers import read_uuid


class Command(BaseCommand):
    help = (
        "Compute every score history again, from the result digest on, and the chain of the audit log. Deleted scans "
        "are checked, too. Exit code 1 when something was altered; the first broken step of each is named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--scan", help="id of one scan; its account group's audit log is not looked at")
        which.add_argument("--group", help="id of one account group")

    def handle(self, *args: Any, scan: str | None, group: str | None, **options: Any) -> None:
        broken = self._scans(_scans(scan, group))
        if scan is None:
            broken += self._audit_logs([group] if group else _chains())
        if broken:
            self.stderr.write(f"Broken: {broken}.")
            sys.exit(1)

    def _scans(self, scans: Iterable[ComplianceScan]) -> int:
        checked = steps = derived = broken = 0
        for scan in scans:
            verdict = verify_scan(scan)
            checked, steps, derived = checked + 1, steps + verdict.steps, derived + verdict.derived
            if verdict.fault:
                broken += 1
                self.stderr.write(f"scan {scan.pk}: {verdict.fault}")
        self.stdout.write(
            f"Checked {checked:,} scans with {steps:,} steps of history; the scores of {derived:,} were computed again."
        )
        return broken

    def _audit_logs(self, chains: Iterable[str]) -> int:
        checked = broken = 0
        for chain in chains:
            checked += 1
            if (number := audit.verify(chain)) is not None:
                broken += 1
                self.stderr.write(f"audit log of {chain or 'the installation'}: entry {number} was altered or is gone")
        self.stdout.write(f"Checked {checked:,} audit logs.")
        return broken


def _scans(scan: str | None, group: str | None) -> Iterable[ComplianceScan]:
    scans = ComplianceScan.objects.completed().select_related("policy_version").order_by("created_at", "pk")
    if scan is not None:
        scan_id = read_uuid(scan)
        if scan_id is None or not (scans := scans.filter(pk=scan_id)).exists():
            raise CommandError(f"There is no completed scan {scan}.")
    if group is not None:
        if not AccountGroup.objects.filter(pk=group).exists():
            raise CommandError(f"There is no account group {group}.")
        scans = scans.filter(group_id=group)
    return scans.iterator(chunk_size=100)


def _chains() -> Iterable[str]:
    return list(AuditEntry.objects.order_by("chain").values_list("chain", flat=True).distinct())
