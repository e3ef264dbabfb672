"""How much one file may ask of the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one ingest; sizes in bytes of the decoded text unless said otherwise.

    `ratio` (decoded to received) is looked at only beyond `ratio_from`: small files may do as they like.
    `cell_chars` is what the csv module holds to as well (its default), `line_bytes` one physical line,
    `memory` and `temporary` what DuckDB may use (its own notation).
    """

    columns: int = 1_000
    decoded_bytes: int = 50 * 2**30
    ratio: int = 200
    ratio_from: int = 64 * 2**20
    cell_chars: int = 131_072
    record_chars: int = 2**20
    line_bytes: int = 4 * 2**20
    rejects_before_refusal: int = 10_000
    threads: int = 2
    memory: str = "1GB"
    temporary: str = "20GB"
