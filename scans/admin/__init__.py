"""Staff pages of signal scans. Deeds call the actions that the API calls."""

from scans.admin import findings, monitors, scans, signals, sources, specifications

__all__ = ["findings", "monitors", "scans", "signals", "sources", "specifications"]
