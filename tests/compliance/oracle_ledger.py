"""The oracle's view of a scan's records: the upload's own and those of context uploads, seen through a mapping."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.compliance.oracle_values import (
    EPOCH,
    HOUR,
    MICROSECOND,
    KeyValue,
    Row,
    is_missing,
    read_boolean,
    read_number,
    read_time,
)

OTHER_NAMES = {"transaction_type": "type", "sender_id": "account"}
NUMBER_FIELDS = {"amount", "step", "oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"}
TEXT_FIELDS = {"account", "recipient", "type", "country", "currency"}


@dataclass(frozen=True)
class Account:
    """The subject of a record; `made_up` when the record has none and got `row:<row>`, each its own account, so
    that `upload` tells row 3 of one upload from row 3 of another."""

    text: str
    made_up: bool
    upload: int = 0


@dataclass(frozen=True)
class Upload:
    headers: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class Record:
    """One record: `upload` 0 is the scanned one, 1, 2, ... the context; `row` is the number people see."""

    upload: int
    row: int
    cells: Row


@dataclass
class Ledger:
    """All records a scan sees. They are named by their index: the scanned upload's first, then the context's."""

    uploads: list[Upload]
    mapping: dict[str, str]
    hours_per_step: Decimal
    zone: ZoneInfo
    lists: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    records: list[Record] = field(init=False)
    known: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records = [
            Record(place, number, cells)
            for place, upload in enumerate(self.uploads)
            for number, cells in enumerate(upload.rows, start=1)
        ]

    @property
    def scanned(self) -> range:
        """The page: "record_count and N count the scanned upload only"."""
        return range(len(self.uploads[0].rows))

    @property
    def everything(self) -> range:
        """The page: "earlier uploads whose records enter windows and history"."""
        return range(len(self.records))

    def column(self, field: str, upload: int = 0) -> int | None:
        """The page: "A mapped field always wins over a raw column of the same name"."""
        if (field, upload) not in self.known:
            self.known[field, upload] = self._column(field, upload)
        place: int | None = self.known[field, upload]
        return place

    def _column(self, field: str, upload: int) -> int | None:
        name = OTHER_NAMES.get(field, field)
        mapped = {OTHER_NAMES.get(key, key): column for key, column in self.mapping.items()}
        others = [other for other, meant in OTHER_NAMES.items() if meant == name]
        headers = [header.strip() for header in self.uploads[upload].headers]
        for wanted in [mapped[name]] if name in mapped else [name, *others]:
            if wanted.strip() in headers:
                return headers.index(wanted.strip())
        return None

    def has_field(self, field: str, index: int) -> bool:
        """Whether the scan knows the field, and the upload of this record has a column for it."""
        return None not in (self.column(field), self.column(field, self.records[index].upload))

    def has_time(self) -> bool:
        return self.column("timestamp") is not None or self.column("step") is not None

    def text(self, field: str, index: int) -> str | None:
        """The page: "`type` is compared in upper case. Only `account` and `type` are trimmed."; what the scanned
        upload has no column for is no field of this scan."""
        record = self.records[index]
        column = self.column(field, record.upload) if self.column(field) is not None else None
        raw = record.cells[column] if column is not None else None
        if raw is None or is_missing(raw):
            return None
        name = OTHER_NAMES.get(field, field)
        return raw.strip().upper() if name == "type" else raw.strip() if name == "account" else raw

    def number(self, field: str, index: int) -> Decimal | None:
        return read_number(self.text(field, index))

    def time(self, field: str, index: int) -> int | None:
        return read_time(self.text(field, index), self.zone)

    def boolean(self, field: str, index: int) -> bool | None:
        return read_boolean(self.text(field, index))

    def kind(self, field: str) -> str:
        if field not in self.kinds:
            self.kinds[field] = self._kind(field)
        return self.kinds[field]

    def _kind(self, field: str) -> str:
        """The page: "canonical amount/step/balances are numbers, timestamp is time,
        account/recipient/country/currency are text always"; any other field is what most (more than half)
        of its column's values in the scanned upload read as."""
        name = OTHER_NAMES.get(field, field)
        if name in NUMBER_FIELDS:
            return "number"
        if name in TEXT_FIELDS:
            return "text"
        if name == "timestamp":
            return "time"
        present = [i for i in self.scanned if self.text(field, i) is not None]
        for kind, read in (("number", self.number), ("time", self.time), ("boolean", self.boolean)):
            if 2 * sum(read(field, i) is not None for i in present) > len(present):
                return kind
        return "text"

    def key_value(self, field: str, index: int) -> KeyValue | None:
        """The page: "a column of type number compares as its number, of type time as its instant, else as
        text ... An unreadable value is missing."."""
        read = {"number": self.number, "time": self.time}.get(self.kind(field), self.text)
        value = read(field, index)
        return None if value is None else (self.kind(field), value)

    def account(self, index: int) -> Account:
        """The page: "canonical field `account`, trimmed. Missing: `row:<row>`, each such record its own
        account"."""
        text, record = self.text("account", index), self.records[index]
        return Account(f"row:{record.row}", True, record.upload) if text is None else Account(text, False)

    def instant(self, index: int) -> int | None:
        """The page: "Time of a record: `timestamp` if mapped, else `step` x hours(temporal_scale)";
        "`step` must be an integer, else (or if out of range for 64-bit microseconds) time is missing".
        """
        if self.column("timestamp") is not None:
            return self.time("timestamp", index)
        step = self.number("step", index)
        if step is None or step != int(step):
            return None
        time = int(step * self.hours_per_step * HOUR)
        return time if -(2**63) <= time < 2**63 else None

    def bucket(self, index: int, window: int) -> int:
        """The page: "Tumbling bucket number = floor((t + zone offset at t) / window), window in whole
        microseconds; for step time no offset."."""
        time = self.instant(index)
        assert time is not None
        if self.column("timestamp") is not None:
            offset = (EPOCH + time * MICROSECOND).astimezone(self.zone).utcoffset()
            assert offset is not None
            time += offset // MICROSECOND
        return time // window
