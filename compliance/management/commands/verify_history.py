"""manage.py verify_history [--scan ID | --group ID]"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from accounts import audit
from accounts.management.groups import known_group
from accounts.models import AuditEntry
from compliance.actions.verifying import verify_scan
from compliance.models import ComplianceScan
from terminal.command import OperatorCommand, Refused, Wrong
from web.identifiers import read_uuid


class Command(OperatorCommand):
    help = (
        "Compute every score history again, from the result digest on, and the chain of the audit log. Deleted scans "
        "are checked, too. The first broken step of each is named."
    )
    examples = ("", "--scan 73b560a8-031b-4156-abb6-1e90dd5ac5f4", "--group 507f1f77bcf86cd799439011")
    codes = "exit codes: 0 all is sound; 1 something was altered; 2 there is no such scan or group."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--scan", metavar="ID", help="of one scan; its group's audit log is not looked at")
        which.add_argument("--group", metavar="ID", help="of one account group")

    def handle(self, *, scan: str | None, group: str | None, **options: Any) -> None:
        scans = self._scans(_scans(scan, group))
        logs = self._logs([] if scan else [group] if group else _chains())
        lines = [
            f"Checked {scans['checked']:,} scans with {scans['steps']:,} steps of history; the scores of "
            f"{scans['derived']:,} were computed again."
        ]
        if scan is None:
            lines.append(f"Checked {logs['checked']:,} audit logs.")
        self.console.show({"scans": scans, "audit_logs": logs}, *lines)
        if broken := len(scans["broken"]) + len(logs["broken"]):
            raise Wrong(f"Broken: {broken}.")

    def _scans(self, scans: Any) -> dict[str, Any]:
        """What was found; each fault is told at once."""
        checked = steps = derived = 0
        total, broken = scans.count(), []
        with self.console.bars() as bars:
            for scan in scans.iterator(chunk_size=100):
                verdict = verify_scan(scan)
                checked, steps, derived = checked + 1, steps + verdict.steps, derived + verdict.derived
                bars.draw("Scans", min(1.0, checked / total), f"{checked:,} of {total:,}")
                if verdict.fault:
                    broken.append({"scan_id": str(scan.pk), "fault": verdict.fault})
                    self.console.note(f"scan {scan.pk}: {verdict.fault}")
        return {"checked": checked, "steps": steps, "derived": derived, "broken": broken}

    def _logs(self, chains: Sequence[str]) -> dict[str, Any]:
        broken = []
        for chain in chains:
            if (number := audit.verify(chain)) is not None:
                fault = f"entry {number} was altered or is gone"
                broken.append({"group": chain, "fault": fault})
                self.console.note(f"audit log of {chain or 'the installation'}: {fault}")
        return {"checked": len(chains), "broken": broken}


def _scans(scan: str | None, group: str | None) -> Any:
    """The scans to check, oldest first."""
    scans = ComplianceScan.objects.completed().select_related("policy_version").order_by("created_at", "pk")
    if scan is not None:
        scan_id = read_uuid(scan)
        if scan_id is None or not (scans := scans.filter(pk=scan_id)).exists():
            raise Refused(f"There is no completed scan {scan}.")
    if group is not None:
        scans = scans.filter(group=known_group(group))
    return scans


def _chains() -> list[str]:
    return list(AuditEntry.objects.order_by("chain").values_list("chain", flat=True).distinct())
