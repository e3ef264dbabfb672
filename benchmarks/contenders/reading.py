"""Reading a CSV once, as a process of its own: `python -m benchmarks.contenders.reading ours|duckdb CSV`.

`ours` is what an upload is read by: sniffed, typed, profiled, rejects set aside, Parquet written. `duckdb` is DuckDB's
own COPY of the same file to Parquet, on as many threads. Prints {seconds, cpu, memory, rows} as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.contenders.measuring import THREADS
from benchmarks.memory import own_peak


def _ours(csv: Path, target: Path) -> None:
    from compliance.uploads.ingest import ingest

    ingest(csv, target=target, rejects=target.with_suffix(".rejects"), original_name=csv.name)


def _duckdb(csv: Path, target: Path) -> None:
    with duckdb.connect(config={"threads": THREADS}) as db:
        db.execute(f"COPY (FROM read_csv('{csv}')) TO '{target}' (FORMAT parquet)")


def main() -> None:
    reader, csv = {"ours": _ours, "duckdb": _duckdb}[sys.argv[1]], Path(sys.argv[2])
    if reader is _ours:
        import compliance.uploads.ingest  # noqa: F401  the clock starts after it
    with tempfile.TemporaryDirectory(prefix="scanward-bench-") as scratch:
        target = Path(scratch) / "records.parquet"
        begun, busy = time.perf_counter(), time.process_time()
        reader(csv, target)
        took = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - busy}
        memory = own_peak()
        rows = duckdb.read_parquet(str(target)).count("*").fetchall()[0][0]
    sys.stdout.write(json.dumps({**took, "memory": memory, "rows": rows}))


if __name__ == "__main__":
    main()
