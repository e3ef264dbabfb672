"""What signal scans refuse, by name."""

from __future__ import annotations

from web.errors import NotFound


class SignalScanNotFound(NotFound):
    message = "Signal scan not found"


class SpecificationNotFound(NotFound):
    message = "Signal specification not found"


class MonitorNotFound(NotFound):
    message = "Monitor not found"
