"""POST /api/data/upload and what belongs to it: files as people really send them, good and bad."""

from __future__ import annotations

import csv
import gzip
import io
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config import processes
from tests.compliance import factories
from tests.compliance.uploads.workbooks import raw_workbook, workbook, zipped
from tests.contract.standing import standing
from tests.partner import Partner

pytestmark = pytest.mark.system

CSV = b"Account,Amount\nA1,500\nA2,5\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256))
BOMB = gzip.compress(b"Account,Amount\n" + b"A1,500\n" * 10_000_000, 9)
ENDLESS = gzip.compress(b'Account,Amount\nA1,"' + b"5" * 100_000_000 + b'"\n', 1)
WIDE = ",".join(f"c{n}" for n in range(10_000)) + "\n" + ",".join("1" * 10_000) + "\n"


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"Konto": ["Müller"], "Betrag": [500]}), file)
    return file.getvalue()


PARQUET = parquet()


def send(partner: Partner, content: bytes, name: str = "file.csv", **headers: str) -> httpx.Response:
    return partner.http.post("/api/data/upload", files={"file": (name, content)}, headers=headers)


def refused(partner: Partner, answer: httpx.Response, status: int, code: str) -> str:
    """The message of a refusal in the dialect of compliance."""
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text
    assert set(answer.json()) <= {"error", "message", "details"}
    return str(answer.json()["message"])


BAD: list[tuple[str, bytes, int, str, str]] = [
    ("empty", b"", 400, "VALIDATION_ERROR", "empty"),
    ("blank lines", b"\n\n  \n", 400, "VALIDATION_ERROR", ""),
    ("header only", b"Account,Amount\n", 400, "VALIDATION_ERROR", "no record"),
    ("no header", b"1,2\n3,4\n", 400, "VALIDATION_ERROR", "column names"),
    ("binary", bytes(range(256)) * 50, 400, "VALIDATION_ERROR", "binary"),
    ("a picture named .csv", PNG, 400, "VALIDATION_ERROR", "PNG"),
    ("a damaged workbook", b"PK\x03\x04" + bytes(200), 400, "VALIDATION_ERROR", "archive"),
    ("a zip of something", zipped({"a.csv": CSV}), 400, "VALIDATION_ERROR", "zip archive"),
    ("a workbook bomb", raw_workbook(" " * 20_000_000), 413, "PAYLOAD_TOO_LARGE", "100 times"),
    ("half a Parquet file", PARQUET[:-20], 400, "VALIDATION_ERROR", "Parquet"),
    ("Parquet inside gzip", gzip.compress(PARQUET), 400, "VALIDATION_ERROR", "inside gzip"),
    ("half a gzip", gzip.compress(CSV * 1000)[:-20], 400, "VALIDATION_ERROR", "gzip"),
    ("a bomb", BOMB, 413, "PAYLOAD_TOO_LARGE", "inflates"),
    ("10,000 columns", WIDE.encode(), 400, "VALIDATION_ERROR", "10,000 columns"),
    ("one endless line", b"Account,Amount\nA1," + b"5" * 9_000_000, 413, "PAYLOAD_TOO_LARGE", "longer than"),
    ("nothing but ragged rows", b"Account,Amount\n1,2,3\n4,5,6\n", 400, "VALIDATION_ERROR", "None of the 2 rows"),
    ("a JSON array", b'[{"Account": "A1"}]', 400, "VALIDATION_ERROR", "JSON array"),
    ("broken JSON lines", b'{"Account":\n"A1"}\n', 400, "VALIDATION_ERROR", "one whole object on each line"),
    ("two encodings", "Konto\nMüller\n".encode() + "Müller\n".encode("cp1252"), 400, "VALIDATION_ERROR", "UTF-8"),
    ("half of UTF-16", "Konto,Betrag\nMüller,5\n".encode("utf-16")[:-1], 400, "VALIDATION_ERROR", "UTF-16"),
    ("100 MB in one cell", ENDLESS, 413, "PAYLOAD_TOO_LARGE", "longer than"),
]


@pytest.mark.parametrize(
    ("content", "status", "code", "says"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason_and_nothing_stays(
    partner: Partner, content: bytes, status: int, code: str, says: str
) -> None:
    before = standing(partner.group)
    answer = send(partner, content)
    message = refused(partner, answer, status, code)
    assert says in message
    if content:  # an empty part is no file for Django: no field to name
        assert answer.json()["details"] == [{"path": "file", "message": message}]
    assert standing(partner.group) == before


GOOD: list[tuple[str, bytes]] = [
    ("UTF-8 with a mark", b"\xef\xbb\xbfKonto,Betrag\nM\xc3\xbcller,500\n"),
    ("UTF-16", "Konto,Betrag\nMüller,500\n".encode("utf-16")),
    ("Windows-1252", "Konto,Betrag\nMüller,500\n".encode("cp1252")),
    ("gzip", gzip.compress("Konto,Betrag\nMüller,500\n".encode())),
    ("semicolons and CRLF", "Konto;Betrag\r\nMüller;500\r\n".encode()),
    ("tabs and CR", "Konto\tBetrag\rMüller\t500\r".encode()),
    ("quotes", '"Konto","Betrag"\n"Müller","500"\n'.encode()),
    ("no line end at the end", "Konto,Betrag\nMüller,500".encode()),
    ("UTF-16 without a mark", "Konto,Betrag\nMüller,500\n".encode("utf-16-be")),
    ("colons", "Konto:Betrag\nMüller:500\n".encode()),
    ("carets", "Konto^Betrag\nMüller^500\n".encode()),
    ("JSON lines", '{"Konto": "Müller", "Betrag": 500}\n'.encode()),
    ("gzip of JSON lines", gzip.compress('{"Konto": "Müller", "Betrag": 500}\n'.encode())),
    ("a workbook named .csv", workbook({"Blatt": [["Konto", "Betrag"], ["Müller", 500]]})),
    ("Parquet named .csv", PARQUET),
]


@pytest.mark.parametrize("content", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
def test_a_file_is_read_however_it_is_written(partner: Partner, content: bytes) -> None:
    answer = send(partner, content)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["headers"], found["row_count"], found["rejected_rows"]) == (["Konto", "Betrag"], 1, 0)
    assert found["sample_rows"] == [{"Konto": "Müller", "Betrag": "500"}]


def test_ragged_rows_are_set_aside_and_counted(partner: Partner) -> None:
    found = partner.upload("Account,Amount\nA1,500\nA2\nA3,1,2\nA4,7\n")
    assert (found["row_count"], found["rejected_rows"]) == (2, 2)
    assert any("2" in warning for warning in found["warnings"])


def test_what_was_set_aside_is_listed_page_by_page(partner: Partner) -> None:
    content = "Account,Amount\n" + "".join(f"A{n},1\n=B{n},Ä,2\n" for n in range(30))
    upload = partner.upload(content)["upload_id"]
    path, found, query = f"/api/data/{upload}/rejects", [], {"limit": 12}
    while True:
        page = partner.ok(partner.http.get(path, params=query))
        found += page["rejects"]
        assert page["has_more"] is (page["next_cursor"] is not None)
        if not page["has_more"]:
            break
        query["cursor"] = page["next_cursor"]
    reason = "has 3 fields, the header has 2"
    assert found == [
        {"line": 2 * n + 3, "row": 2 * n + 2, "reason": reason, "text": f"=B{n},Ä,2"} for n in range(30)
    ]  # fmt: skip
    file = partner.http.get(path, params={"format": "csv"})
    assert file.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(file.text.lstrip("\ufeff").splitlines()))
    assert (rows[0], len(rows)) == (["line", "row", "reason", "text"], 31)
    assert not rows[1][3].startswith("=")


def test_a_file_without_rejects_has_an_empty_list_and_cursors_are_signed(partner: Partner) -> None:
    upload = partner.upload(CSV)["upload_id"]
    path = f"/api/data/{upload}/rejects"
    assert partner.ok(partner.http.get(path)) == {"rejects": [], "next_cursor": None, "has_more": False}
    for query in ({"cursor": "12"}, {"cursor": "x.y"}, {"limit": "0"}, {"format": "xml"}):
        refused(partner, partner.http.get(path, params=query), 400, "VALIDATION_ERROR")
    partner.ok(partner.http.delete(f"/api/data/{upload}"))
    refused(partner, partner.http.get(path), 409, "CONFLICT")


def test_repeated_headers_get_numbers(partner: Partner) -> None:
    found = partner.upload("Amount,Amount,Account\n1,2,A\n")
    assert (found["headers"], found["warnings"] != []) == (["Amount", "Amount.1", "Account"], True)


def test_the_answer_has_every_documented_field_and_can_be_read_again(partner: Partner) -> None:
    found = partner.upload(CSV)
    documented = {
        "upload_id", "row_count", "headers", "sample_rows", "detected_dataset", "suggested_mapping",
        "mapping_confidence", "temporal_scale", "sha256", "columns", "rejected_rows",
    }  # fmt: skip
    assert documented <= set(found)
    assert {"name", "type", "nulls", "distinct", "min", "max"} <= set(found["columns"][0])
    assert partner.ok(partner.http.get(f"/api/data/{found['upload_id']}")) == found


FORMS: list[tuple[str, dict[str, Any], int]] = [
    ("nothing", {}, 400),
    ("another field", {"files": {"upload": ("file.csv", CSV)}}, 400),
    ("two files", {"files": [("file", ("a.csv", CSV)), ("file", ("b.csv", CSV))]}, 400),
    ("a file and a field", {"files": {"file": ("file.csv", CSV)}, "data": {"policy": "x"}}, 400),
    ("text instead of a file", {"files": {"file": (None, CSV)}}, 400),
    ("a nameless file", {"files": {"file": ("", CSV)}}, 400),
    ("JSON", {"json": {"file": "a"}}, 415),
    ("a plain body", {"content": CSV, "headers": {"Content-Type": "text/csv"}}, 415),
    ("text/plain", {"content": CSV, "headers": {"Content-Type": "text/plain"}}, 415),
    ("a web form", {"data": {"file": "a"}}, 415),
    ("no boundary", {"content": CSV, "headers": {"Content-Type": "multipart/form-data"}}, 400),
    ("an empty form", {"content": b"", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
    ("another boundary", {"content": CSV, "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
    ("a hundred files", {"files": [("file", (f"{n}.csv", CSV)) for n in range(101)]}, 400),
    ("a query parameter", {"files": {"file": ("file.csv", CSV)}, "params": {"name": "x"}}, 400),
]


@pytest.mark.parametrize(("form", "status"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_anything_but_one_file_named_file_is_refused(partner: Partner, form: dict[str, Any], status: int) -> None:
    before = standing(partner.group)
    answer = partner.http.post("/api/data/upload", **form)
    refused(partner, answer, status, "VALIDATION_ERROR" if status == 400 else "UNSUPPORTED_MEDIA_TYPE")
    assert standing(partner.group) == before


def test_a_file_without_its_closing_boundary_is_refused(partner: Partner) -> None:
    """A proxy that cuts the body would else make us take half a file for a whole one."""
    before = standing(partner.group)
    assert "ended before" in refused(partner, send_cut(partner.http), 400, "VALIDATION_ERROR")
    assert standing(partner.group) == before


def send_cut(http: httpx.Client) -> httpx.Response:
    request = http.build_request("POST", "/api/data/upload", files={"file": ("file.csv", CSV)})
    headers = {"Content-Type": request.headers["Content-Type"]}
    return http.post("/api/data/upload", content=request.read()[:-40], headers=headers)


def test_a_connection_that_breaks_in_the_middle_of_a_file_leaves_nothing(partner: Partner) -> None:
    before = standing(partner.group)
    request = partner.http.build_request("POST", "/api/data/upload", files={"file": ("file.csv", CSV * 50)})
    body = request.read()
    head = "POST /api/data/upload HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in request.headers.items()
    )
    at = urlsplit(str(partner.http.base_url))
    with socket.create_connection((at.hostname, at.port or 80), timeout=300) as line:
        line.sendall(head.encode() + b"\r\n" + body[:-60])
        line.shutdown(socket.SHUT_WR)
        line.recv(65_536)  # whatever is said, or the end: the server is done with the request then
    assert standing(partner.group) == before
    assert partner.http.get("/api/data").json()["uploads"] == []


@pytest.fixture
def small_server(system_environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server that takes 2,000 bytes, and the folder of its temporary files."""
    port, temporary = processes.free_port(), tmp_path / "temporary"
    temporary.mkdir()
    environment = {**system_environment, "UPLOAD_MAX": "2000", "TMPDIR": str(temporary)}
    with processes.running(processes.web(port), environment=environment) as (server,):
        processes.wait_until_served(f"http://127.0.0.1:{port}/livez", server)
        yield f"http://127.0.0.1:{port}", temporary


def test_a_file_larger_than_allowed_is_refused_and_leaves_nothing_behind(
    partner: Partner, small_server: tuple[str, Path]
) -> None:
    address, temporary = small_server
    before = standing(partner.group)
    with httpx.Client(base_url=address, headers=partner.http.headers, timeout=300) as http:
        too_large = http.post("/api/data/upload", files={"file": ("file.csv", CSV * 100)})
        assert "2,000 bytes" in refused(partner, too_large, 413, "PAYLOAD_TOO_LARGE")
        assert standing(partner.group) == before
        assert http.post("/api/data/upload", files={"file": ("file.csv", CSV)}).status_code == 201
        assert send_chunked(http, CSV * 100).status_code == 413
        assert send_cut(http).status_code == 400
    assert [path.name for path in temporary.rglob("*") if path.is_file()] == []


def send_chunked(http: httpx.Client, content: bytes) -> httpx.Response:
    """Without Content-Length."""
    request = http.build_request("POST", "/api/data/upload", files={"file": ("file.csv", content)})
    body = request.read()

    def pieces() -> Iterator[bytes]:
        yield from (body[at : at + 500] for at in range(0, len(body), 500))

    return http.post("/api/data/upload", content=pieces(), headers={"Content-Type": request.headers["Content-Type"]})


def test_a_chunked_body_is_read_like_any_other(partner: Partner) -> None:
    assert send_chunked(partner.http, CSV).status_code == 201


def test_the_same_key_and_file_give_the_same_upload(partner: Partner) -> None:
    first, second = send(partner, CSV, **{"Idempotency-Key": "k"}), send(partner, CSV, **{"Idempotency-Key": '"k"'})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert standing(partner.group)["Upload"] == 1
    assert standing(partner.group)["files"] == 2


def test_equal_uploads_at_once_make_one(partner: Partner) -> None:
    def one(_: int) -> httpx.Response:
        headers = {**partner.http.headers, "Idempotency-Key": "once"}
        address = f"{partner.http.base_url}/api/data/upload"
        return httpx.post(address, files={"file": ("file.csv", CSV)}, headers=headers, timeout=300)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(one, range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["upload_id"] for answer in answers}) == 1
    assert (standing(partner.group)["Upload"], standing(partner.group)["files"]) == (1, 2)


def test_the_same_key_with_another_file_or_name_is_a_conflict(partner: Partner) -> None:
    assert send(partner, CSV, **{"Idempotency-Key": "k"}).status_code == 201
    before = standing(partner.group)
    for content, name in ((CSV + b"A3,1\n", "file.csv"), (CSV, "other.csv")):
        answer = send(partner, content, name, **{"Idempotency-Key": "k"})
        refused(partner, answer, 409, "IDEMPOTENCY_CONFLICT")
    assert standing(partner.group) == before


def test_a_refused_file_does_not_use_the_key_up(partner: Partner) -> None:
    assert send(partner, b"", **{"Idempotency-Key": "k"}).status_code == 400
    assert send(partner, b"Account\n", **{"Idempotency-Key": "k"}).status_code == 400
    assert send(partner, CSV, **{"Idempotency-Key": "k"}).status_code == 201


def test_keys_of_other_account_groups_are_other_keys(new_partner: Callable[..., Partner]) -> None:
    answers = [send(new_partner(), CSV, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["upload_id"] != answers[1].json()["upload_id"]


def test_a_key_that_is_no_key_is_refused(partner: Partner) -> None:
    for key in ("", "a" * 256, "\xfc"):
        answer = partner.http.post(
            "/api/data/upload", files={"file": ("file.csv", CSV)}, headers={b"Idempotency-Key": key.encode("latin-1")}
        )
        refused(partner, answer, 400, "VALIDATION_ERROR")
    assert standing(partner.group)["Upload"] == 0


def test_a_deleted_upload_keeps_its_hash_and_loses_its_content(partner: Partner) -> None:
    upload = partner.upload(CSV)
    path = f"/api/data/{upload['upload_id']}"
    assert partner.ok(partner.http.delete(path)) == {"success": True}
    seen = partner.ok(partner.http.get(path))
    assert (seen["status"], seen["sha256"], seen["sample_rows"]) == ("deleted", upload["sha256"], [])
    assert seen["deleted_at"] is not None
    assert standing(partner.group)["files"] == 0
    body = {"upload_id": upload["upload_id"], "mapping_config": {"amount": "Amount"}}
    refused(partner, partner.http.post("/api/data/mapping/confirm", json=body), 409, "CONFLICT")


def test_an_upload_is_not_deleted_under_a_live_scan(partner: Partner) -> None:
    upload = factories.upload(partner.group)
    factories.scan(partner.group, upload_of=upload)
    refused(partner, partner.http.delete(f"/api/data/{upload.pk}"), 409, "CONFLICT")
    assert partner.ok(partner.http.get(f"/api/data/{upload.pk}"))["status"] == "ready"
