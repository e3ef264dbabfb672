"""`make security`: the tests that hold each promise of safety, checks by tools, and docs/security-tests.md about both.

Ends with 1 when anything was found. What cannot be had here (the data of the dependency audit, without a network) is
recorded as not run.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from config.processes import PROJECT
from tests.security.promises import PROMISES

REPORT = PROJECT / "docs" / "security-tests.md"
AUDIT = "pip-audit==2.10.1"
FOUND_NOTHING = "No known vulnerabilities found"
HEAD = """# Security, tested

What holds the promises of [Security](security.md). `make security` runs all of it anew and writes this page; the tests
are a part of `make test`, too.

Run on {date}: {machine}, `make security`.

| promise | tests | result |
|---|---|---|
{promises}

| check | result |
|---|---|
{checks}

Skipped are tests of routes that a promise says nothing about, such as of ids where a route names none. What is not
promised: whoever has the database and its keys reads everything. SQL smuggled into a partner's request could put off
row-level security ([decision 28](adr/0028-row-level-security.md)), so none is ever built from input.
"""


@dataclass(frozen=True)
class Check:
    name: str
    result: str
    good: bool


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        ran = _pytest(results)
        counts = _by_promise(ElementTree.parse(results)) if results.exists() else {}
    checks = [*_checks()]
    promises = [f"| {promise} | {counts[promise].total()} | {_told(counts[promise])} |" for promise in PROMISES]
    REPORT.write_text(
        HEAD.format(
            date=datetime.now(UTC).date(),
            machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            promises="\n".join(promises),
            checks="\n".join(f"| {check.name} | {check.result} |" for check in checks),
        )
    )
    for check in checks:
        print(f"{check.name}: {check.result}")
    return int(ran != 0 or not all(check.good for check in checks))


def _pytest(results: Path) -> int:
    paths = sorted({path for paths in PROMISES.values() for path in paths})
    options = ["-n", str(os.cpu_count()), "--dist", "loadgroup", "-q", f"--junitxml={results}"]
    return subprocess.run([sys.executable, "-m", "pytest", *options, *paths], cwd=PROJECT, check=False).returncode


def _by_promise(results: ElementTree.ElementTree) -> dict[str, Counter[str]]:
    """How the tests of each promise ended; a test that holds two promises counts for both."""
    counts: dict[str, Counter[str]] = {promise: Counter() for promise in PROMISES}
    for case in results.iter("testcase"):
        file = case.attrib["classname"].replace(".", "/")
        ended = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
        for promise, paths in PROMISES.items():
            if any(file.startswith(path.removesuffix(".py")) for path in paths):
                counts[promise][ended] += 1
    return counts


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {ended}" for ended, count in sorted(counts.items())) or "not run"


def _checks() -> Iterator[Check]:
    production = {
        "DATABASE_URL": "postgresql://none/none", "REDIS_URL": "redis://none", "HTTPS": "true",
        "SECRET_KEY": "nothing-is-served-here-7Qw9zXc2vB4nM6kL8jH1gF3dS5aP0oIuYtR",
    }  # fmt: skip
    deploy = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    yield _check("`manage.py check --deploy`, with HTTPS=true", deploy, production)
    yield _check("ruff with its security rules (S; assertions may stand)", [sys.executable, "-m", "ruff", "check", "."])
    yield _audit()


def _check(name: str, command: list[str], environment: dict[str, str] | None = None) -> Check:
    ran = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    last = [*(ran.stdout + ran.stderr).strip().splitlines(), ""][-1] if ran.returncode else "clean"
    return Check(name, last.replace("|", "/"), ran.returncode == 0)


def _audit() -> Check:
    """Every locked package against the OSV database. It asks over the network; without one it is not run."""
    command = ["-m", "uv", "tool", "run", "-q", AUDIT, "-r", "requirements.lock", "--disable-pip", "--require-hashes"]
    ran = subprocess.run(
        [sys.executable, *command, "--strict", "-s", "osv"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    said = (ran.stdout + ran.stderr).strip()
    name = f"known vulnerabilities of locked packages ({AUDIT.replace('==', ' ')}, OSV)"
    if FOUND_NOTHING in said:
        return Check(name, "clean", True)
    if "ConnectionError" in said or "Connection" in said and "vulnerabilit" not in said:
        return Check(name, "not run: the database of vulnerabilities could not be reached", True)
    return Check(name, said.splitlines()[-1] if said else "failed", False)


if __name__ == "__main__":
    raise SystemExit(main())
