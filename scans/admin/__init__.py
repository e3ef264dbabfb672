"""Staff pages of signal scans. Deeds call the actions that the API calls."""

from scans.admin import findings, home, leads, monitors, scans, signals, sources, specifications

__all__ = ["findings", "home", "leads", "monitors", "scans", "signals", "sources", "specifications"]
