"""`make bench`: measures what README says, and writes docs/benchmarks.md. `--only million` measures one thing."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import (
    enrichment,
    fetching,
    leads,
    lists,
    matching,
    million,
    report,
    scans,
    serving,
    signal_scans,
    spark,
    storing,
    tiny_jobs,
)
from benchmarks.system import started

# Measured as processes with servers.
SYSTEMS = {
    "scans": scans, "million": million, "leads": leads, "enrichment": enrichment, "fetching": fetching,
    "signals": signal_scans,
}  # fmt: skip
LIBRARIES = {
    "matching": matching, "lists": lists, "spark": spark, "storing": storing, "serving": serving, "jobs": tiny_jobs,
}  # fmt: skip
BENCHMARKS = SYSTEMS | LIBRARIES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, help="measure this one and leave the rest of the page as it is")
    only = parser.parse_args().only
    if only:
        measure(only)
        return
    for name in BENCHMARKS:  # each a process of its own: Django is set up for one set of settings and servers
        subprocess.run([sys.executable, "-m", "benchmarks", "--only", name], check=True)


def measure(name: str) -> None:
    """Measure one, with a system of its own, and write its section of the page."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scanward-bench-")))
        given = [started(stack, folder)] if name in SYSTEMS else []
        measured = BENCHMARKS[name].section(*given, folder)
    sys.stdout.write(f"{measured}\n")
    report.PAGE.write_text(report.with_section(report.PAGE.read_text(), BENCHMARKS[name].TITLE, name, measured))


if __name__ == "__main__":
    main()
