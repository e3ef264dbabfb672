"""Every finding of a violation, with the records that prove it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from accounts.requester import Requester
from compliance.actions.scans import delete_scan
from compliance.actions.uploads import delete_upload
from compliance.api import findings
from compliance.engine.sources import SPAN
from compliance.models import ComplianceScan, Violation
from tests.compliance import factories
from tests.compliance.exports.conftest import Scanned

pytestmark = pytest.mark.django_db


def path(scan: ComplianceScan, account: str, rule_id: str = "BIG") -> str:
    return f"/api/violations/{Violation.objects.get(scan=scan, account=account, rule_id=rule_id).pk}/findings"


def content(*rows: str) -> str:
    return "\n".join(["Account,Amount,Date", *rows, ""])


@pytest.fixture
def scan(scanned: Scanned) -> ComplianceScan:
    days = [f"A,{100 + day},2024-01-{day:02}T00:00:00" for day in range(30, 0, -1)]
    return scanned(content=content("=x,900,2024-02-01T00:00:00", *days, "A,1,2024-01-01T01:00:00"))


def walk(client: Client, address: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = {"limit": str(limit)}
    while True:
        page = client.get(address, query).json()
        found += page["findings"]
        if not page["has_more"]:
            assert page["next_cursor"] is None
            return found
        query["cursor"] = page["next_cursor"]


def test_pages_give_every_finding_once_by_time_with_its_records(client_of: Client, scan: ComplianceScan) -> None:
    found = walk(client_of, path(scan, "A"), 7)
    assert [item["number"] for item in found] == list(range(1, 31))
    assert [item["amount"] for item in found] == [100 + day for day in range(1, 31)]
    assert len({item["key"] for item in found}) == 30
    first = found[0]
    assert first["first_at"] == first["last_at"] == "2024-01-01T00:00:00Z"
    assert first["record_count"] == 1
    values = {"Account": "A", "Amount": "101", "Date": "2024-01-01T00:00:00"}
    assert first["evidence"] == [{"row": 31, "upload_id": str(scan.upload_id), "values": values}]
    assert first["evidence_complete"] is True
    assert walk(client_of, path(scan, "A"), 100) == found


def test_csv_has_one_line_a_record_and_is_defused(client_of: Client, scan: ComplianceScan) -> None:
    answer = client_of.get(path(scan, "=x"), {"format": "csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    violation = Violation.objects.get(scan=scan, account="=x")
    assert answer["Content-Disposition"] == f'attachment; filename="findings-{violation.pk}.csv"'
    (line,) = csv.DictReader(io.StringIO(answer.getvalue().decode(), newline=""))
    assert (line["finding"], line["row"], line["Account"], line["Amount"]) == ("1", "1", "'=x", "900")
    lines = csv.DictReader(io.StringIO(client_of.get(path(scan, "A"), {"format": "csv"}).getvalue().decode()))
    assert [int(each["row"]) for each in lines] == list(range(31, 1, -1))


def test_a_finding_of_many_records_says_how_many_are_shown(
    client_of: Client, scanned: Scanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "SHOWN", 2)
    scan = scanned("A", "A", "A")
    (found,) = walk(client_of, path(scan, "A", "OFTEN"), 5)
    assert found["record_count"] == 3
    assert [record["row"] for record in found["evidence"]] == [1, 2]
    assert found["evidence_complete"] is False
    text = client_of.get(path(scan, "A", "OFTEN"), {"format": "csv"}).getvalue().decode()
    assert len(list(csv.DictReader(io.StringIO(text)))) == 3


def test_without_the_input_rows_are_named_and_values_are_gone(
    client_of: Client, scan: ComplianceScan, by: Requester
) -> None:
    address = path(scan, "=x")
    assert client_of.get(address).json()["input_deleted"] is False
    delete_upload(upload=scan.upload, by=by)
    answer = client_of.get(address).json()
    assert answer["input_deleted"] is True
    assert answer["findings"][0]["evidence"] == [{"row": 1, "upload_id": str(scan.upload_id), "values": None}]
    text = client_of.get(address, {"format": "csv"}).getvalue().decode()
    assert text.splitlines()[0] == "finding,key,value,first_at,last_at,amount,upload_id,row"


def test_hostile_queries_and_deleted_scans_are_refused(client_of: Client, scan: ComplianceScan, by: Requester) -> None:
    address, other = path(scan, "A"), path(scan, "=x")
    cursor = client_of.get(address, {"limit": "1"}).json()["next_cursor"]
    for query in (
        {"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"format": "xlsx"}, {"cursor": "x"}, {"page": "1"},
        {"cursor": cursor + "x"}, {"cursor": ""},
    ):  # fmt: skip
        assert client_of.get(address, query).status_code == 400, query
    assert client_of.get(other, {"cursor": cursor}).status_code == 400  # of another violation
    ComplianceScan.objects.filter(pk=scan.pk).update(findings="")
    assert (answer := client_of.get(address)).status_code == 409
    assert "deleted" in answer.json()["message"]
    delete_scan(scan=scan, by=by)
    assert client_of.get(address).status_code == 404


def test_records_of_a_context_upload_are_named_and_shown(client_of: Client, group: Any) -> None:
    scan = factories.with_evidence(factories.completed(group))
    context = factories.with_evidence(factories.completed(group)).upload
    ComplianceScan.objects.filter(pk=scan.pk).update(context_uploads=[str(context.pk)])
    found = [
        {"rule_id": "BIG", "key": "k", "account": "A1", "value": None, "first_us": None, "last_us": None,
         "amount": None, "rows": [1, SPAN + 1, SPAN + 7]}
    ]  # fmt: skip
    findings_file = factories._stored(
        f"findings/{group.pk}/{scan.pk}/2", pa.Table.from_pylist(found, factories.FINDINGS)
    )
    ComplianceScan.objects.filter(pk=scan.pk).update(findings=findings_file)
    (shown,) = client_of.get(path(scan, "A1")).json()["findings"]
    assert [(record["upload_id"], record["row"], record["values"]) for record in shown["evidence"]] == [
        (str(scan.upload_id), 1, {}), (str(context.pk), 1, {}), (str(context.pk), 7, None),
    ]  # fmt: skip
    lines = list(csv.DictReader(io.StringIO(client_of.get(path(scan, "A1"), {"format": "csv"}).getvalue().decode())))
    assert [(line["upload_id"], line["row"]) for line in lines] == [
        (str(scan.upload_id), "1"), (str(context.pk), "1"), (str(context.pk), "7"),
    ]  # fmt: skip
