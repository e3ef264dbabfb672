"""The same questions written by hand for Polars, over the Parquet of the upload: findings with their rows, no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from benchmarks.contenders.measuring import Task, measured
from benchmarks.contenders.questions import INWARD, MOVES, REPORTED

AMOUNT, TYPE, STEP, ROW, ACCOUNT = (pl.col(name) for name in ("amount", "type", "step", "row", "account"))
JUST_BELOW = (AMOUNT >= 8_000_00) & (AMOUNT < 10_000_00)
_AFTER = pl.col("old") + pl.when(TYPE.is_in(INWARD)).then(AMOUNT).otherwise(-AMOUNT)
RECORDS = {
    "REPORTED": TYPE.is_in(REPORTED) & (AMOUNT >= 10_000_00),
    "SUSPICIOUS": TYPE.is_in(MOVES) & (AMOUNT >= 5_000_00),
    "MISMATCH": (_AFTER - pl.col("new")).abs() > 1,
    "FILLED": TYPE.is_in(["CASH_OUT", "TRANSFER"]) & (pl.col("old_dest") == 0) & (pl.col("new_dest") > 0),
    "HIGH_VALUE": TYPE.is_in(["TRANSFER", "WIRE"]) & (AMOUNT > 50_000_00),
    "ROUND": (AMOUNT % 1_000_00 == 0) & (AMOUNT != 0),
    "JUST_BELOW": JUST_BELOW,
}
WHOLE = {"step": "c0_n"}
CENTS = {"amount": "c2_n", "old": "c4_n", "new": "c5_n", "old_dest": "c7_n", "new_dest": "c8_n"}
TEXTS = {"type": "c1", "account": "c3", "recipient": "c6"}


def needed(task: Task) -> pl.LazyFrame:
    """Money in whole cents, time in whole hours."""
    return pl.scan_parquet(task.parquet).select(
        "row",
        *(pl.col(column).alias(name) for name, column in TEXTS.items()),
        *(pl.col(column).cast(pl.Int64).alias(name) for name, column in WHOLE.items()),
        *((pl.col(column) * 100).cast(pl.Int64).alias(name) for name, column in CENTS.items()),
    )


def _answer(task: Task) -> list[pl.DataFrame]:
    if task.questions == "records":
        return pl.collect_all(_records(needed(task)))
    frame = needed(task).collect()
    lazy = frame.lazy()
    by_account = lazy.sort("account", "step")
    return pl.collect_all([
        *_records(lazy),
        _episodes("DAY_SUM", by_account, 24, (pl.col("total") > 25_000_00) & (pl.col("n") >= 2)),
        _episodes("WEEK_COUNT", by_account.filter(JUST_BELOW), 168, pl.col("n") >= 3),
        _episodes("HOUR_COUNT", by_account, 1, pl.col("n") >= 3),
        _dormant(by_account),
        _passed_on(lazy),
        _twice(lazy),
    ])  # fmt: skip


def _found(name: str, frame: pl.LazyFrame, rows: pl.Expr, by: Sequence[str] = ()) -> pl.LazyFrame:
    """rule, rows of the findings, one a group, or one a record."""
    if by:
        return frame.group_by(by).agg(rows.alias("rows")).select(pl.lit(name).alias("rule"), "rows")
    return frame.select(pl.lit(name).alias("rule"), rows.alias("rows"))


def _records(frame: pl.LazyFrame) -> list[pl.LazyFrame]:
    return [_found(name, frame.filter(test), pl.concat_list("row")) for name, test in RECORDS.items()]


def _episodes(name: str, frame: pl.LazyFrame, hours: int, passes: pl.Expr) -> pl.LazyFrame:
    """Episodes of triggering windows of the last `hours`; groups that cannot pass together are dropped first."""
    whole = frame.group_by("account").agg(AMOUNT.sum().alias("total"), pl.len().alias("n")).filter(passes)
    members = frame.join(whole.select("account"), on="account", how="semi", maintain_order="left")
    windows = members.rolling("step", period=f"{hours}i", group_by="account", closed="right").agg(
        AMOUNT.sum().alias("total"), pl.len().alias("n"), ROW.last().alias("of")
    )
    triggers = windows.filter(passes).select("account", pl.col("step").alias("trigger")).unique()
    numbered = triggers.sort("account", "trigger").with_columns(
        (pl.col("trigger") - pl.col("trigger").shift(1) >= hours)
        .fill_null(value=True)
        .cum_sum()
        .over("account")
        .alias("episode")
    )
    hit = members.sort("step").join_asof(
        numbered.sort("trigger"),
        left_on="step",
        right_on="trigger",
        by="account",
        strategy="forward",
        tolerance=hours - 1,
    )
    return _found(name, hit.filter(pl.col("episode").is_not_null()), ROW, ["account", "episode"])


def _dormant(by_account: pl.LazyFrame) -> pl.LazyFrame:
    busy = by_account.filter(AMOUNT > 100_00)
    instants = busy.select("account", "step").unique(maintain_order=True)
    before = instants.with_columns(STEP.shift(1).over("account").alias("before"))
    woken = busy.filter(AMOUNT > 5_000_00).join(before, on=["account", "step"])
    return _found("DORMANT", woken.filter(STEP - pl.col("before") >= 2_160), pl.concat_list("row"))


def _passed_on(frame: pl.LazyFrame) -> pl.LazyFrame:
    moves = frame.filter(TYPE.is_in(MOVES))
    thens = moves.select("row", "step", "amount", "account")
    firsts = moves.select(
        ROW.alias("first"), STEP.alias("at"), AMOUNT.alias("of"), pl.col("recipient").alias("account")
    )
    gap = STEP - pl.col("at")
    fits = (gap > 0) & (gap < 24) & (9 * pl.col("of") <= 10 * AMOUNT) & (pl.col("of") >= AMOUNT)
    pairs = thens.join(firsts, on="account").filter(fits)
    latest = pairs.filter(pl.col("at") == pl.col("at").max().over("row"))
    return _found("PASSED_ON", latest, pl.col("first").append(ROW.first()), ["row"])


def _twice(frame: pl.LazyFrame) -> pl.LazyFrame:
    key = ["account", "recipient", "type", "amount"]
    several = frame.group_by(key).agg("row", "step").filter(pl.col("row").list.len() > 1).explode("row", "step")
    far = STEP - STEP.shift(1) >= 24
    chained = several.sort(*key, "step").with_columns(far.fill_null(value=True).cum_sum().over(key).alias("chain"))
    groups = chained.group_by([*key, "chain"]).agg(ROW.alias("rows")).filter(pl.col("rows").list.len() > 1)
    return groups.select(pl.lit("TWICE").alias("rule"), "rows")


def _findings(frames: list[pl.DataFrame]) -> Iterator[tuple[str, list[int]]]:
    for frame in frames:
        yield from frame.iter_rows()


if __name__ == "__main__":
    measured(_answer, _findings)
