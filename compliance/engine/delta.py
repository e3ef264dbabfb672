"""What changed between two scans of one policy, counted by signature (rule_id, account)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Delta:
    """Counts that always add up; raises ValueError when they cannot."""

    violation_count: int
    previous_violation_count: int
    unchanged_count: int

    def __post_init__(self) -> None:
        if not 0 <= self.unchanged_count <= min(self.violation_count, self.previous_violation_count):
            raise ValueError(
                f"{self.unchanged_count} unchanged of {self.violation_count} now "
                f"and {self.previous_violation_count} before"
            )

    @property
    def new_count(self) -> int:
        return self.violation_count - self.unchanged_count

    @property
    def resolved_count(self) -> int:
        return self.previous_violation_count - self.unchanged_count
