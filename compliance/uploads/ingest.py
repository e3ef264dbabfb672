"""One received file becomes records.parquet, a list of rejects and a profile."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from compliance.uploads.kinds import FileKind, packed_kind
from compliance.uploads.parquet import read_parquet
from compliance.uploads.profile import Profile
from compliance.uploads.raw import Raw, Watch
from compliance.uploads.recognise import derived_columns, suggest_mapping
from compliance.uploads.session import locked_down
from compliance.uploads.survey import Survey
from compliance.uploads.text import read_text
from compliance.uploads.typed import Draft, drafts, finished, records, write_records
from compliance.uploads.workbook import read_workbook
from tabular.limits import Limits

SAMPLE_ROWS = 5
FIRST_PASS = 0.6
"""Its share of the time an ingest takes, about."""
SURVEYED = 0.8


@dataclass(frozen=True, slots=True)
class Ingested:
    """`row_count` accepted and `rejected_rows` set-aside records; first records as {header: text}."""

    row_count: int
    rejected_rows: int
    profile: Profile
    sample_rows: list[dict[str, str | None]]


def ingest(
    source: Path,
    *,
    target: Path,
    rejects: Path,
    limits: Limits | None = None,
    original_name: str | None = None,
    watch: Watch | None = None,
) -> Ingested:
    """Reads the file at `source`, of any FileKind, into `target` (Parquet) and `rejects` (JSON lines).

    Two passes in bounded memory: text into a plain Parquet file, then DuckDB types all columns. The files
    appear only when all went well. Raises UploadError, each subclass a reason with a message for the sender.
    """
    limits, watch = limits or Limits(), watch or Watch()
    scratch = Path(tempfile.mkdtemp(prefix=".ingest-", dir=target.parent))
    try:
        with ThreadPoolExecutor(1) as side:
            digest = side.submit(_sha256, source)
            first = Watch(lambda share: watch.advance(FIRST_PASS * share), watch.opened)
            raw = _read(source, scratch, limits, first)
            drafted, warnings, samples = _type(raw, scratch, limits, watch)
            sha256 = digest.result()
        columns = finished(drafted, scratch / "records.parquet", raw.accepted)
        suggestion = suggest_mapping(columns)
        profile = Profile(
            columns=columns,
            encoding=raw.encoding,
            delimiter=raw.delimiter,
            sha256=sha256,
            size=source.stat().st_size,
            detected_dataset=suggestion.dataset,
            suggested_mapping=suggestion.mapping,
            mapping_confidence=suggestion.confidence,
            overall_confidence=suggestion.overall,
            warnings=(*raw.warnings, *_rejected_warning(raw), *warnings),
            original_name=original_name,
            kind=raw.kind,
            sheet=raw.sheet,
        )
        (scratch / "rejects.jsonl").replace(rejects)
        (scratch / "records.parquet").replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Ingested(raw.accepted, raw.rejected, profile, samples)


def _sha256(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(source: Path, scratch: Path, limits: Limits, watch: Watch) -> Raw:
    """The first pass: raw files and rejects.jsonl."""
    match packed_kind(source):
        case FileKind.XLSX:
            return read_workbook(source, scratch, limits, watch)
        case FileKind.PARQUET:
            return read_parquet(source, scratch, limits, watch)
    return read_text(source, scratch, limits, watch)


def _type(
    raw: Raw, scratch: Path, limits: Limits, watch: Watch
) -> tuple[list[Draft], list[str], list[dict[str, str | None]]]:
    """The second pass: records.parquet, and the columns as they were decided."""
    columns = drafts(raw.names, derived_columns(raw.names), raw.padded, raw.exact)
    with locked_down(scratch, limits) as db:
        watch.opened(db)
        db.execute(f"CREATE VIEW raw AS FROM {raw.view()}")
        survey = Survey(db, columns)
        survey.decide()
        watch.advance(SURVEYED)
        write_records(db, columns, scratch / "records.parquet")
        rows = db.execute(f"FROM {records(columns, limit=SAMPLE_ROWS)}").fetchall()
    names = [draft.name for draft in columns]
    samples = [dict(zip(names, row[1:], strict=True)) for row in rows]
    return columns, survey.warnings, samples


def _rejected_warning(raw: Raw) -> list[str]:
    if not raw.rejected:
        return []
    return [f"{raw.rejected:,} rows could not be read and were set aside; the list of rejects names each."]
