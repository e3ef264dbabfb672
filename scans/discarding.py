"""What a signal scan that ended without results leaves behind, and who clears it.

The rows of a scan belong to no attempt: the next one goes on from them. So they are cleared only when there will be
no next one, which is when the scan has failed or was cancelled.
"""

from __future__ import annotations

from jobs.enums import WITHOUT_RESULTS, Status
from scans.models import Finding, ScanCompany, ScanProspect, SignalScan


def discard(scan_id: str, keep_attempt: int | None) -> None:
    """jobs.kinds.Kind.discard"""
    if SignalScan.objects.filter(pk=scan_id, status__in=WITHOUT_RESULTS).exists():
        for rows in (Finding, ScanCompany, ScanProspect):
            rows.objects.filter(scan=scan_id).delete()


def fell(scan_id: str, status: Status, message: str) -> None:
    """jobs.kinds.Kind.fell: one that waited for its next attempt may have rows, whatever was said when it was left."""
    SignalScan.objects.filter(pk=scan_id, drawn_up=True).update(leftovers=True)
