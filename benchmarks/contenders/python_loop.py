"""The thirteen questions as one would first write them: plain Python over the CSV, money in cents, time in hours."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from benchmarks.contenders.measuring import Task, measured
from benchmarks.contenders.questions import INWARD, MOVES, REPORTED

Found = list[tuple[str, list[int]]]


class Record(NamedTuple):
    row: int
    step: int
    type: str
    amount: int
    account: str
    recipient: str


def _answer(task: Task) -> Found:
    found: Found = []
    records = []
    with task.csv.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for row, values in enumerate(reader, 1):
            step, kind, amount, account, old, new, recipient, old_dest, new_dest, _ = values
            record = Record(row, int(step), kind, _cents(amount), account, recipient)
            records.append(record)
            found += [
                (rule, [row]) for rule in _rules(record, _cents(old), _cents(new), _cents(old_dest), _cents(new_dest))
            ]
    if task.questions != "records":
        found += _of_accounts(records)
        found += _passed_on(records)
        found += _twice(records)
    return found


def _cents(text: str) -> int:
    whole, _, places = text.partition(".")
    return int(whole) * 100 + int(places.ljust(2, "0"))


def _rules(record: Record, old: int, new: int, old_dest: int, new_dest: int) -> Iterable[str]:
    _, _, kind, amount, _, _ = record
    if kind in REPORTED and amount >= 10_000_00:
        yield "REPORTED"
    if kind in MOVES and amount >= 5_000_00:
        yield "SUSPICIOUS"
    if abs((old + amount if kind in INWARD else old - amount) - new) > 1:
        yield "MISMATCH"
    if kind in ("CASH_OUT", "TRANSFER") and old_dest == 0 and new_dest > 0:
        yield "FILLED"
    if kind in ("TRANSFER", "WIRE") and amount > 50_000_00:
        yield "HIGH_VALUE"
    if amount and amount % 1_000_00 == 0:
        yield "ROUND"
    if 8_000_00 <= amount < 10_000_00:
        yield "JUST_BELOW"


def _of_accounts(records: list[Record]) -> Found:
    accounts: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        accounts[record.account].append(record)
    found: Found = []
    for each in accounts.values():
        each.sort(key=lambda record: record.step)
        just_below = [record for record in each if 8_000_00 <= record.amount < 10_000_00]
        found += [("DAY_SUM", rows) for rows in _episodes(each, 24, lambda total, n: total > 25_000_00 and n >= 2)]
        found += [("WEEK_COUNT", rows) for rows in _episodes(just_below, 168, lambda _, n: n >= 3)]
        found += [("HOUR_COUNT", rows) for rows in _episodes(each, 1, lambda _, n: n >= 3)]
        found += _dormant(each)
    return found


def _episodes(records: list[Record], hours: int, passes: Callable[[int, int], bool]) -> list[list[int]]:
    """Rows of the windows of the last `hours` that pass, together while one begins before the last that passed ends."""
    episodes: list[list[int]] = []
    first = total = taken = 0  # the first record of the window, its sum, the first record that is in no episode
    last = None
    for place, record in enumerate(records):
        total += record.amount
        while records[first].step <= record.step - hours:
            total -= records[first].amount
            first += 1
        if place + 1 < len(records) and records[place + 1].step == record.step:
            continue  # the window of an instant holds all its records
        if passes(total, place + 1 - first):
            rows = [each.row for each in records[max(first, taken) : place + 1]]
            if last is not None and record.step - hours < last:
                episodes[-1] += rows
            else:
                episodes.append(rows)
            last, taken = record.step, place + 1
    return episodes


def _dormant(records: list[Record]) -> Found:
    found: Found = []
    busy = before = None  # the latest instant that ended a quiet, and the one before it
    for record in records:
        if record.amount > 100_00 and record.step != busy:
            busy, before = record.step, busy
        earlier = before if record.step == busy else busy
        if record.amount > 5_000_00 and earlier is not None and record.step - earlier >= 90 * 24:
            found.append(("DORMANT", [record.row]))
    return found


def _passed_on(records: list[Record]) -> Found:
    received: dict[str, list[Record]] = defaultdict(list)
    moves = [record for record in records if record.type in MOVES]
    for record in moves:
        received[record.recipient].append(record)
    found: Found = []
    for then in moves:
        fitting = [
            first for first in received.get(then.account, ())
            if 0 < then.step - first.step < 24 and 9 * first.amount <= 10 * then.amount <= 10 * first.amount
        ]  # fmt: skip
        if fitting:
            latest = max(first.step for first in fitting)
            found.append(("PASSED_ON", [then.row, *(first.row for first in fitting if first.step == latest)]))
    return found


def _twice(records: list[Record]) -> Found:
    alike: dict[tuple[str, str, str, int], list[Record]] = defaultdict(list)
    for record in records:
        alike[record.account, record.recipient, record.type, record.amount].append(record)
    found: Found = []
    for each in alike.values():
        each.sort(key=lambda record: record.step)
        chain = [each[0]]
        for record in [*each[1:], None]:
            if record is not None and record.step - chain[-1].step < 24:
                chain.append(record)
                continue
            if len(chain) > 1:
                found.append(("TWICE", [one.row for one in chain]))
            chain = [record] if record is not None else []
    return found


if __name__ == "__main__":
    measured(_answer, lambda found: found)
