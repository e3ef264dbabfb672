"""A run as a whole: its files, its digest, what it survives and what it is not allowed to do."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.engine.duck import Session
from compliance.engine.run import EngineSettings, StageDone, run
from tests.compliance.engine.scanning import Scanned, compiled, leaf, read, rule, scan, shuffled

HEADERS = "account amount type timestamp"
BIG = rule(rule_id="BIG", where=leaf("amount", ">", 100))
THREE = rule("aggregate", "THREE", function="count", operator=">=", threshold=3, window={"hours": 24})
RULES = [
    BIG,
    THREE,
    rule("dormancy", "QUIET", quiet_days=1),
    rule("duplicate", "SAME", key=["amount"]),
    rule("aggregate", "LOW", function="min", of="amount", operator="<", threshold=50),
]


def at(hour: int, amount: str, account: str | None = "A", kind: str = "PAY") -> list[str | None]:
    return [account, amount, kind, f"2024-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"]


LEDGER = [at(1, "200"), at(2, "200"), at(3, "40"), at(40, "7", "B"), at(70, "500", "B"), at(5, "300", None)]


def test_the_key_of_a_finding_is_made_of_content() -> None:
    (found,) = scan([BIG], "account amount note", ["Ä", "200.5", None], ["B", "7", "x"]).findings
    record = hashlib.sha256("1:Ä5:200.5~".encode()).hexdigest()
    key = hashlib.sha256(f"3:BIG1:Ä200.500000|{record}".encode()).hexdigest()
    assert found["key"] == key


def test_the_key_of_a_group_joins_sorted_hashes_and_knows_no_row() -> None:
    same = rule("duplicate", key=["amount"], across_accounts=True)
    (found,) = scan([same], "amount", ["5"], ["5.0"]).findings
    hashes = sorted(hashlib.sha256(text.encode()).hexdigest() for text in ("1:5", "3:5.0"))
    assert found["account"] == "row:1"
    assert found["key"] == hashlib.sha256(f"1:R4:row:2.000000|{','.join(hashes)}".encode()).hexdigest()


def test_a_finding_without_a_value_says_so_in_its_key() -> None:
    (found,) = scan([rule(where=leaf("account", "exists"))], "account", ["A"]).findings
    record = hashlib.sha256(b"1:A").hexdigest()
    assert found["value"] is None
    assert found["key"] == hashlib.sha256(f"1:R1:A~|{record}".encode()).hexdigest()


def test_the_digest_covers_every_key_in_order() -> None:
    scanned = scan(RULES, HEADERS, *LEDGER)
    keys = sorted(found["key"] for found in scanned.findings)
    assert len(keys) > 5
    assert scanned.outcome.result_digest == hashlib.sha256("".join(f"{k}\n" for k in keys).encode()).hexdigest()


def test_findings_are_sorted_by_rule_then_key() -> None:
    order = [(found["rule_id"], found["key"]) for found in scan(RULES, HEADERS, *LEDGER).findings]
    assert order == sorted(order)


def test_a_violation_carries_what_people_review() -> None:
    rows = [at(3, "300", kind="wire"), at(1, "200", kind=" Cash "), at(2, "250")]
    (violation,) = scan([BIG], HEADERS, *rows).violations
    sample = json.loads(violation.pop("sample"))
    hour = 3_600_000_000
    midnight = 1_704_067_200_000_000
    assert violation == {
        "rule_id": "BIG",
        "account": "A",
        "finding_count": 3,
        "first_us": midnight + hour,
        "last_us": midnight + 3 * hour,
        "amount": Decimal("750.0000"),
        "actual_value": Decimal("300.000000"),
        "transaction_type": "Cash",
    }
    assert [record["row"] for record in sample] == [2, 3, 1]
    assert sample[0]["values"] == dict(zip(HEADERS.split(), rows[1], strict=True))


def test_a_sample_holds_the_five_earliest_and_any_header_and_text() -> None:
    rows: list[list[str | None]] = [["A", str(n), 'q"\n', None] for n in range(9, 2, -1)]
    (violation,) = scan([rule(where=leaf("Step", ">", 0))], "account Step step 'n\"", *rows).violations
    sample = json.loads(violation["sample"])
    assert len(sample) == 5
    assert sample[0]["values"] == {"account": "A", "Step": "9", "step": 'q"\n', "'n\"": None}


def test_violations_come_in_batches_in_order_and_again() -> None:
    rows: list[list[str | None]] = [[f"A{n:03}", "200"] for n in range(100)]
    parsed = [BIG, rule(rule_id="ALSO", where=leaf("amount", ">", 1))]
    order = [(v["rule_id"], v["account"]) for v in scan(parsed, "account amount", *rows).violations]
    assert len(order) == 200
    assert order == sorted(order)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_shuffling_changes_nothing_but_row_numbers(seed: int) -> None:
    rows = [row for row in LEDGER if row[0]]

    def without_rows(scanned: Scanned) -> list[dict[str, Any]]:
        return [{**found, "rows": len(found["rows"])} for found in scanned.findings]

    first, second = scan(RULES, HEADERS, *rows), scan(RULES, HEADERS, *shuffled(rows, seed))
    assert without_rows(first) == without_rows(second)
    assert first.outcome.result_digest == second.outcome.result_digest
    samples = [[json.loads(v["sample"]) for v in each.violations] for each in (first, second)]
    values = [[[record["values"] for record in sample] for sample in part] for part in samples]
    assert values[0] == values[1]


def test_rejected_rows_leave_gaps_in_the_numbers() -> None:
    scanned = scan([BIG], "account amount", ["A", "200"], ["A", "300"], row_numbers=[3, 17])
    assert scanned.rows("BIG") == [[3], [17]]
    assert scanned.outcome.record_count == 2


def test_files_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    rows = [at(n % 24, str(n), f"A{n % 50}") for n in range(3000)]
    plan = compiled(RULES, tmp_path / "r.parquet", HEADERS, rows)
    digests = set()
    for threads in (1, 2, 2):
        scratch = tmp_path / f"s{len(list(tmp_path.iterdir()))}"
        scanned = read(plan, tmp_path / "r.parquet", scratch, settings=EngineSettings(threads=threads))
        digests.add(hashlib.sha256(scanned.outcome.findings.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_every_stage_reports_when_it_ends() -> None:
    heard: list[StageDone] = []
    scan(RULES, HEADERS, *LEDGER, on_stage=heard.append)
    assert [(done.rules_processed, done.rules_total) for done in heard] == [(n, 5) for n in range(1, 6)]
    assert [rule_id for done in heard for rule_id in done.rule_ids] == [
        "BIG",
        "THREE",
        "QUIET",
        "SAME",
        "LOW",
    ]


def test_a_rule_without_its_columns_is_not_applicable_and_says_why() -> None:
    rules = [rule(rule_id="X", where=leaf("colour", "==", "red")), THREE, BIG]
    results = scan(rules, "account amount", ["A", "200"]).results
    assert (results["X"].state, results["X"].evaluated) == ("not_applicable", 0)
    assert results["X"].reason == "no column is mapped to colour"
    assert results["THREE"].reason == "no column is mapped to timestamp"
    assert results["BIG"].state == "completed"


def test_a_rule_whose_values_cannot_be_read_is_not_applicable() -> None:
    result = scan([BIG], "account amount", ["A", "lots"], ["A", None]).results["BIG"]
    assert (result.state, result.reason) == ("not_applicable", "no record has a readable value in amount")


def test_without_records_everything_is_completed() -> None:
    scanned = scan(RULES, HEADERS)
    assert {result.state for result in scanned.outcome.rule_results} == {"completed"}
    assert (scanned.outcome.record_count, scanned.outcome.coverage) == (0, Decimal(1))
    assert scanned.outcome.result_digest == hashlib.sha256(b"").hexdigest()


def test_without_active_rules_a_run_ends_empty() -> None:
    scanned = scan([BIG | {"is_active": False}], HEADERS, *LEDGER)
    assert scanned.outcome.rule_results == ()
    assert scanned.violations == []


def test_coverage_is_the_share_of_pairs_that_could_be_evaluated() -> None:
    rules = [BIG, rule(rule_id="X", where=leaf("nowhere", "==", 1))]
    outcome = scan(rules, "account amount", ["A", "1"], ["A", "1"], ["A", None]).outcome
    assert outcome.coverage == Decimal("0.3333")


def test_a_file_that_is_no_parquet_stops_the_run(tmp_path: Path) -> None:
    plan = compiled([BIG], tmp_path / "r.parquet", HEADERS, LEDGER)
    (tmp_path / "r.parquet").write_bytes(b"nothing")
    (tmp_path / "s").mkdir()
    with pytest.raises(duckdb.Error):
        run(plan, records=tmp_path / "r.parquet", scratch=tmp_path / "s")


def test_paths_with_quotes_work(tmp_path: Path) -> None:
    folder = tmp_path / 'o\'clock "x"'
    folder.mkdir()
    plan = compiled([BIG], folder / "r.parquet", HEADERS, LEDGER)
    assert len(read(plan, folder / "r.parquet", folder / "s").findings) == 4


def test_a_full_disk_ends_the_run_and_is_no_fault_of_a_rule(tmp_path: Path) -> None:
    def full() -> None:
        raise duckdb.IOException('IO Error: Could not write file "0.tmp": No space left on device')

    session = SimpleNamespace(_check=lambda: None, _scratch=tmp_path)
    with pytest.raises(duckdb.IOException, match="No space left"):
        Session._guarded(session, full)
