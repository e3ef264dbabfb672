"""What a writer of an export works with: the scan as it stands, and the ears of the job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from compliance.exports.rows import Row, counted, rows_of
from compliance.models import ComplianceScan, ScoreEvent


@dataclass
class Material:
    """`scan` completed, with its policy version and upload; `scratch` a folder; `on_rows` hears of rows written."""

    scan: ComplianceScan
    scratch: Path
    on_rows: Callable[[int], None] = lambda _: None
    include_input: bool = False

    def rows(self, *, evidence: bool = False) -> Iterator[Row]:
        """Every violation, in the order of their ids."""
        return counted(rows_of(self.scan, evidence=evidence), self.on_rows)

    @property
    def completed_at(self) -> datetime:
        if self.scan.completed_at is None:
            raise ValueError("only a completed scan has anything to export")
        return self.scan.completed_at

    @cached_property
    def history(self) -> list[ScoreEvent]:
        return list(self.scan.score_events.order_by("sequence"))

    @cached_property
    def rules(self) -> dict[str, dict[str, Any]]:
        """The active rules by id, as they stood."""
        return {rule["rule_id"]: rule for rule in self.scan.policy_version.active_rules}
