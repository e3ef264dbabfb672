"""Data sources: what may be stored, and an import from each kind of place through a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEntry
from compliance.models import Source, Upload
from tests.compliance import factories
from tests.partner import Partner
from tests.until import until
from tests.web.file_server import FileServer, serving

pytestmark = pytest.mark.system

QUERY = {"host": "db.example.com", "database": "d", "user": "u", "query": "SELECT 1"}
CSV = b"Account,Amount\nA1,500\nA2,5\n"


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    with serving() as known:
        yield known


@pytest.fixture(scope="module")
def drops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drops")


@pytest.fixture
def places(server: FileServer, drops: Path) -> dict[str, str]:
    """What the operator has allowed for these tests."""
    return {"OUTBOUND_ALLOW": f"127.0.0.1:{server.port}", "SOURCE_ROOTS": f"{drops}/{{group}}"}


@pytest.fixture
def make(partner: Partner, settings: Any, server: FileServer) -> Callable[..., str]:
    """A source as a row, as the web server of the tests allows no place."""

    def made(kind: str, config: dict[str, Any], **more: Any) -> str:
        return str(factories.source(partner.group, kind=kind, config=config, **more).pk)

    return made


def imported(partner: Partner, source: str) -> dict[str, Any]:
    answer = partner.http.post(f"/api/sources/{source}/import", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text

    def over() -> dict[str, Any] | None:
        status = partner.ok(partner.http.get(answer.headers["Location"]))
        return None if status["status"] in ("pending", "running") else status

    return until(over, "the end of the import")


def test_a_file_behind_an_address_becomes_an_upload(
    partner: Partner, make: Callable[..., str], server: FileServer, start_worker: Any, places: dict[str, str]
) -> None:
    start_worker(**places)
    server.serve("/ledger.csv", CSV)
    source = make("https_file", {"url": f"http://127.0.0.1:{server.port}/ledger.csv"})
    done = imported(partner, source)
    assert (done["status"], done["error"]) == ("completed", None)
    upload = partner.ok(partner.http.get(f"/api/data/{done['upload_id']}"))
    assert (upload["row_count"], upload["headers"]) == (2, ["Account", "Amount"])
    assert Upload.objects.get(pk=done["upload_id"]).name == "ledger.csv"
    listed = partner.ok(partner.http.get(f"/api/sources/{source}/imports"))["imports"]
    assert [each["id"] for each in listed] == [done["id"]]

    server.serve("/ledger.csv", b"planted words", status=503)
    failed = imported(partner, source)
    assert (failed["status"], failed["error"]["code"], failed["upload_id"]) == ("failed", "SOURCE_UNAVAILABLE", None)
    assert "503" in failed["error"]["message"]
    assert "planted" not in failed["error"]["message"]

    server.serve("/ledger.csv", b"\x00\x01\x02 no table")
    assert imported(partner, source)["error"]["code"] == "VALIDATION_ERROR"

    inside = make("https_file", {"url": "http://127.0.0.1:1/ledger.csv"})
    assert imported(partner, inside)["error"]["code"] == "SOURCE_REFUSED"

    folder = Path(places["SOURCE_ROOTS"].replace("{group}", partner.group.pk))
    folder.mkdir()
    (folder / "old.csv").write_bytes(CSV)
    os.utime(folder / "old.csv", (1, 1))
    (folder / "new.csv").write_bytes(CSV + b"A3,7\n")
    newest = imported(partner, make("files", {"path": f"{folder}/*.csv"}))
    assert Upload.objects.get(pk=newest["upload_id"]).row_count == 3


def test_a_secret_is_never_shown(partner: Partner) -> None:
    body = {
        "name": "Sealed",
        "kind": "https_file",
        "config": {"url": "https://a.example.com/f"},
        "secret": "planted-word",
    }
    made = partner.http.post("/api/sources", json=body)
    assert made.status_code == 201, made.text
    source = Source.objects.get(pk=made.json()["id"])
    answers = [made, partner.http.get(f"/api/sources/{source.pk}"), partner.http.get("/api/sources")]
    assert made.json()["has_secret"] is True
    assert all("planted-word" not in answer.text for answer in answers)
    assert "planted-word" not in f"{source.secret!r} {source.secret}"
    assert source.secret.reveal() == "planted-word"
    assert "planted-word" not in source.secret.token
    for entry in AuditEntry.objects.filter(chain=partner.group.pk):
        assert "planted-word" not in f"{entry.before} {entry.after}"


@pytest.mark.parametrize(
    ("kind", "config", "path"),
    [
        ("https_file", {"url": "http://files.example.com/a"}, "config.url"),
        ("https_file", {"url": "https://user:word@files.example.com/a"}, "config.url"),
        ("https_file", {"url": "https://files.example.com:22/a"}, "config.url"),
        ("https_file", {"url": "https://files.example.com/a", "header": "Host"}, "config.header"),
        ("https_file", {"url": "https://files.example.com/a", "header": "A\r\nB"}, "config.header"),
        ("https_file", {"url": "https://files.example.com/a", "verify": False}, "config.verify"),
        ("https_file", {}, "config.url"),
        ("files", {"path": "relative/*.csv"}, "config.path"),
        ("files", {"path": "/srv/../etc/passwd"}, "config.path"),
        ("files", {"path": "/srv/*/a.csv"}, "config.path"),
        ("files", {"path": "file:///etc/passwd"}, "config.path"),
        ("files", {"path": "/srv/"}, "config.path"),
        ("postgresql_query", {"host": "/tmp", "database": "d", "user": "u", "query": "SELECT 1"}, "config.host"),
        ("postgresql_query", {"host": "a,b", "database": "d", "user": "u", "query": "SELECT 1"}, "config.host"),
        ("postgresql_query", {"host": "a", "database": "d", "user": "u", "query": "S", "port": "5432"}, "config.port"),
        (
            "postgresql_query",
            {"host": "a", "database": "d", "user": "u", "query": "S", "sslmode": "x"},
            "config.sslmode",
        ),
    ],
)
def test_a_config_is_checked_when_it_is_stored(kind: str, config: dict[str, Any], path: str, partner: Partner) -> None:
    answer = partner.http.post("/api/sources", json={"name": "Odd", "kind": kind, "config": config})
    assert answer.status_code == 400, answer.text
    assert path in [fault["path"] for fault in answer.json()["details"]]


def test_two_sources_of_one_name_conflict_until_one_is_deleted(partner: Partner) -> None:
    body = {"name": "Nightly", "kind": "https_file", "config": {"url": "https://a.example.com/f"}}
    first = partner.ok(partner.http.post("/api/sources", json=body))["id"]
    assert partner.http.post("/api/sources", json=body).status_code == 409
    assert partner.http.delete(f"/api/sources/{first}").json() == {"success": True}
    assert partner.http.get(f"/api/sources/{first}").status_code == 404
    assert partner.http.post("/api/sources", json=body).status_code == 201
