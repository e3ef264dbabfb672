"""Which rows of signal scans a caller may see or a job needs. Nothing outside reads `.objects` unscoped."""

from __future__ import annotations

from jobs.queries import JobQuerySet


class SignalScanQuerySet(JobQuerySet):
    pass
