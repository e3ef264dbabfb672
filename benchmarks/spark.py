"""Beyond one machine: the AML pack over `typical` records by DuckDB here, by Sail, and by a real Spark master with one
worker and with two. Every run is a process of its own; all must give the same digest.

Spark is measured where SPARK_HOME names a Spark 4.1 (such as the folder of pyspark in another virtual environment)
and there is Java 17. BENCH_SPARK_RECORDS=1000000 measures that size alone.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import datasets, standalone
from benchmarks.memory import own_peak, peak
from config.processes import free_port

TITLE = "Beyond one machine"
SIZES = tuple(int(size) for size in os.environ.get("BENCH_SPARK_RECORDS", "1000000,10000000").split(","))
FEW = 1_000_000
RUNS = 3
"""Runs up to FEW records; one of more."""
GIB = 2**30
Run = dict[str, Any]


def section(folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    home = Path(os.environ["SPARK_HOME"]) if os.environ.get("SPARK_HOME") else None
    engines = ["duckdb", "sail", *(["spark1", "spark2", "killed"] if home else [])]
    rows: list[tuple[int, str, list[Run]]] = []
    for records in SIZES:
        _prepare(folder, records)
        rows += [(records, engine, _measured(engine, records, folder, home)) for engine in engines]
    digests = {(records, run["digest"]) for records, _, runs in rows for run in runs}
    assert len(digests) == len(SIZES), f"the engines differ: {digests}"
    return _page(rows)


def _prepare(folder: Path, records: int) -> None:
    """Records as an upload leaves them, and what its profile says of them."""
    from compliance.uploads.ingest import ingest

    path = folder / "records.csv"
    datasets.typical(path, records, 1)
    target = folder / f"{records}.parquet"
    found = ingest(path, target=target, rejects=folder / "rejects", original_name=path.name)
    (folder / f"{records}.profile").write_bytes(pickle.dumps((found.profile.columns, found.profile.suggested_mapping)))
    path.unlink()


def _measured(engine: str, records: int, folder: Path, home: Path | None) -> list[Run]:
    """Runs on one server that was started for them; the first of several does not count, as in a warm worker."""
    with _server(engine, folder, home) as (url, servers, kill):
        runs = 1 if records > FEW or kill else RUNS + 1
        found = [_run(url, records, folder, kill) | {"servers": servers()} for _ in range(runs)]
    return found[1:] or found


@contextmanager
def _server(engine: str, folder: Path, home: Path | None) -> Iterator[Any]:
    """(address or "", bytes its processes held, what kills an executor)"""
    if engine == "duckdb":
        yield "", lambda: 0, None
    elif engine == "sail":
        port = free_port()
        words = [sys.executable, "-m", "pysail", "spark", "server", "--ip", standalone.HOST, "--port", str(port)]
        with (folder / "sail.log").open("ab") as log, subprocess.Popen(words, stdout=log, stderr=log) as process:
            standalone.wait_for(port)
            try:
                yield f"sc://{standalone.HOST}:{port}", lambda: peak(process.pid), None
            finally:
                process.kill()
    elif home is not None:
        with standalone.running(home, 1 if engine == "spark1" else 2, folder) as spark:
            yield spark.url, spark.peak, spark.kill_an_executor if engine == "killed" else None


def _run(url: str, records: int, folder: Path, kill: Any) -> Run:
    """One scan in a process of its own, which says when a stage has ended; an executor is killed after the second."""
    words = [sys.executable, "-m", "benchmarks.spark", url, str(folder / str(records))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        stages = 0
        for line in process.stdout:
            if line != "stage\n":
                found: Run = json.loads(line)
            elif (stages := stages + 1) == 2 and kill:
                kill()
    assert process.returncode == 0, f"a scan ended with {process.returncode}"
    return found


def _scan(url: str, stem: str) -> Run:
    from compliance.engine.plan import compile_plan
    from compliance.engine.run import EngineSettings, run, run_on
    from compliance.packs.loader import load_pack

    columns, mapping = pickle.loads(Path(f"{stem}.profile").read_bytes())  # noqa: S301 - we have just written it
    plan = compile_plan(
        load_pack("aml").rules, columns=columns, mapping=mapping, hours_per_step=Decimal(1), time_zone="UTC",
        created_at_us=0, re2=not url,
    )  # fmt: skip
    bounds, records = EngineSettings(2, "1GB", "20GB"), Path(f"{stem}.parquet")
    with tempfile.TemporaryDirectory(dir=records.parent) as folder:
        scratch, begun = Path(folder), time.perf_counter()
        if url:
            from compliance.engine import spark

            cluster = spark.Cluster(url, (scratch / "work").as_uri())
            with spark.Session(cluster, [records.as_uri()], scratch, bounds) as session:
                outcome = run_on(session, plan, scratch=scratch, on_stage=_say)
        else:
            outcome = run(plan, records=records, scratch=scratch, settings=bounds)
        seconds = time.perf_counter() - begun
    errors = [result.reason for result in outcome.rule_results if result.reason]
    assert not errors, errors
    return {
        "seconds": seconds, "digest": outcome.result_digest, "worker": own_peak(), "findings": outcome.finding_count,
        "engine": f"{outcome.engine} {outcome.engine_version}",
    }  # fmt: skip


def _say(_: Any) -> None:
    sys.stdout.write("stage\n")
    sys.stdout.flush()


WORDS = {
    "duckdb": "here, 2 threads", "sail": "one process, 2 threads", "spark1": "a master, one worker of 1 core",
    "spark2": "a master, two workers of 1 core", "killed": "the same, an executor killed after the second stage",
}  # fmt: skip


def _page(rows: list[tuple[int, str, list[Run]]]) -> str:
    lines = [
        "The AML pack (11 rules) over `typical` records, from their Parquet to the files of findings, violations and",
        f"evidence; seconds, median (least to most) of {RUNS} runs after one that does not count, one run beyond a",
        "million records and where an executor is killed. Server, workers and what they judge share this machine's",
        "cores and disk, so that this shows what the engines cost, not what a cluster gains. Every row gave the same",
        "result digest. Memory: the most that processes held (VmHWM), those of the cluster added up; a Java process",
        "takes what it may have.", "",
        "| records | findings | engine | where | seconds | records/s | memory here | memory of the cluster |",
        "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for records, engine, runs in rows:
        seconds = sorted(run["seconds"] for run in runs)
        spread = f" ({seconds[0]:.1f} to {seconds[-1]:.1f})" if len(seconds) > 1 else ""
        here, there = (max(run[name] for run in runs) / GIB for name in ("worker", "servers"))
        lines.append(
            f"| {records:,} | {runs[0]['findings']:,} | {runs[0]['engine']} | {WORDS[engine]} | "
            f"{median(seconds):.1f}{spread} | {records / median(seconds):,.0f} | {here:.2f} GiB | "
            f"{f'{there:.2f} GiB' if there else '-'} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_scan(sys.argv[1], sys.argv[2])) + "\n")
