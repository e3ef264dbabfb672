"""docs/operations.md: what it tells to look at is logged, what it tells to run is there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import get_commands
from django.test import Client

from config import env, processes
from config.processes import PROJECT
from tests.docs.pages import sections

PAGE = PROJECT / "docs" / "operations.md"
PARTS = sections(PAGE)
APPS = ("config", "web", "accounts", "jobs", "prospecting", "scans", "compliance")


def test_every_event_it_tells_to_watch_is_logged() -> None:
    code = "".join(path.read_text() for app in APPS for path in (PROJECT / app).rglob("*.py"))
    logged = set(re.findall(r'\.(?:info|warning|error|exception)\(\s*"(\w+)"', code))
    looked_at = "".join(re.findall(r"^\| (.*?) \|", PARTS["What to watch"], re.MULTILINE))
    events = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", looked_at))
    assert len(events) > 8
    assert events <= logged


def test_every_command_it_names_exists() -> None:
    assert set(re.findall(r"^\| `(\w+)", PARTS["Commands"], re.MULTILINE)) <= set(get_commands())


def test_no_command_of_ours_is_left_out() -> None:
    told = "".join(page.read_text() for page in (PAGE, PAGE.with_name("cli.md")) if page.exists())
    ours = {command for command, app in get_commands().items() if app in APPS}
    assert {command for command in ours if not re.search(rf"(?:`|manage\.py ){command}\b", told)} == set()


@pytest.mark.parametrize(
    "command", [processes.web(8000, processes=2), processes.worker(), processes.beat()], ids=lambda c: c[2]
)
def test_the_processes_are_started_as_the_tests_start_them(command: list[str]) -> None:
    shown = [line.split() for line in PAGE.read_text().splitlines() if line.startswith(".venv/bin/")]
    wanted = set(command[3:]) - {"-l", "WARNING", "--respawn-failed-workers"}
    assert any(line[0] == f".venv/bin/{command[2]}" and wanted <= set(line) for line in shown)


def test_a_health_check_by_plain_http_is_redirected_unless_it_says_that_the_proxy_had_https(
    settings: Any, client: Client
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client.get("/livez").status_code == 301
    assert client.get("/livez", headers={"X-Forwarded-Proto": "https"}).status_code == 200


def test_the_environment_it_shows_is_taken() -> None:
    (example,) = re.findall(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names = [line.partition("=")[0].removesuffix("_FILE") for line in example.splitlines()]
    assert [name for name in names if not hasattr(env, name)] == []
