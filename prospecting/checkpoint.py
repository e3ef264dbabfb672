"""Where a prospecting job stands: what each batch commits together with its rows. Pure.

Kept in one column beside the public counts, which follow it at most once a second and whenever a stage or the job
ends: so a lost worker costs nothing, and a status does not change with every batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from jobs.enums import Status
from prospecting.stages import Counts, Stages

_PLACE = ("line", "cursor", "last_prospect")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`line` of the last input consumed, `cursor` after the last page of a provider, the last prospect enriched; all
    the other fields are the columns of the job that have these names.
    """

    line: int = 0
    cursor: str = ""
    last_prospect: str = ""
    import_total: int | None = None
    import_done: int = 0
    import_failed: int = 0
    import_skipped: int = 0
    enrichment_total: int | None = None
    enrichment_done: int = 0
    enrichment_failed: int = 0
    enrichment_skipped: int = 0
    emails_found: int = 0

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Checkpoint:
        """From the column; of a job that has not begun it holds the total, if that."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    def moved(self, **places: Any) -> Checkpoint:
        return replace(self, **places)

    def imported(self, *, done: int, failed: int, skipped: int) -> Checkpoint:
        return replace(
            self, import_done=self.import_done + done, import_failed=self.import_failed + failed,
            import_skipped=self.import_skipped + skipped,
        )  # fmt: skip

    def enriched(self, *, done: int, failed: int, skipped: int, emails: int = 0) -> Checkpoint:
        return replace(
            self, enrichment_done=self.enrichment_done + done, enrichment_failed=self.enrichment_failed + failed,
            enrichment_skipped=self.enrichment_skipped + skipped, emails_found=self.emails_found + emails,
        )  # fmt: skip

    @property
    def import_counts(self) -> Counts:
        return Counts(self.import_total, self.import_done, self.import_failed, self.import_skipped)

    @property
    def enrichment_counts(self) -> Counts:
        return Counts(self.enrichment_total, self.enrichment_done, self.enrichment_failed, self.enrichment_skipped)

    @property
    def spent(self) -> int:
        """Credits: one for each prospect newly imported, one for each e-mail address found."""
        return self.import_done + self.emails_found

    def public(self, *, expected: int | None) -> dict[str, Any]:
        """The columns that partners see. `expected`: how many inputs there may be where the total is not known."""
        counts = {name: value for name, value in self.kept().items() if name not in _PLACE}
        stages = Stages.of(Status.RUNNING, replace(self.import_counts, expected=expected), self.enrichment_counts)
        return {**counts, "credits_spent": self.spent, "progress": stages.progress}
