"""The same questions written by hand for DuckDB, over the Parquet of the upload: findings with their rows, no more.

What one would write who knows this data: steps are whole hours, no value is missing, an account is never blank. One
pass takes from the file what the rules need; groups that cannot pass are dropped before a window sorts the rest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.contenders.duckdb_rules import JUST_BELOW, NEEDED, RECORDS, ROUND
from benchmarks.contenders.measuring import THREADS, Task, measured
from benchmarks.contenders.questions import MOVES

OF_THE_PACK = {
    "REPORTED": "CTR_THRESHOLD", "SUSPICIOUS": "SAR_THRESHOLD", "MISMATCH": "BALANCE_MISMATCH",
    "FILLED": "FRAUD_INDICATOR", "HIGH_VALUE": "HIGH_VALUE_TRANSFER",
}  # fmt: skip


def sliding(name: str, keys: str, hours: int, value: str, passes: str, where: str = "true") -> str:
    """Episodes of triggering windows of the last `hours`. Amounts are never negative: what all records of a group do
    not reach together, no window does."""
    return f"""
        SELECT '{name}' AS rule, list(row) AS rows FROM (
            SELECT *, sum(start) OVER (PARTITION BY {keys} ORDER BY trigger) AS episode FROM (
                SELECT *, CASE WHEN lag(trigger) OVER (PARTITION BY {keys} ORDER BY trigger) + {hours} > trigger
                    THEN 0 ELSE 1 END AS start
                FROM (
                    SELECT *, min(CASE WHEN {passes} THEN t END) OVER
                        (PARTITION BY {keys} ORDER BY t RANGE BETWEEN CURRENT ROW AND {hours - 1} FOLLOWING) AS trigger
                    FROM (
                        SELECT row, t, {keys}, {value} OVER w AS value, count(*) OVER w AS n
                        FROM needed SEMI JOIN (
                            SELECT {keys} FROM (SELECT {keys}, {value} AS value, count(*) AS n FROM needed WHERE {where}
                            GROUP BY {keys}) WHERE {passes}
                        ) USING ({keys})
                        WHERE {where}
                        WINDOW w AS (PARTITION BY {keys} ORDER BY t RANGE BETWEEN {hours - 1} PRECEDING AND CURRENT ROW)
                    )
                ) WHERE trigger IS NOT NULL
            )
        ) GROUP BY {keys}, episode
    """


def dormant(name: str) -> str:
    return f"""
        SELECT '{name}' AS rule, [row] AS rows FROM (
            SELECT row, t, amount, max(CASE WHEN amount > 100 THEN t END) OVER
                (PARTITION BY account ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy
            FROM needed SEMI JOIN (
                SELECT account FROM needed WHERE amount > 100 GROUP BY account
                HAVING max(CASE WHEN amount > 5000 THEN t END) >= min(t) + 2160
            ) USING (account)
            WHERE amount > 100
        ) WHERE amount > 5000 AND t >= busy + 2160
    """


PASSED_ON = f"""
    SELECT 'PASSED_ON' AS rule, list_append(list(first_row), any_value(then_row)) AS rows FROM (
        SELECT th.row AS then_row, fi.row AS first_row, fi.t AS t, max(fi.t) OVER (PARTITION BY th.row) AS latest
        FROM needed th JOIN needed fi ON fi.recipient = th.account AND fi.t < th.t AND fi.t > th.t - 24
            AND th.amount BETWEEN 0.9 * fi.amount AND fi.amount
        WHERE th.type IN {MOVES} AND fi.type IN {MOVES}
    ) WHERE t = latest GROUP BY then_row
"""
TWICE = """
    SELECT 'TWICE' AS rule, list(row) AS rows FROM (
        SELECT *, sum(start) OVER (PARTITION BY account, recipient, type, amount ORDER BY t) AS chain FROM (
            SELECT *, CASE WHEN lag(t) OVER (PARTITION BY account, recipient, type, amount ORDER BY t) + 24 > t
                THEN 0 ELSE 1 END AS start
            FROM needed SEMI JOIN (
                SELECT account, recipient, type, amount FROM needed GROUP BY ALL HAVING count(*) > 1
            ) USING (account, recipient, type, amount)
        )
    ) GROUP BY account, recipient, type, amount, chain HAVING count(*) > 1
"""
OTHERS = [
    sliding("DAY_SUM", "account", 24, "sum(amount)", "value > 25000 AND n >= 2"),
    sliding("WEEK_COUNT", "account", 168, "count(*)", "n >= 3", JUST_BELOW),
    sliding("HOUR_COUNT", "account", 1, "count(*)", "n >= 3"),
    dormant("DORMANT"), PASSED_ON, TWICE,
]  # fmt: skip
PACK = [
    sliding("CTR_AGGREGATION", "account, recipient", 24, "sum(amount)", "value >= 10000 AND n >= 2"),
    sliding("STRUCTURING_PATTERN", "account", 24, "count(*)", "n >= 3", JUST_BELOW),
    sliding("SUB_THRESHOLD_VELOCITY", "account", 24, "count(*)", "n >= 5", JUST_BELOW),
    sliding("SAR_VELOCITY", "account", 24, "sum(amount)", "value > 25000 AND n >= 2"),
    sliding("ROUND_AMOUNT_PATTERN", "account", 720, "count(*)", "n >= 3", ROUND),
    dormant("DORMANT_ACCOUNT_REACTIVATION"),
]  # fmt: skip


def records(rules: dict[str, str]) -> str:
    """One pass: the list of the rules that each record meets, unnested."""
    listed = ", ".join(f"CASE WHEN {test} THEN '{name}' END" for name, test in rules.items())
    some = " OR ".join(f"({test})" for test in rules.values())
    return (
        f"SELECT rule, [row] AS rows FROM (SELECT row, unnest([{listed}]) AS rule FROM needed WHERE {some})"
        " WHERE rule IS NOT NULL"
    )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="scanward-bench-") as scratch:
        measured(lambda task: _answer(task, Path(scratch)), _findings)


def _answer(task: Task, scratch: Path) -> Path:
    target = scratch / "findings.parquet"
    with duckdb.connect(config={"threads": THREADS, "memory_limit": "2GB", "temp_directory": str(scratch)}) as db:
        if task.questions == "records":
            db.execute(f"CREATE VIEW needed AS {NEEDED.replace('$records', repr(str(task.parquet)))}")
            queries = [records(RECORDS)]
        else:
            db.execute(f"CREATE TEMP TABLE needed AS {NEEDED}", {"records": str(task.parquet)})
            pack = {OF_THE_PACK[name]: test for name, test in RECORDS.items() if name in OF_THE_PACK}
            queries = [records(pack), *PACK] if task.questions == "aml" else [records(RECORDS), *OTHERS]
        db.execute(f"COPY ({' UNION ALL '.join(f'({query})' for query in queries)}) TO '{target}' (FORMAT parquet)")
    return target


def _findings(file: Path) -> Iterator[tuple[str, list[int]]]:
    cursor = duckdb.execute("FROM read_parquet($file)", {"file": str(file)})
    while rows := cursor.fetchmany(10_000):
        yield from rows


if __name__ == "__main__":
    main()
