"""The two fixed data sets of the benchmarks, PaySim-shaped CSV; the same arguments give the same bytes.

Both stream: memory grows with the number of accounts, not with the number of records.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from compliance.demo.ledger import HEADER, money, name, seed_offset, stream, write_ledger

HOURS = 31 * 24

# Type, its cumulative share in percent, and its largest amount in cents. PaySim's own mix of types; the
# amounts and the balances below are set so that a record has about one violation.
MIX = (
    ("CASH_OUT", 35, 60_000_00),
    ("PAYMENT", 69, 40_000_00),
    ("CASH_IN", 91, 60_000_00),
    ("TRANSFER", 99, 500_000_00),
    ("DEBIT", 100, 5_000_00),
)
TYPES = tuple(next(mix for mix in MIX if percent < mix[1]) for percent in range(100))


def typical(path: str | Path, records: int, seed: int) -> None:
    """A real ledger's density: 3 % of the records prove a finding, about 20 records an account, 150 days.

    Needs at least 2,000 records; the 3 % hold from about 20,000.
    """
    write_ledger(path, seed=seed, month=1, records=records)


def dense(path: str | Path, records: int, seed: int) -> None:
    """PaySim's density: nearly every record its own account, about one violation a record, 31 days."""
    with Path(path).open("w", encoding="ascii", newline="") as file:
        file.write(HEADER + "\n")
        file.writelines(_dense_lines(records, seed))


def _dense_lines(records: int, seed: int) -> Iterator[str]:
    draw, offset = stream(seed, "dense").random, seed_offset(seed)
    for number in range(records):
        kind, _, largest = TYPES[int(draw() * 100)]
        spread = draw()
        amount = 1 + int(spread * spread * spread * largest)
        # one in a hundred belongs to an account seen before
        person = int(draw() * number) if draw() < 0.01 else number
        old = 0 if draw() < 0.4 else amount + int(draw() * 50_000_00)
        # PaySim's balances stop at zero, which is what makes them mismatch
        new = old + amount if kind == "CASH_IN" else max(old - amount, 0)
        merchant = kind == "PAYMENT"
        old_dest = 0 if merchant or draw() < 0.15 else int(draw() * 500_000_00)
        new_dest = 0 if merchant else max(old_dest - amount, 0) if kind == "CASH_IN" else old_dest + amount
        to = ("M" if merchant else "C") + name(offset, 1_000_000_000 + int(draw() * records))
        yield (
            f"{1 + number * HOURS // records},{kind},{money(amount)},C{name(offset, person)},{money(old)},"
            f"{money(new)},{to},{money(old_dest)},{money(new_dest)},0\n"
        )
