"""Scans that a provider runs for us elsewhere. None is attached to any scan yet."""

from __future__ import annotations

from scans.models import SignalScan


def stop(scan: SignalScan) -> None:
    """Tell the provider to stop what it runs for `scan`; nothing to do when it runs nothing.

    To be called outside any transaction. web.errors.UpstreamError when the provider refuses or is away.
    """
