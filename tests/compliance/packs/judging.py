"""Judges the cases of a pack in one scan: each case has records of its own accounts, so that none touches another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compliance.engine.rules import Rule
from compliance.packs import load_pack
from tests.compliance.engine.scanning import Scanned, scan

Record = dict[str, str]
NOW = 1_719_835_200_000_000
"""2024-07-01T12:00:00Z, in microseconds: when every scan here was created."""
TWIN = ".not"


@dataclass(frozen=True)
class Case:
    """Records of one story and what `rule_id` says of them.

    For a record rule a letter a record: T found, F not, ? could not be evaluated. For the other kinds the
    records of each finding, counted from 1 within the case.
    """

    rule_id: str
    says: str
    records: tuple[Record, ...]
    expected: str | list[list[int]]

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.says}"


def case(rule_id: str, expected: str, says: str, **values: str) -> Case:
    """One record, which the rule finds (T), does not find (F) or cannot judge (?)."""
    return Case(rule_id, says, (values,), expected)


def flag(rule_id: str, field: str, *, found: bool) -> list[Case]:
    """A rule that looks at one yes or no, in the spellings of it."""
    words = {"true": True, "YES": True, "1": True, "false": False, "No": False, "0": False}
    judged = [
        case(rule_id, "T" if means == found else "F", f"{field} is {word}", **{field: word})
        for word, means in words.items()
    ]
    return [
        *judged,
        case(rule_id, "?", f"{field} is missing"),
        case(rule_id, "?", f"{field} is neither", **{field: "perhaps"}),
    ]


def judge(pack: str, cases: Sequence[Case]) -> dict[str, str | list[list[int]]]:
    """{a case as text: what the pack's rule said of its records}."""
    rules = load_pack(pack).rules
    result = scan([rule.canonical() for rule in rules] + _twins(rules), *_file(cases), created_at_us=NOW)
    of_kind = {rule.rule_id: rule.kind for rule in rules}
    verdicts: dict[str, str | list[list[int]]] = {}
    first = 1
    for case in cases:
        rows = range(first, first + len(case.records))
        found = _findings(result, case.rule_id, rows)
        first = rows.stop
        verdicts[str(case)] = found
        if of_kind[case.rule_id] == "record":
            hits, misses = sum(found, []), sum(_findings(result, case.rule_id + TWIN, rows), [])
            letters = ("T" if n in hits else "F" if n in misses else "?" for n in range(1, len(rows) + 1))
            verdicts[str(case)] = "".join(letters)
    assert len(verdicts) == len(cases), "two cases have the same name"
    return verdicts


def states(pack: str, headers: str, *rows: list[str | None]) -> dict[str, str]:
    """{rule_id: its state} after a scan of those columns."""
    results = scan(load_pack(pack).rules, headers, *rows, created_at_us=NOW).results
    return {rule_id: str(result.state) for rule_id, result in results.items()}


def _twins(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """For each record rule its negation: it finds what was evaluated and not found."""
    records = [rule.canonical() for rule in rules if rule.kind == "record"]
    return [{**rule, "rule_id": rule["rule_id"] + TWIN, "where": {"NOT": rule["where"]}} for rule in records]


def _file(cases: Sequence[Case]) -> tuple[Any, ...]:
    """The headers and then the rows of one file with the records of all cases."""
    fields = (name for case in cases for record in case.records for name in record)
    names = [name for name in dict.fromkeys(fields) if name != "account"]
    rows = [
        [f"case {number} {record.get('account', '')}", *map(record.get, names)]
        for number, case in enumerate(cases)
        for record in case.records
    ]
    return " ".join(["account", *names]), *rows


def _findings(result: Scanned, rule_id: str, rows: range) -> list[list[int]]:
    """The findings of a rule within `rows`, counted from 1."""
    found = [found for found in result.rows(rule_id) if found[0] in rows]
    assert all(row in rows for each in found for row in each)
    return [[row - rows.start + 1 for row in each] for each in found]
