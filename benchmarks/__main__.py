"""`make bench`: measures what README says, and writes docs/benchmarks.md. `--only million` measures one thing."""

from __future__ import annotations

import argparse
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
    storing,
    tiny_jobs,
)
from benchmarks.system import started

# Measured as processes with servers.
SYSTEMS = {
    "scans": scans, "million": million, "leads": leads, "enrichment": enrichment, "fetching": fetching,
    "signals": signal_scans,
}  # fmt: skip
LIBRARIES = {"matching": matching, "lists": lists, "storing": storing, "serving": serving, "jobs": tiny_jobs}
BENCHMARKS = SYSTEMS | LIBRARIES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, help="measure this one and leave the rest of the page as it is")
    only = parser.parse_args().only
    page = report.PAGE.read_text() if only else report.HEAD
    for name in [only] if only else BENCHMARKS:
        # A system of its own for each: what one left behind is not in the other's way.
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scanward-bench-")))
            given = [started(stack, folder)] if name in SYSTEMS else []
            measured = BENCHMARKS[name].section(*given, folder)
        sys.stdout.write(f"{measured}\n")
        page = report.with_section(page, BENCHMARKS[name].TITLE, name, measured)
    report.PAGE.write_text(page)


if __name__ == "__main__":
    main()
