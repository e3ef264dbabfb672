"""`make bench`: measures what README says, and writes docs/benchmarks.md. `--only million` measures one thing."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import (
    engine,
    enrichment,
    fetching,
    growth,
    leads,
    lists,
    matching,
    million,
    report,
    scans,
    serving,
    signal_scans,
    sizes,
    spark,
    storing,
    tiny_jobs,
    uploads,
)
from benchmarks.system import started

# Measured as processes with servers.
SYSTEMS = {
    "scans": scans, "million": million, "uploads": uploads, "growth": growth, "leads": leads,
    "enrichment": enrichment, "fetching": fetching, "signals": signal_scans,
}  # fmt: skip
LIBRARIES = {
    "engine": engine, "matching": matching, "lists": lists, "spark": spark, "storing": storing, "serving": serving,
    "jobs": tiny_jobs,
}  # fmt: skip
BENCHMARKS = SYSTEMS | LIBRARIES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, help="measure this one and leave the rest of the page as it is")
    parser.add_argument("--large", action="store_true", help="measure what takes long as well: 10 million records")
    parser.add_argument("--scale", type=float, help="a part of the data (0..1), to see that it works; the page stays")
    options = parser.parse_args()
    if options.large:
        os.environ[sizes.LARGE] = "1"
    if options.scale is not None:
        os.environ[sizes.SCALE] = str(options.scale)
    if options.only:
        measure(options.only)
        return
    for name in BENCHMARKS:  # each a process of its own: Django is set up for one set of settings and servers
        subprocess.run([sys.executable, "-m", "benchmarks", "--only", name], check=True)


def measure(name: str) -> None:
    """Measure one, with a system of its own, and write its section of the page, unless only a part is measured."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scanward-bench-")))
        given = [started(stack, folder)] if name in SYSTEMS else []
        measured = BENCHMARKS[name].section(*given, folder)
    sys.stdout.write(f"{measured}\n")
    if not sizes.is_part():
        report.PAGE.write_text(report.with_section(report.PAGE.read_text(), BENCHMARKS[name].TITLE, name, measured))


if __name__ == "__main__":
    main()
