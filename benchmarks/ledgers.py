"""`typical` with what it lacks for the thirteen rules: money passed on by who received it, and records sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import datasets

PASSED_ON, AGAIN = 200, 1_000  # one in so many records
MOVES = ("TRANSFER", "CASH_OUT")


def ledger(path: Path, records: int, seed: int) -> None:
    """`records` of `typical`; of some a part is passed on within a day by who got it, and 0.1 % stand there thrice."""
    plain = path.with_suffix(".typical")
    datasets.typical(plain, records, seed)
    with plain.open(encoding="ascii") as source, path.open("w", encoding="ascii", newline="") as file:
        file.write(next(source))
        for number, line in zip(range(records), _with_echoes(source), strict=False):
            del number
            file.write(line)
    plain.unlink()


def _with_echoes(source: Iterator[str]) -> Iterator[str]:
    moves = 0
    for number, line in enumerate(source):
        yield line
        if number % AGAIN == 7:
            yield line
            yield line
        step, kind, amount, _, _, _, recipient, *_ = line.split(",")
        if kind in MOVES and recipient[0] == "C":
            moves += 1
            if moves % (PASSED_ON // 2) == 3:
                yield _passed_on(int(step), amount, recipient)


def _passed_on(step: int, amount: str, by: str) -> str:
    """95 % of it, an hour later, by somebody who then has nothing left."""
    cents = int(amount.replace(".", "")) * 95 // 100
    sent = f"{cents // 100}.{cents % 100:02d}"
    return f"{step + 1},CASH_OUT,{sent},{by},{sent},0.00,M{by[1:]},0.00,0.00,1\n"
