"""What a run of the engine gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


class RuleState(StrEnum):
    COMPLETED = "completed"
    NOT_APPLICABLE = "not_applicable"  # no record had what the rule needs
    ERROR = "error"  # the engine could not run it; the others went on


@dataclass(frozen=True)
class RuleResult:
    """How one rule fared. `evaluated` + `not_evaluated` = record_count; `seconds` are its stage's."""

    rule_id: str
    state: RuleState
    reason: str | None
    findings: int
    violations: int
    evaluated: int
    not_evaluated: int
    seconds: float
    stage: str
    short_history: bool = False


@dataclass(frozen=True)
class StageDone:
    """A stage ended; `rules_processed` of `rules_total` rules are through."""

    stage: str
    rule_ids: tuple[str, ...]
    rules_processed: int
    rules_total: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """The result of a run.

    `findings`: Parquet, one row a finding, sorted by rule_id then key: rule_id, key, account,
    value DECIMAL(38,6), first_us, last_us, amount DECIMAL(38,4), rows LIST<BIGINT>.
    `evidence`: Parquet, sorted by rule_id, account, record: rule_id, account, record (16 hex digits of the
    content hash of a record), copies (how many such records prove the violation).
    `coverage`: share (0..1, four places) of rule x record pairs that could be evaluated.
    `result_digest`: SHA-256 over all finding keys; the same inputs give the same digest.
    """

    findings: Path
    violations_file: Path
    evidence: Path
    rule_results: tuple[RuleResult, ...]
    record_count: int
    finding_count: int
    violation_count: int
    coverage: Decimal
    result_digest: str
    engine: str
    engine_version: str

    def violations(self, batch_rows: int = 10_000) -> Iterator[Any]:
        """Violations as pyarrow RecordBatches of up to `batch_rows`, in order of rule_id, then account.

        Columns: rule_id, account, finding_count, first_us, last_us, amount DECIMAL(38,4) (sum over its
        findings), actual_value DECIMAL(38,6) (the largest finding value; the smallest for < and <= rules),
        transaction_type (of the earliest evidence record), sample (JSON text: up to five evidence records
        `{"row": n, "values": {header: text or null}}`, earliest first). Readable again and again while the
        scratch folder stands.
        """
        with pq.ParquetFile(self.violations_file) as file:
            yield from file.iter_batches(batch_size=batch_rows)
