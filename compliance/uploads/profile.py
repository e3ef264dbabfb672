"""What an upload turned out to be; kept as plain JSON beside its records."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from compliance.columns import Column, ColumnType, Zoned
from compliance.uploads.kinds import FileKind


@dataclass(frozen=True, slots=True)
class Profile:
    """Facts about one received file.

    `sha256` and `size` (bytes) are of the bytes as received, `confidence` values are 0..1. `delimiter` is the
    character itself. `suggested_mapping` is {field: column name}; `mapping_confidence` has one figure for
    each suggested field, `overall_confidence` one for the whole. `encoding` and `delimiter` are empty where the kind
    of file has none; `sheet` is the one that was read of a workbook.
    """

    columns: tuple[Column, ...]
    encoding: str
    delimiter: str
    sha256: str
    size: int
    detected_dataset: str | None = None
    suggested_mapping: dict[str, str] = field(default_factory=dict)
    mapping_confidence: dict[str, float] = field(default_factory=dict)
    overall_confidence: float = 0.0
    temporal_scale: str = "hourly"
    warnings: tuple[str, ...] = ()
    original_name: str | None = None
    kind: FileKind = FileKind.CSV
    sheet: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values only; `from_dict` reads them back."""
        plain = asdict(self)
        plain["columns"] = [_plain(column) for column in self.columns]
        plain["warnings"] = list(self.warnings)
        return plain

    def without_values(self) -> Profile:
        """What may be kept when the content is deleted: no column says its least and most value."""
        return replace(self, columns=tuple(map(_without_values, self.columns)))

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Profile:
        """The profile `to_dict` made."""
        columns = tuple(map(_column, plain["columns"]))
        kind = FileKind(plain.get("kind", FileKind.CSV))
        return cls(**{**plain, "columns": columns, "warnings": tuple(plain["warnings"]), "kind": kind})


def _without_values(column: Column) -> Column:
    return replace(column, min=None, max=None, alternatives=tuple(map(_without_values, column.alternatives)))


def _plain(column: Column) -> dict[str, Any]:
    others = [_plain(other) for other in column.alternatives]
    return {**asdict(column), "derived_from": list(column.derived_from), "alternatives": others}


def _column(plain: dict[str, Any]) -> Column:
    return Column(
        **{
            **plain,
            "type": ColumnType(plain["type"]),
            "zoned": Zoned(plain["zoned"]) if plain["zoned"] else None,
            "derived_from": tuple(plain["derived_from"]),
            "alternatives": tuple(map(_column, plain.get("alternatives", ()))),
        }
    )
