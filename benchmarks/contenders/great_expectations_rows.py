"""The seven record rules as expectations on a pandas frame, with the row of every record that fails (COMPLETE)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.contenders.measuring import Task, measured
from benchmarks.contenders.questions import INWARD, MOVES, REPORTED

CENTS = {"amount": "c2_n", "old": "c4_n", "new": "c5_n", "old_dest": "c7_n", "new_dest": "c8_n"}


def _below(name: str, column: str, limit: int, where: str | None = None, *, strict: bool = True) -> Any:
    condition = {"row_condition": where, "condition_parser": "pandas"} if where else {}
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, max_value=limit, strict_max=strict, meta={"rule": name}, **condition
    )


EXPECTED = [
    _below("REPORTED", "amount", 10_000_00, f"type in {list(REPORTED)}"),
    _below("SUSPICIOUS", "amount", 5_000_00, f"type in {list(MOVES)}"),
    _below("MISMATCH", "off", 1, strict=False),
    _below("FILLED", "new_dest", 0, "type in ['CASH_OUT', 'TRANSFER'] and old_dest == 0", strict=False),
    _below("HIGH_VALUE", "amount", 50_000_00, "type in ['TRANSFER', 'WIRE']", strict=False),
    gxe.ExpectColumnValuesToNotBeInSet(
        column="rest", value_set=[0], meta={"rule": "ROUND"}, row_condition="amount != 0", condition_parser="pandas"
    ),
    _below("JUST_BELOW", "amount", 8_000_00, "amount < 1000000"),
]


def _answer(task: Task) -> Any:
    """Money in whole cents; what no expectation can calculate is a column of the frame."""
    table = pq.read_table(task.parquet, columns=["row", "c1", *CENTS.values()])
    cents = {name: pc.cast(pc.multiply(table[column], 100), "int64") for name, column in CENTS.items()}
    frame = table.select(["row"]).append_column("type", table["c1"]).to_pandas().assign(
        **{name: values.to_pandas() for name, values in cents.items()}
    )  # fmt: skip
    signed = frame["amount"].where(frame["type"].isin(INWARD), -frame["amount"])
    frame = frame.assign(off=(frame["old"] + signed - frame["new"]).abs(), rest=frame["amount"] % 1_000_00)
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("records").add_dataframe_asset("records")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite("rules", expectations=EXPECTED)
    return batch.validate(suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["row"]})


def _findings(answer: Any) -> Iterator[tuple[str, list[int]]]:
    for each in answer.results:
        rule = each.expectation_config.meta["rule"]
        yield from ((rule, [failed["row"]]) for failed in each.result["unexpected_index_list"] or ())


if __name__ == "__main__":
    measured(_answer, _findings)
