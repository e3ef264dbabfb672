"""The same stages on a Spark Connect server (Sail) give the same findings: to the row, the value and the digest."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.errors import PySparkException
from sqlglot import exp

from compliance.columns import Column
from compliance.demo.ledger import write_ledger
from compliance.engine import dialects, spark, sql
from compliance.engine.inputs import _trimmed
from compliance.engine.outcome import Outcome
from compliance.engine.plan import Plan, compile_plan
from compliance.engine.rules import parse_rules
from compliance.engine.run import StageDone, run, run_on
from compliance.engine.session import EngineAway, Interrupted, StatementFault
from compliance.packs import load_pack
from compliance.uploads.ingest import ingest
from tests.compliance import cluster
from tests.compliance.agreement import BACKENDS, differences
from tests.compliance.edge_histories import WRITTEN
from tests.compliance.engine.scanning import leaf, rule
from tests.compliance.engine.test_session import BIG, HEADERS, LEDGER, THREE, at, powers_of_facts, with_first_stage
from tests.compliance.packs import test_gdpr, test_soc2
from tests.compliance.packs.judging import _file
from tests.compliance.records import write_records
from tests.compliance.strategies import corpus

pytestmark = pytest.mark.xdist_group("sail")
LARGEST = 10**38 - 1
SCANS = int(os.environ.get("ORACLE_EXAMPLES", "6"))
"""Generated scans that are judged."""


@pytest.fixture
def judged_by_sail(sail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, "sail", cluster.on(sail))


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.usefixtures("judged_by_sail")
def test_sail_equals_the_oracle_on_a_case_written_by_hand(name: str) -> None:
    assert list(differences(WRITTEN[name], "sail")) == []


@pytest.mark.parametrize("number", range(SCANS))
@pytest.mark.usefixtures("judged_by_sail")
def test_sail_equals_the_oracle_on_a_generated_scan(number: int) -> None:
    for _, case in corpus(range(number, number + 1)):
        assert list(differences(case, "sail")) == []


def both(
    sail: str, folder: Path, rules: Any, records: Path, columns: list[Column] | tuple[Column, ...], **options: Any
) -> tuple[Outcome, Outcome]:
    """What DuckDB makes of the records, and Sail."""
    plans = [
        compile_plan(
            rules, columns=columns, hours_per_step=Decimal(1), time_zone="UTC", created_at_us=1_719_835_200_000_000,
            re2=re2, mapping=options.get("mapping", {}),
        )
        for re2 in (True, False)
    ]  # fmt: skip
    for name in ("here", "there"):
        (folder / name).mkdir()
    here = run(plans[0], records=records, scratch=folder / "here", settings=cluster.SETTINGS)
    return here, cluster.on(sail)(plans[1], [records], folder / "there", {})


def same(here: Outcome, there: Outcome) -> None:
    """All three files and every count, to the byte of every value."""
    assert there.result_digest == here.result_digest
    for file in ("findings", "violations_file", "evidence"):
        assert pq.read_table(getattr(there, file)) == pq.read_table(getattr(here, file))
    assert [replace(each, seconds=0) for each in there.rule_results] == [
        replace(each, seconds=0) for each in here.rule_results
    ]
    assert (there.record_count, there.coverage) == (here.record_count, here.coverage)


def test_the_aml_pack_gives_the_same_files(sail: str, tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger.csv", seed=3, month=1, records=5_000)
    records = tmp_path / "records.parquet"
    found = ingest(tmp_path / "ledger.csv", target=records, rejects=tmp_path / "bad", original_name="ledger.csv")
    mapping = found.profile.suggested_mapping
    here, there = both(sail, tmp_path, load_pack("aml").rules, records, found.profile.columns, mapping=mapping)
    assert here.finding_count > 50
    same(here, there)
    assert (there.engine, there.engine_version[:2]) == ("sail", "0.")


@pytest.mark.parametrize(("pack", "cases"), [("gdpr", test_gdpr.CASES), ("soc2", test_soc2.CASES)])
def test_the_other_packs_give_the_same_files(sail: str, tmp_path: Path, pack: str, cases: Any) -> None:
    records = tmp_path / "records.parquet"
    headers, *rows = _file(cases)
    columns = write_records(records, headers.split(), rows)
    here, there = both(sail, tmp_path, load_pack(pack).rules, records, columns)
    assert here.finding_count > 20
    same(here, there)


PATTERNS = ["^a", r"\d", r"\bb\b", "(?i)STRASSE|ß", "a.b$", "[^a-z]", "(?s)a.b"]
TEXTS = ["ab", "a\nb", "a\rb", "٣", "5", "é b", "STRASSE", "straße", "ſtrasse", "A", "a\u2028b", "a b\n", None]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_re2_there_too(sail: str, tmp_path: Path, pattern: str) -> None:
    """Neither Java's nor Rust's expressions: `\\d` of other scripts, `.` and `$` at line ends, letters that fold."""
    columns = write_records(tmp_path / "r.parquet", ["note"], [[text] for text in TEXTS])
    rules = parse_rules(
        [
            rule(where=leaf("note", "matches", pattern)),
            rule(rule_id="N", where={"NOT": leaf("note", "matches", pattern)}),
        ]
    )
    here, there = both(sail, tmp_path, rules, tmp_path / "r.parquet", columns)
    assert here.finding_count == len(TEXTS) - 1
    same(here, there)


def numbers(seed: int, rows: int = 3_000) -> list[tuple[int, int]]:
    """Dividends and divisors of every size up to 38 digits, and those where a step of the division ends."""
    draw = Random(seed)
    pairs = []
    for _ in range(rows):
        bottom = draw.choice(
            [
                max(1, draw.randrange(10 ** draw.randint(1, 38))),
                *(10**power for power in (11, 22, 23, 37)),
                10**23 - 1,
                2,
            ]
        )
        top = draw.choice([draw.randrange(10 ** draw.randint(1, 38)), LARGEST, bottom * draw.randrange(9) - 1])
        pairs.append((max(-LARGEST, min(LARGEST, top)) * draw.choice([1, 1, -1]), bottom))
    return pairs


def asked(sail: str, folder: Path, table: pa.Table, *columns: sql.Tree | str) -> list[dict[str, Any]]:
    """What Sail says of columns over a table `given`."""
    numbered = table.append_column("row", pa.array(range(table.num_rows)))
    pq.write_table(numbered, folder / "records.parquet")
    with cluster.session(sail, [folder / "records.parquet"], folder) as session:
        session.open()
        return session._frame(sql.query(columns, "records")).toArrow().to_pylist()


def test_whole_numbers_of_38_digits_are_divided_exactly(sail: str, tmp_path: Path) -> None:
    pairs = numbers(5)
    wide = pa.decimal128(38, 0)
    table = pa.table({
        name: pa.array([Decimal(pair[place]) for pair in pairs], wide) for place, name in enumerate(("top", "bottom"))
    })  # fmt: skip
    top = sql.col("top")
    answers = asked(
        sail, tmp_path, table, sql.named(sql.divided(top, sql.col("bottom")), "quotient"),
        sql.named(exp.Neg(this=top.copy()), "negative"), sql.named(exp.Abs(this=top.copy()), "size"),
    )  # fmt: skip
    expected = [(abs(top) // bottom * (1 if top > 0 else -1), -top, abs(top)) for top, bottom in pairs]
    assert [tuple(int(value) for value in each.values()) for each in answers] == expected


def test_a_number_that_no_value_reaches_is_above_all_and_equal_to_none(sail: str, tmp_path: Path) -> None:
    values, edge, x = [LARGEST, -LARGEST, 7, None], 10**38, sql.col("x")
    table = pa.table({"x": pa.array([value and Decimal(value) for value in values], pa.decimal128(38, 0))})
    beyond, below = (sql.cast(sql.whole(sign * edge), sql.WIDE) for sign in (1, -1))
    within = [beyond.copy(), sql.cast(sql.whole(LARGEST), sql.WIDE)]
    answers = asked(
        sail, tmp_path, table, sql.named(exp.EQ(this=x, expression=beyond), "equal"),
        sql.named(exp.GT(this=x.copy(), expression=below), "above"),
        sql.named(exp.In(this=x.copy(), expressions=within), "within"),
    )  # fmt: skip
    assert [tuple(each.values()) for each in answers] == [
        (False, True, True), (False, True, False), (False, True, False), (None, None, None),
    ]  # fmt: skip


def test_what_is_in_a_list_and_not_in_it_is_missing_where_the_value_is(sail: str, tmp_path: Path) -> None:
    columns = write_records(tmp_path / "r.parquet", ["type"], [["A"], ["B"], [None]])
    member = leaf("type", "in", ["A", "C"])
    rules = parse_rules([rule(where={"AND": [member, {"NOT": member}]})])
    here, there = both(sail, tmp_path, rules, tmp_path / "r.parquet", columns)
    assert there.rule_results[0].not_evaluated == 1
    same(here, there)


def test_letters_change_their_case_as_in_duckdb(sail: str, tmp_path: Path) -> None:
    letters = [chr(point) for point in range(1, dialects.LETTERS) if not 0xD800 <= point < 0xE000]
    table = pa.table({"text": [*letters, "ΑΣ", "İstanbul", "Straße", "\u00a0x\u3000", "ab", None]})
    columns = [
        sql.named(function, name)
        for name, function in (
            ("upper", exp.Upper(this=sql.col("text"))),
            ("lower", exp.Lower(this=sql.col("text"))),
            ("trimmed", _trimmed(sql.col("text"))),
        )
    ]
    answers = asked(sail, tmp_path, table, *columns)
    here = duckdb.from_arrow(table).query("records", dialects.render(sql.query(columns, "records"), "duckdb"))
    assert sorted(answers, key=str) == sorted(here.to_arrow_table().to_pylist(), key=str)


def compiled(rules: list[dict[str, Any]], records: Path, rows: list[list[str | None]]) -> Plan:
    return compile_plan(
        parse_rules(rules), columns=write_records(records, HEADERS.split(), rows), mapping={}, created_at_us=0,
        hours_per_step=Decimal(1), time_zone="UTC", re2=False,
    )  # fmt: skip


def test_stages_are_told_as_they_end(sail: str, tmp_path: Path) -> None:
    plan = compiled([BIG, THREE], tmp_path / "r.parquet", LEDGER)
    told: list[StageDone] = []
    cluster.on(sail, told.append)(plan, [tmp_path / "r.parquet"], tmp_path, {})
    assert [(each.rules_processed, each.rules_total) for each in told] == [(1, 2), (2, 2)]


def test_a_rule_that_fails_is_an_error_and_the_others_go_on(sail: str, tmp_path: Path) -> None:
    plan = compiled([rule(rule_id="BAD", where=leaf("amount", ">", 1)), BIG, THREE], tmp_path / "r.parquet", LEDGER)
    fails = exp.GT(this=sql.col("nowhere"), expression=sql.whole(0))
    outcome = cluster.on(sail)(with_first_stage(plan, fails), [tmp_path / "r.parquet"], tmp_path, {})
    assert [result.state for result in outcome.rule_results] == ["error", "completed", "completed"]
    assert "nowhere" in (outcome.rule_results[0].reason or "")
    assert outcome.rule_results[1].findings == 4


def test_a_server_that_does_not_see_the_storage_is_not_taken_for_an_upload_without_records(
    sail: str, tmp_path: Path
) -> None:
    plan = compiled([BIG], tmp_path / "r.parquet", LEDGER)
    with (
        cluster.session(sail, [tmp_path / "gone.parquet"], tmp_path) as session,
        pytest.raises(EngineAway, match="SPARK_STORAGE"),
    ):
        run_on(session, plan, scratch=tmp_path)


def test_what_a_server_says_is_told_in_one_line_without_addresses() -> None:
    said = PySparkException("No such file: file:/srv/media/work/7/1-facts, s3a://b/uploads/8.parquet\nat org.apache")
    told = spark._translated(said, ["file:///srv/media/work/7", "s3a://b/uploads/8.parquet"])
    assert (type(told), str(told)) == (StatementFault, "No such file: file:.../1-facts, ...")


def endless(records: Path) -> Plan:
    plan = compiled([BIG], records, [at(n % 500, str(n)) for n in range(3000)])
    total = powers_of_facts(exp.Sum(this=sql.col("row", "f4")), 6)  # would run for days
    return with_first_stage(plan, exp.GT(this=total, expression=sql.whole(0)))


def test_an_interrupt_ends_a_stage_that_would_run_for_days(sail: str, tmp_path: Path) -> None:
    plan = endless(tmp_path / "r.parquet")
    with cluster.session(sail, [tmp_path / "r.parquet"], tmp_path) as session:
        threading.Timer(1, session.interrupt).start()
        with pytest.raises(Interrupted):
            run_on(session, plan, scratch=tmp_path)


def test_an_interrupt_before_the_first_statement_is_not_lost(sail: str, tmp_path: Path) -> None:
    plan = compiled([BIG], tmp_path / "r.parquet", LEDGER)
    with cluster.session(sail, [tmp_path / "r.parquet"], tmp_path) as session:
        session.interrupt()
        with pytest.raises(Interrupted):
            run_on(session, plan, scratch=tmp_path)


@pytest.fixture
def nobody() -> str:
    """An address at which no server listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"sc://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.filterwarnings("ignore:.RETRIES_EXCEEDED")
def test_a_server_that_is_away_is_told_from_a_rule_that_fails(
    nobody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "TRIES", 2)
    plan = compiled([BIG], tmp_path / "r.parquet", LEDGER)
    with cluster.session(nobody, [tmp_path / "r.parquet"], tmp_path) as session, pytest.raises(EngineAway):
        run_on(session, plan, scratch=tmp_path)


@pytest.mark.filterwarnings("ignore:.RETRIES_EXCEEDED")
def test_waiting_for_a_server_that_is_away_can_be_interrupted(nobody: str, tmp_path: Path) -> None:
    plan = compiled([BIG], tmp_path / "r.parquet", LEDGER)
    with cluster.session(nobody, [tmp_path / "r.parquet"], tmp_path) as session:
        threading.Timer(1, session.interrupt).start()
        with pytest.raises(Interrupted):
            run_on(session, plan, scratch=tmp_path)
