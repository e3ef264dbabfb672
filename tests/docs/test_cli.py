"""The examples of docs/cli.md print what stands there, and no command or option is left out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from config.processes import PROJECT

PAGE = (PROJECT / "docs" / "cli.md").read_text()
BLOCKS = re.findall(r"```console printed\n(.*?)```", PAGE, re.DOTALL)
OURS = {name: str(app) for name, app in get_commands().items() if (PROJECT / str(app) / "management").exists()}
BRIEFLY = {"serve", "demo", "demo_signals", "sandbox_provider"}
OF_ALL = {
    "-h", "--help", "--version", "-v", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
    "--force-color", "--skip-checks", "--json",
}  # fmt: skip

# What is never twice the same, and what is each machine's own.
MASKS = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\b[0-9a-f]{24}\b", "ID"),
    (r"sk_live_(\.\.\.)?\w+", "KEY"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME"),
    (r"\d+\.\d\d s\b", "N s"),
    (r" +\d+\.\d{3}$", " N"),
    (r"PostgreSQL \d+ at \S+", "PostgreSQL"),
    (r"(Valkey|Redis) \S+ answers; .*", "Redis"),
    (r"all \d+ are", "all are"),
    (r"worker@\S+", "worker@host."),
    (r"[\d,.]+ GiB", "N GiB"),
    (r"\S*/python", "python"),
    (r"(?<= )\(?/[^ ]+", "PATH"),
    (r"duckdb \S+", "duckdb"),
)


def masked(text: str) -> str:
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text, flags=re.MULTILINE | re.IGNORECASE)
    return text


def told(block: str) -> list[tuple[str, str]]:
    """(command, what it prints), as the block says."""
    found = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    assert "".join(f"$ {command}\n{output}" for command, output in found) == block
    return found


@pytest.mark.system
@pytest.mark.skipif(not shutil.which("bash"), reason="the page uses bash")
def test_the_examples_print_what_stands_there(
    fresh_database: str, system_environment: dict[str, str], start_worker: Callable[..., Any], tmp_path: Path
) -> None:
    server, _, _ = system_environment["DATABASE_URL"].rpartition("/")
    own = {"DATABASE_URL": f"{server}/{fresh_database}", "REDIS_PREFIX": f"{os.environ['REDIS_PREFIX']}cli:"}
    start_worker(**own)
    (tmp_path / "docs").symlink_to(PROJECT / "docs")
    program = tmp_path / "bin" / "manage.py"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROJECT / "manage.py"}" "$@"\n')
    program.chmod(0o755)
    examples = [example for block in BLOCKS for example in told(block)]
    mark = "-- next --"
    script = "".join(f"{command}\necho '{mark}'\n" for command, _ in examples)
    environment = {**os.environ, **system_environment, **own, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    # `echo $?` is about the command before it, not about the mark.
    script = re.sub(rf"\necho '{mark}'\necho \$\?\n", f"\nCODE=$?; echo '{mark}'\necho $CODE\n", script)
    ran = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False, timeout=1200,
    )  # fmt: skip
    printed = ran.stdout.split(f"{mark}\n")[:-1]
    assert len(printed) == len(examples), ran.stdout + ran.stderr
    for (command, expected), output in zip(examples, printed, strict=True):
        assert masked(output) == masked(expected), command


def test_every_command_is_told() -> None:
    headings = set(re.findall(r"^## (\w+)$", PAGE, re.MULTILINE))
    assert headings == set(OURS) - BRIEFLY
    assert all(f"`{name}`" in PAGE for name in BRIEFLY)


@pytest.mark.parametrize("name", sorted(set(OURS) - BRIEFLY))
def test_every_option_is_told_where_its_command_is(name: str) -> None:
    section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
    parser = load_command_class(OURS[name], name).create_parser("manage.py", name)
    options = {option for action in parser._actions for option in action.option_strings} - OF_ALL
    assert {option for option in options if option not in section} == set()
