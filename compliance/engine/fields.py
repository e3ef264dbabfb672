"""The canonical fields, and which column of an upload a rule's field means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compliance.columns import Column, ColumnType
from compliance.engine.faults import BadValue
from compliance.engine.literals import clean_text

NUMBER_FIELDS = (
    "amount",
    "step",
    "oldbalanceOrg",
    "newbalanceOrig",
    "oldbalanceDest",
    "newbalanceDest",
)
TEXT_FIELDS = ("account", "recipient", "type", "country", "currency")
CANONICAL_FIELDS = (*TEXT_FIELDS, *NUMBER_FIELDS, "timestamp")
FIELD_ALIASES = {"transaction_type": "type", "sender_id": "account"}
TRIMMED_FIELDS = frozenset({"account", "type"})
"""Everything else is compared exactly as it was read."""
UPPER_FIELD = "type"
TIME_FIELDS = ("timestamp", "step")
"""The first of these that has a column gives a record its time."""
MAX_FIELD_NAME = 500


def field_name(value: object) -> str:
    """A field's canonical name; raises BadValue when it cannot be one."""
    name = clean_text(value, most=MAX_FIELD_NAME, least=1).strip()
    if not name:
        raise BadValue("is blank; name a field, such as 'amount'")
    return FIELD_ALIASES.get(name, name)


@dataclass(frozen=True)
class Binding:
    """Finds the column behind a field: a mapped field wins over a raw column of the same name."""

    columns: tuple[Column, ...]
    mapping: Mapping[str, str]

    @classmethod
    def of(cls, columns: Sequence[Column], mapping: Mapping[str, str]) -> Binding:
        return cls(tuple(columns), {field_name(field): name.strip() for field, name in mapping.items()})

    def column(self, field: str) -> Column | None:
        """The column of a canonical field name or of a header, or None where the upload has none."""
        if field in self.mapping:
            return self._named(self.mapping[field])
        spellings = [field, *(alias for alias, name in FIELD_ALIASES.items() if name == field)]
        return next((column for name in spellings if (column := self._named(name))), None)

    def kind(self, field: str) -> ColumnType:
        """How the field's values compare with each other and as keys."""
        if field in NUMBER_FIELDS:
            return ColumnType.NUMBER
        if field in TEXT_FIELDS:
            return ColumnType.TEXT
        if field == "timestamp":
            return ColumnType.TIME
        column = self.column(field)
        return column.type if column else ColumnType.EMPTY

    def time_field(self) -> str | None:
        """`timestamp`, else `step`, else None: where a record's time comes from."""
        return next((field for field in TIME_FIELDS if self.column(field)), None)

    def _named(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name.strip() == name), None)
