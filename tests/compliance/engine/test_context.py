"""Context uploads and reference lists in the engine."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from compliance.engine.plan import compile_plan
from compliance.engine.rules import parse_rules
from compliance.engine.sources import ContextUpload, locate
from tests.compliance.engine.scanning import Scanned, leaf, matching, read, rule
from tests.compliance.records import write_records

Cells = list[str | None]
Upload = tuple[str, list[Cells]]
BURST = rule("aggregate", function="count", operator=">=", threshold=3, window={"hours": 24})


def scan(rules: list[dict[str, Any]], scanned: Upload, *context: Upload, **lists: list[str]) -> Scanned:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.parquet" for number in range(len(context) + 1)]
        columns = [
            write_records(path, headers.split(), rows)
            for path, (headers, rows) in zip(paths, [scanned, *context], strict=True)
        ]
        plan = compile_plan(
            parse_rules(rules), columns=columns[0], mapping={}, hours_per_step=Decimal(1), time_zone="UTC",
            created_at_us=0, context=[ContextUpload(f"upload-{n}", each) for n, each in enumerate(columns[1:])],
            lists=lists,
        )  # fmt: skip
        return read(plan, paths[0], Path(folder) / "scratch", context=paths[1:], lists=lists)


def test_records_of_context_complete_a_window_and_are_told_apart() -> None:
    scanned = scan(
        [BURST],
        ("step account", [["10", "A"]]),
        ("account step extra", [["A", "8", "x"], ["B", "8", "x"]]),
        ("account step", [["A", "9"]]),
    )
    (found,) = scanned.findings
    assert [locate(row) for row in found["rows"]] == [(0, 1), (1, 1), (2, 1)]
    sample = json.loads(scanned.violations[0]["sample"])
    assert sample == [
        {"row": 1, "upload_id": "upload-0", "values": {"account": "A", "step": "8", "extra": "x"}},
        {"row": 1, "upload_id": "upload-1", "values": {"account": "A", "step": "9"}},
        {"row": 1, "values": {"step": "10", "account": "A"}},
    ]


def test_what_context_alone_proves_is_no_finding_and_is_not_counted() -> None:
    context: Upload = ("step account", [["8", "A"], ["8", "A"], ["8", "A"], [None, "A"]])
    scanned = scan([BURST], ("step account", [["99", "A"]]), context)
    assert (scanned.findings, scanned.outcome.record_count) == ([], 1)
    assert (scanned.results["R"].evaluated, scanned.results["R"].not_evaluated) == (1, 0)


@pytest.mark.parametrize(
    "one",
    [
        rule(where=leaf("account", "exists")),
        rule("dormancy", quiet_days=1),
        rule("duplicate", key=["recipient"]),
        rule("share", where=leaf("account", "exists"), operator=">", threshold=0.5, min_records=1),
        rule("baseline", of="amount", history_days=30, min_history=1, times_mean=0.5),
        rule("sequence", first=leaf("account", "exists"), then=leaf("account", "exists"), within_hours=99,
             match_on="first.account = then.account"),
    ],
    ids=lambda one: one["kind"],
)  # fmt: skip
def test_every_kind_needs_a_record_of_the_scanned_upload(one: dict[str, Any]) -> None:
    rows: list[Cells] = [["0", "A", "r", "5"], ["50", "A", "r", "6"]]
    headers = "step account recipient amount"
    assert scan([one], (headers, rows)).findings != []
    assert scan([one], (headers, [["50", "Z", "q", "6"]]), (headers, rows)).rows() in ([], [[1]])


def test_a_field_that_the_scanned_upload_lacks_is_none_of_the_scan() -> None:
    one = rule(where=leaf("colour", "exists"))
    assert scan([one], ("account", [["A"]]), ("colour", [["red"]])).results["R"].state == "not_applicable"


def test_accounts_that_are_missing_stay_apart_across_uploads() -> None:
    twice = rule("duplicate", key=["step"])
    assert scan([twice], ("step account", [["1", None]]), ("step account", [["1", None]])).findings == []


def test_a_listed_value_is_compared_as_in_does() -> None:
    rows: list[Cells] = [["A1", "wire", "x"], [" A1 ", "Wire ", "X"], ["a1", "cash", None], [None, None, "y"]]
    options = {"lists": {"watched": ["A1", "Wire", "x"]}}

    def found(condition: dict[str, Any]) -> str:
        return matching(condition, "account type note", *rows, **options)

    assert found(leaf("account", "in_list", "watched")) == "TTF?"
    assert found(leaf("account", "in_list", "watched", ignore_case=True)) == "TTT?"
    assert found(leaf("type", "in_list", "watched")) == "TTF?"
    assert found(leaf("note", "not_in_list", "watched")) == "FT?T"


def test_a_list_that_there_is_not_leaves_the_rule_not_applicable_and_says_so() -> None:
    result = scan([rule(where=leaf("account", "in_list", "gone"))], ("account", [["A"]])).results["R"]
    assert (result.state, result.reason) == ("not_applicable", "there is no reference list gone")
