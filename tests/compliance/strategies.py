"""Whole scans by chance: ledgers of few accounts and many edge values, and policies to match.

Cells are drawn from short pools, so ties, repeats and exact thresholds are the rule, not the exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.compliance import oracle
from tests.compliance.conditions import DUE, MAPPABLE, NOTE, lists
from tests.compliance.policies import KINDS, policy

Cells = list[str | None]
Earlier = tuple[list[str], list[Cells]]
"""A context upload: its headers and its rows."""

HEADERS = ["When", "acct", "rcpt", "amt", "kind", "ticks", "old", "new", "flag", NOTE, DUE, "limit"]
CANONICAL_HEADERS = [
    "timestamp",
    "sender_id",
    "recipient",
    "amount",
    "transaction_type",
    "step",
    "oldbalanceOrg",
]
CANONICAL_HEADERS += ["newbalanceOrig", "flag", NOTE, DUE, "limit"]
COLUMNS = {
    "account": "acct",
    "recipient": "rcpt",
    "amount": "amt",
    "type": "kind",
    "oldbalanceOrg": "old",
    "newbalanceOrig": "new",
}
MISSING: Cells = [None, "", "  "]
ACCOUNTS: Cells = ["A1", "A1", "A1", "A1", " A1", "A1 ", "B", "B", "B", "b", "012", "12", *MISSING]
FEW_ACCOUNTS: Cells = ["A1", "A1", "A1", " A1", "B", "B ", None]
RECIPIENTS: Cells = ["A1", "A1", "B", " B", "B", "012", "12", "12.0", None, " "]
AMOUNTS: Cells = [
    *("9000", "9000", "9000.00", " 9000", "8000", "7999.9999", "9999.9999", "10000", "10000.0001", "5000"),
    *("5000.0001", "5000", "1000", "2000", "-1000", "0", "-0", "+3", "0.01", "0.0125", "0.00005", "1.00015"),
    *("-0.33335", "-9000", "-8000", "100", "100.0001", "33.3333", "00042"),
]
FEW_AMOUNTS: Cells = ["1000", "1000", "2000", "2000.00", "3000", "4000", "9000", "8100", "9900"]
"""Whose means, deviations and ratios are round, so that they meet the bounds of rules exactly."""
DIRTY_AMOUNTS: Cells = [
    *MISSING,
    "12x",
    "n/a",
    "99999999999999.9999",
    "100000000000000",
    "-99999999999999.99995",
]
BALANCES: Cells = ["0", "1000", "9000", "10000", "18000", "9000.01", "8999.99", "-5"]
TYPES: Cells = ["TRANSFER", "transfer", " Wire ", "WIRE", "CASH_OUT", "cash_in", "Deposit", None, ""]
FLAGS: Cells = ["true", "yes", "Y", "1", "off", "No", "f", " TRUE ", "0", "maybe", None]
NOTES: Cells = [
    *(
        "alpha",
        "Alpha",
        "alphabet",
        "beta",
        " alpha",
        "50%_x",
        "a.b",
        "axb",
        'O\'Neil "x"',
        "é",
        "É",
        "\U0001f916",
    ),
    *("5", "5.0", "true", "2024-03-01", "-1", None, " "),
]
DUES: Cells = [
    "2024-03-01",
    "2024-03-04",
    "2024-03-04T00:00:00Z",
    "2024-03-10 02:30",
    "2023-12-31T23:59:59.999999Z",
]
LIMITS: Cells = ["9000", "5000.0000", "1000", "0", "100", "10000"]

ZONES = ["UTC", "UTC", "America/New_York", "Asia/Kolkata", "Europe/Berlin"]
STARTS = [datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 9, 18, tzinfo=UTC), datetime(2024, 10, 26, tzinfo=UTC)]
UNITS = [timedelta(hours=hours) for hours in (0.5, 1, 6, 6, 6, 12, 24, 24)]
"""Times of a ledger are whole units after its start, so that windows and days fit exactly between them."""
COUNTS = [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 7, 8, 12, 20, 361]
JITTERS = [timedelta()] * 8 + [timedelta(minutes=30), timedelta(microseconds=1), -timedelta(microseconds=1)]
JITTERS += [timedelta(microseconds=43_200)] * 2  # half a millionth of a day
STEPS: Cells = [
    "0",
    "0",
    "1",
    "1.0",
    "2",
    "5",
    "6",
    "7",
    "12",
    "24",
    "24",
    "25",
    "30",
    "47",
    "48",
    "72",
    "90",
    "-1",
]
DIRTY_STEPS: Cells = ["1.5", "x", None, "", "99999999999999"]
DIRTY_TIMES: Cells = ["soon", None, " ", "2024-13-01"]


@dataclass(frozen=True)
class Case:
    """One scan: what `oracle.judge` and the engine take."""

    rules: list[dict[str, Any]]
    headers: list[str]
    rows: list[Cells]
    mapping: dict[str, str]
    hours_per_step: str = "1"
    time_zone: str = "UTC"
    compat: bool = False
    created_at_us: int = 1_709_510_400_000_000  # 2024-03-04T00:00:00Z
    lists: dict[str, list[str]] = field(default_factory=dict)
    context: list[Earlier] = field(default_factory=list)

    def judged(self) -> dict[str, Any]:
        """What the oracle says of this scan."""
        return oracle.judge(
            self.rules,
            self.headers,
            self.rows,
            self.mapping,
            hours_per_step=self.hours_per_step,
            time_zone=self.time_zone,
            created_at_us=self.created_at_us,
            compat=self.compat,
            lists=self.lists,
            context=self.context,
        )

    def shuffled(self, chance: Random) -> Case:
        """The same scan with the rows of every upload in another order."""
        context = [(headers, chance.sample(rows, len(rows))) for headers, rows in self.context]
        return replace(self, rows=chance.sample(self.rows, len(self.rows)), context=context)


@dataclass(frozen=True)
class Clock:
    """How a ledger writes its times: `style` is zoned, local (to `zone`) or mixed."""

    start: datetime
    unit: timedelta
    zone: str
    style: str

    def stamp(self, chance: Random) -> str:
        """Ties, exact multiples of windows apart, and a microsecond beside them."""
        time = self.start + chance.choice(COUNTS) * self.unit + chance.choice(JITTERS)
        if self.style == "zoned" or (self.style == "mixed" and chance.random() < 0.5):
            return time.isoformat().replace("+00:00", "Z")
        return time.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None).isoformat(sep=" ")


def clock(chance: Random, zone: str) -> Clock:
    return Clock(chance.choice(STARTS), chance.choice(UNITS), zone, chance.choice(["zoned", "local", "mixed"]))


def ledger(chance: Random, clock: Clock, largest: int = 60) -> list[Cells]:
    """0..`largest` rows under HEADERS; some of them repeated, whole; in every second one cells are soiled."""
    pick = chance.choice
    accounts = pick([FEW_ACCOUNTS, FEW_ACCOUNTS, ACCOUNTS])
    amounts = pick([AMOUNTS, FEW_AMOUNTS])
    dirt = pick([0, 0.12])

    def cell(clean: Cells, dirty: Cells) -> str | None:
        return pick(dirty if chance.random() < dirt else clean)

    rows = [
        [
            cell([clock.stamp(chance)], DIRTY_TIMES),
            pick(accounts),
            pick(RECIPIENTS),
            cell(amounts, DIRTY_AMOUNTS),
            pick(TYPES),
            cell(STEPS, DIRTY_STEPS),
            cell(BALANCES, MISSING),
            cell(BALANCES, MISSING),
            pick(FLAGS),
            pick(NOTES),
            cell(DUES, DIRTY_TIMES),
            cell(LIMITS, ["?", None]),
        ]
        for _ in range(min(pick([0, 1, 4, 8, 12, 20, 30, 45, 45, 60, 60, 60]), largest))
    ]
    copies = [list(pick(rows)) for _ in range(chance.randint(0, 4)) if 0 < len(rows) <= largest - 4]
    return rows + copies


def earlier(chance: Random, headers: list[str], clock: Clock) -> Earlier:
    """A context upload about the same time and accounts: its columns in another order, perhaps one too few."""
    rows = ledger(chance, replace(clock, style=chance.choice(["zoned", "local"])), 30)
    places = chance.sample(range(len(headers)), len(headers) - chance.choice([0, 0, 1]))
    return ["extra", *(headers[place] for place in places)], [
        [chance.choice(["x", "7", None]), *(row[place] for place in places)] for row in rows
    ]


def mapping(chance: Random) -> dict[str, str]:
    """Mostly everything mapped; sometimes a field left out, steps for timestamps, or both, or no time."""
    left_out = chance.choice([None] * 14 + MAPPABLE)
    time = chance.choice([["timestamp"]] * 7 + [["step"]] * 4 + [["timestamp", "step"], []])
    fields = {field: column for field, column in COLUMNS.items() if field != left_out}
    return fields | {field: {"timestamp": "When", "step": "ticks"}[field] for field in time}


def scan(chance: Random, largest: int = 60, kinds: tuple[str, ...] = KINDS, context: float = 0.3) -> Case:
    """A whole scan of 0..`largest` records under a policy with rules of `kinds`; a share of about `context` of the
    scans sees earlier uploads too."""
    zone = chance.choice(ZONES)
    by_header = chance.random() < 0.12
    headers, times = CANONICAL_HEADERS if by_header else HEADERS, clock(chance, zone)
    return Case(
        rules=policy(chance, kinds),
        headers=headers,
        rows=ledger(chance, times, largest),
        mapping={} if by_header else mapping(chance),
        hours_per_step=chance.choice(["1", "1", "24", "0.5"]),
        time_zone=zone,
        compat=chance.random() < 0.12,
        lists=lists(chance),
        context=[earlier(chance, headers, times) for _ in range(chance.choice([1, 1, 2]))]
        if chance.random() < context
        else [],
    )


USUAL = 160
"""How many scans every run looks at: numbers 0 to USUAL - 1."""


def corpus(numbers: range = range(USUAL)) -> Iterator[tuple[int, Case]]:
    """Scans with their numbers; the same number is always the same scan."""
    return ((number, scan(Random(number))) for number in numbers)


def cases(largest: int = 60) -> st.SearchStrategy[Case]:
    """Scans whose parts are independent: Hypothesis' own draws repeat parts of earlier examples, so that five
    of six scans would be near copies. `agreement.smallest` makes failures small."""
    return st.builds(scan, st.randoms(use_true_random=True), st.just(largest))
