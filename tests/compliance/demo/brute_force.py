"""What the AML pack finds in a PaySim-shaped file, the slow and obvious way, from the pack's description.

Shares nothing with the generator: amounts are Decimals read from the text, windows are looked through record
by record.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

Signature = tuple[str, str]
Evidence = dict[Signature, set[int]]


class Record(NamedTuple):
    row: int
    step: int
    type: str
    amount: Decimal
    account: str
    recipient: str
    old: Decimal
    new: Decimal
    old_dest: Decimal
    new_dest: Decimal


def read(path: Path) -> list[Record]:
    with path.open(newline="") as file:
        return [
            Record(
                row,
                int(line["step"]),
                line["type"],
                Decimal(line["amount"]),
                line["nameOrig"],
                line["nameDest"],
                Decimal(line["oldbalanceOrg"]),
                Decimal(line["newbalanceOrig"]),
                Decimal(line["oldbalanceDest"]),
                Decimal(line["newbalanceDest"]),
            )
            for row, line in enumerate(csv.DictReader(file), start=1)
        ]


def findings(records: list[Record]) -> Evidence:
    """{(rule_id, account): rows of evidence} for the eleven rules."""
    evidence: Evidence = defaultdict(set)
    for record in records:
        for rule in record_rules(record):
            evidence[rule, record.account].add(record.row)

    by_account = grouped(records, lambda r: (r.account,))
    by_pair = grouped(records, lambda r: (r.account, r.recipient))
    under = grouped((r for r in records if 8000 <= r.amount < 10000), lambda r: (r.account,))
    rounds = grouped((r for r in records if r.amount != 0 and r.amount % 1000 == 0), lambda r: (r.account,))

    sliding(evidence, "CTR_AGGREGATION", by_pair, 24, lambda w: len(w) >= 2 and total(w) >= 10000)
    sliding(evidence, "STRUCTURING_PATTERN", under, 24, lambda w: len(w) >= 3)
    sliding(evidence, "SUB_THRESHOLD_VELOCITY", under, 24, lambda w: len(w) >= 5)
    sliding(evidence, "SAR_VELOCITY", by_account, 24, lambda w: len(w) >= 2 and total(w) > 25000)
    sliding(evidence, "ROUND_AMOUNT_PATTERN", rounds, 720, lambda w: len(w) >= 3)
    dormancy(evidence, by_account)
    return dict(evidence)


def record_rules(r: Record) -> Iterable[str]:
    if r.type in ("CASH_IN", "CASH_OUT", "DEPOSIT", "TRANSFER", "WIRE") and r.amount >= 10000:
        yield "CTR_THRESHOLD"
    if r.type in ("TRANSFER", "WIRE", "CASH_OUT") and r.amount >= 5000:
        yield "SAR_THRESHOLD"
    if r.type in ("TRANSFER", "WIRE") and r.amount > 50000:
        yield "HIGH_VALUE_TRANSFER"
    if r.type in ("CASH_OUT", "TRANSFER") and r.old_dest == 0 and r.new_dest > 0:
        yield "FRAUD_INDICATOR"
    signed = r.amount if r.type in ("CASH_IN", "DEPOSIT") else -r.amount
    if abs(r.old + signed - r.new) > Decimal("0.01"):
        yield "BALANCE_MISMATCH"


def grouped(records: Iterable[Record], key: Callable[[Record], tuple[str, ...]]) -> dict[tuple[str, ...], list[Record]]:
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return groups


def sliding(
    evidence: Evidence,
    rule: str,
    groups: dict[tuple[str, ...], list[Record]],
    hours: int,
    passes: Callable[[list[Record]], bool],
) -> None:
    for (account, *_), group in groups.items():
        for t in {record.step for record in group}:
            window = [record for record in group if t - hours < record.step <= t]
            if passes(window):
                evidence[rule, account].update(record.row for record in window)


def dormancy(evidence: Evidence, by_account: dict[tuple[str, ...], list[Record]]) -> None:
    for (account,), group in by_account.items():
        for waking in group:
            earlier = [r.step for r in group if r.step < waking.step and r.amount > 100]
            if waking.amount > 5000 and earlier and waking.step - max(earlier) >= 90 * 24:
                evidence["DORMANT_ACCOUNT_REACTIVATION", account].add(waking.row)


def total(records: list[Record]) -> Decimal:
    return sum((record.amount for record in records), Decimal(0))
