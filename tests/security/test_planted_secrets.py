"""Secrets are sent through every door of a running system, whose log says everything; then they are looked for."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from django.db import connection

from accounts import keys
from accounts.models import User
from compliance.models import SourceImport
from config import processes
from tests.compliance import factories
from tests.until import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]
DEBUG = {"LOG_LEVEL": "DEBUG", "SOURCE_SECONDS": "5"}


@pytest.fixture
def talkative(system_environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a web server with a worker beside it, and the one log of both, in which everything stands."""
    port, path = processes.free_port(), tmp_path / "log"
    started = [processes.web(port), processes.worker(concurrency=1)]
    started[1][started[1].index("WARNING")] = "DEBUG"
    with (
        path.open("wb") as log,
        processes.running(*started, environment={**system_environment, **DEBUG}, log=log) as (web, _),
    ):
        processes.wait_until_served(f"http://127.0.0.1:{port}/livez", web)
        yield f"http://127.0.0.1:{port}", path


def test_no_planted_secret_stands_in_a_log_or_readable_in_the_database(talkative: tuple[str, Path]) -> None:
    base, log = talkative
    planted = [*_as_partner(base), *_as_staff(base)]
    logged = log.read_bytes().decode(errors="replace")
    assert "request_finished" in logged  # or nothing was looked at
    assert [secret for secret in planted if secret in logged] == []
    assert {secret: found for secret in planted if (found := _tables_with(secret))} == {}


def _as_partner(base: str) -> Iterator[str]:
    """Keys, right and wrong; the password of a source that cannot be reached, where a partner might write it."""
    group = factories.group()
    key, unknown, password = factories.key_text(group), keys.new_key(test=False), f"hunter-{secrets.token_hex(8)}"
    with httpx.Client(base_url=base, timeout=60) as http:
        for text in (key, unknown, key[:-1], f"{key} {key}"):
            http.get("/api/scan", headers={"Authorization": f"Bearer {text}"})
        http.get(f"/api/scan?token={key}&api_key={key}")
        http.get(f"/api/exports/{key}/file?token={password}")
        http.headers["Authorization"] = f"Bearer {key}"
        config = {"host": "db.example.com", "port": 5432, "database": "x", "user": "x", "query": "SELECT 1"}
        source = {
            "name": "Nightly", "kind": "postgresql_query", "config": config, "secret": password,
            "mapping_config": {"account": "A"}, "temporal_scale": "daily",
        }  # fmt: skip
        made = http.post("/api/sources", json=source)
        assert made.status_code == 201, made.text
        assert password not in made.text
        assert http.post(f"/api/sources/{made.json()['id']}/import").is_success
        for broken in ({**source, "secret": [password]}, {**source, "secret": {"a": password}, "kind": "nothing"}):
            assert password not in http.post("/api/sources", json=broken).text
        until(lambda: SourceImport.objects.filter(group=group, status="failed").exists(), "the import to fail")
    yield from (key, unknown, password)


def _as_staff(base: str) -> Iterator[str]:
    """A password, right and wrong; the secret of an app, its code and the recovery codes."""
    password, wrong = f"right-{secrets.token_hex(8)}", f"wrong-{secrets.token_hex(8)}"
    user = User.objects.create_user(f"ann-{secrets.token_hex(4)}", password=password, is_staff=True)
    with httpx.Client(base_url=base, timeout=60, follow_redirects=True) as http:
        for tried in (wrong, password):
            _send(http, "/admin/login/?next=/admin/second-factor/", username=user.username, password=tried)
        page = http.get("/admin/second-factor/").text
        app = re.search(r"<code>([A-Z2-7]{32})</code>", page)
        assert app
        shown = _send(http, "/admin/second-factor/", code=pyotp.TOTP(app[1]).now()).text
        recovery = re.findall(r"<li><code>(.{23})</code>", shown)
        assert recovery
        _send(http, "/admin/second-factor/", code=recovery[0])
    yield from (password, wrong, app[1], *recovery)


def _send(http: httpx.Client, path: str, **fields: str) -> httpx.Response:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', http.get(path).text)
    assert token
    return http.post(path, data={"csrfmiddlewaretoken": token[1], **fields}, headers={"Referer": str(http.base_url)})


def _tables_with(secret: str) -> list[str]:
    """The tables in a row of which the text stands."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found: list[Any] = []
        for table in tables:
            cursor.execute(f'SELECT 1 FROM "{table}" AS row WHERE strpos(row::text, %s) > 0 LIMIT 1', [secret])
            found += [table] if cursor.fetchone() else []
        return found
