"""The seven record rules as steps of Pointblank on a Polars frame, with every failing row (the limit raised)."""

from __future__ import annotations

from collections.abc import Iterator

import pointblank as pb

from benchmarks.contenders.measuring import Task, measured
from benchmarks.contenders.polars_frames import RECORDS, needed


def _answer(task: Task) -> dict[str, list[int]]:
    frame = needed(task).collect()
    validation = pb.Validate(data=frame)
    for test in RECORDS.values():
        validation = validation.col_vals_expr(expr=~test)
    validation = validation.interrogate(extract_limit=frame.height)
    extracts = validation.get_data_extracts()
    return {name: extracts[step]["row"].to_list() for step, name in enumerate(RECORDS, 1)}


def _findings(found: dict[str, list[int]]) -> Iterator[tuple[str, list[int]]]:
    yield from ((rule, [row]) for rule, rows in found.items() for row in rows)


if __name__ == "__main__":
    measured(_answer, _findings)
