"""docs/benchmarks.md: a section a benchmark, each saying when and where it was measured."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def with_section(page: str, title: str, name: str, text: str) -> str:
    """The page with the section `title` replaced, or added at its end."""
    about = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    measured = f"Measured by `python -m benchmarks --only {name}` on {datetime.now(UTC):%Y-%m-%d}: {about}."
    section = f"\n## {title}\n{measured}\n{text}\n"
    known = re.compile(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", re.DOTALL)
    if known.search(page):
        return known.sub(lambda _: section.rstrip("\n") + "\n", page)
    return page + section
