"""What signal scans refuse, by name."""

from __future__ import annotations

from jobs.errors import NotCancellable
from web.errors import Conflict, NotFound


class SignalScanNotFound(NotFound):
    message = "Signal scan not found"


class SpecificationNotFound(NotFound):
    message = "Signal specification not found"


class MonitorNotFound(NotFound):
    message = "Monitor not found"


class SpecificationInUse(Conflict):
    message = "A scan that is not over, or a monitor, uses this specification. End or delete that first."


class NobodyLeft(Conflict):
    message = "None of the prospects this scan was asked for is in its audience any more. Start a scan of the audience."


class FindingsDeleted(Conflict):
    message = "What this scan found was deleted because of its age; its counts stay. A new scan tells what is new."


class ScanOver(NotCancellable):
    """As v1 names it: only queued and running scans can be cancelled."""

    code = "VALIDATION_ERROR"
    message = "Only queued or running scans can be cancelled; this one is over."
