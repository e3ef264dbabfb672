"""What a run survives, how it is stopped, and what it is not allowed to do."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from compliance.engine import sql
from compliance.engine.duck import EngineSettings, Session
from compliance.engine.plan import Plan
from compliance.engine.session import Interrupted
from tests.compliance.engine.scanning import compiled, leaf, read, rule, scan
from tests.compliance.records import write_records

HEADERS = "account amount type timestamp"
BIG = rule(rule_id="BIG", where=leaf("amount", ">", 100))
THREE = rule("aggregate", "THREE", function="count", operator=">=", threshold=3, window={"hours": 24})


def at(hour: int, amount: str, account: str | None = "A") -> list[str | None]:
    return [account, amount, "PAY", f"2024-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"]


LEDGER = [at(1, "200"), at(2, "200"), at(3, "40"), at(40, "7", "B"), at(70, "500", "B"), at(5, "300", None)]


def powers_of_facts(columns: exp.Expression, power: int) -> exp.Subquery:
    """(SELECT columns FROM facts f0, facts f1, ...): as many rows as the power says."""
    query = sql.query([columns], exp.Select())
    query.set("from_", exp.From(this=exp.alias_(sql.table("facts"), "f0", table=True)))
    joins = [exp.Join(this=exp.alias_(sql.table("facts"), f"f{n}", table=True)) for n in range(1, power)]
    query.set("joins", joins)
    return exp.Subquery(this=query)


def with_first_stage(plan: Plan, test: exp.Expression) -> Plan:
    """The plan whose first rule also has to pass `test`."""
    stage = plan.stages[0]
    query = stage.queries[0].copy().where(test)
    return replace(plan, stages=(replace(stage, queries=(query, *stage.queries[1:])), *plan.stages[1:]))


def test_a_rule_that_fails_is_an_error_and_the_others_go_on(tmp_path: Path) -> None:
    rules = [rule(rule_id="BAD", where=leaf("amount", ">", 1)), BIG, THREE]
    plan = compiled(rules, tmp_path / "r.parquet", HEADERS, LEDGER)
    fails = exp.Cast(this=sql.text("no number"), to=exp.DataType.build("INT"))
    fails = exp.GT(this=fails, expression=exp.Length(this=sql.col("account")))
    scanned = read(with_first_stage(plan, fails), tmp_path / "r.parquet", tmp_path / "s")
    assert [result.state for result in scanned.outcome.rule_results] == ["error", "completed", "completed"]
    assert "Could not convert string 'no number'" in (scanned.results["BAD"].reason or "")
    assert scanned.results["BAD"].not_evaluated == len(LEDGER)
    assert len(scanned.rows("BIG")) == 4


def test_a_condition_that_fails_is_found_rule_by_rule(tmp_path: Path) -> None:
    rules = [BIG, rule(rule_id="TEXT", where=leaf("account", "contains", "A")), THREE]
    plan = compiled(rules, tmp_path / "r.parquet", HEADERS, LEDGER)
    with duckdb.connect() as connection:  # amounts that are no numbers, which the plan could not know
        records = connection.read_parquet(str(tmp_path / "r.parquet"))
        records.select("* REPLACE (row > 2 AS c1_n)").write_parquet(str(tmp_path / "w.parquet"))
    scanned = read(plan, tmp_path / "w.parquet", tmp_path / "s")
    states = [result.state for result in scanned.outcome.rule_results]
    assert states == ["error", "completed", "completed"]
    assert len(scanned.rows("TEXT")) == 3


def test_a_rule_that_needs_too_much_memory_is_an_error_with_a_plain_reason(tmp_path: Path) -> None:
    plan = compiled([BIG, THREE], tmp_path / "r.parquet", HEADERS, [at(n, "200") for n in range(200)])
    rows = exp.ArraySort(this=exp.ArrayAgg(this=sql.col("row", "f0")))
    text = exp.Length(this=exp.ArrayToString(this=rows, expression=sql.text(",")))
    greedy = with_first_stage(plan, exp.GT(this=powers_of_facts(text, 3), expression=sql.whole(0)))
    tight = EngineSettings(threads=1, memory_limit="40MB", temp_limit="1MB")
    results = read(greedy, tmp_path / "r.parquet", tmp_path / "s", settings=tight).results
    assert results["BIG"].reason == "the rule needs more memory or spill space than the engine may use"
    assert results["THREE"].state == "completed"


def test_an_interrupt_ends_a_stage_that_would_run_for_days(tmp_path: Path) -> None:
    plan = compiled([BIG], tmp_path / "r.parquet", HEADERS, [at(n % 500, str(n)) for n in range(3000)])
    total = powers_of_facts(exp.Sum(this=sql.col("row", "f4")), 6)  # would run for days
    plan = with_first_stage(plan, exp.GT(this=total, expression=sql.whole(0)))

    def press(session: Session) -> None:
        threading.Timer(0.5, session.interrupt).start()

    with pytest.raises(Interrupted):
        read(plan, tmp_path / "r.parquet", tmp_path / "s", session_hook=press)


def test_an_interrupt_before_the_first_statement_is_not_lost() -> None:
    with pytest.raises(Interrupted):
        scan([BIG, THREE], HEADERS, *LEDGER, session_hook=Session.interrupt)


def test_an_interrupt_after_the_run_stops_no_later_one() -> None:
    sessions: list[Session] = []
    first = scan([BIG, THREE], HEADERS, *LEDGER, session_hook=sessions.append)
    again = scan([BIG, THREE], HEADERS, *LEDGER, session_hook=lambda _: sessions[0].interrupt())
    assert sessions[0]._stop.is_set()
    assert [result.state for result in again.outcome.rule_results] == ["completed", "completed"]
    assert (again.findings, again.violations) == (first.findings, first.violations)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('{outside}/secret.txt')",
        "SELECT * FROM read_csv('{outside}/secret.txt')",
        "SELECT * FROM glob('{outside}/*')",
        "COPY (SELECT 1) TO '{outside}/out.csv'",
        "ATTACH '{outside}/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SELECT * FROM read_text('{scratch}/../outside/secret.txt')",
    ],
)
def test_the_engine_reaches_nothing_but_its_files(tmp_path: Path, statement: str) -> None:
    outside, scratch = tmp_path / "outside", tmp_path / "scratch"
    outside.mkdir()
    scratch.mkdir()
    (outside / "secret.txt").write_text("secret")
    write_records(tmp_path / "r.parquet", ["a"], [["1"]])
    with (
        Session(tmp_path / "r.parquet", scratch, EngineSettings()) as session,
        pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)),
    ):
        session._connection.execute(statement.format(outside=outside, scratch=scratch))
    assert list(outside.iterdir()) == [outside / "secret.txt"]
