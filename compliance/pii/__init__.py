"""Looks for personal data in the records of an upload: advisory, on this machine, shown only masked."""

from compliance.pii.columns import ColumnReport, check_records
from compliance.pii.found import Found, Kind

__all__ = ["ColumnReport", "Found", "Kind", "check_records"]
