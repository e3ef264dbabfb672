"""JSON and CSV come at once: every violation, every field, as the list shows it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from accounts.requester import Requester
from compliance.actions.reviews import review_violation
from compliance.enums import ReviewStatus
from compliance.exports import rows
from compliance.models import ComplianceScan, Export, Violation
from tests.compliance import factories
from tests.compliance.exports.conftest import Scanned

pytestmark = pytest.mark.django_db


def get(client: Client, scan: ComplianceScan, format: str) -> Any:
    return client.get("/api/export", {"scan_id": str(scan.pk), "format": format})


def lines(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode(), newline=""), strict=True))


def test_json_holds_every_field_of_the_list_and_the_evidence(
    client_of: Client, scanned: Scanned, by: Requester
) -> None:
    scan = scanned("A", "A", "B", "Ü")
    reviewed = Violation.objects.get(scan=scan, account="B")
    review_violation(violation=reviewed, by=by, status=ReviewStatus.FALSE_POSITIVE, note="=1+1")
    answer = get(client_of, scan, "json")
    assert answer["Content-Disposition"] == f'attachment; filename="scan-{scan.pk}.json"'
    assert answer["Content-Type"] == "application/json"
    body = json.loads(answer.getvalue())
    listed = client_of.get("/api/violations", {"scan_id": str(scan.pk), "limit": "100"}).json()["violations"]
    assert [item["id"] for item in body["violations"]] == sorted(item["id"] for item in listed)
    by_id = {item["id"]: item for item in body["violations"]}
    for item in listed:
        assert {name: by_id[item["id"]][name] for name in item} == item
        document = client_of.get(f"/api/violations/{item['id']}").json()
        shown = by_id[item["id"]]
        assert shown["evidence"] == document["evidence"]
        assert (shown["review_note"], shown["reviewed_by"]) == (document["review_note"], document["reviewed_by"])
    assert by_id[str(reviewed.pk)]["review_note"] == "=1+1"  # JSON is no spreadsheet: nothing is changed
    scan.refresh_from_db()
    assert body["scan"]["compliance_score"] == float(scan.score)
    assert body["scan"]["result_digest"] == scan.result_digest


def test_csv_is_a_table_of_the_same_with_cells_defused(client_of: Client, scanned: Scanned) -> None:
    scan = scanned("=1+1", "-5", "plain")
    answer = get(client_of, scan, "csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="scan-{scan.pk}.csv"'
    found = lines(answer)
    assert sorted(line["account"] for line in found) == ["'=1+1", "-5", "plain"] or scan.violation_count != 3
    assert {line["amount"] for line in found} == {"500"}
    assert list(found[0]) == list(rows.COLUMNS)
    assert {line["rule_name"] for line in found} == {"Big"}


def test_an_empty_scan_is_an_empty_list(client_of: Client, scanned: Scanned) -> None:
    scan = scanned()
    assert json.loads(get(client_of, scan, "json").getvalue())["violations"] == []
    assert lines(get(client_of, scan, "csv")) == []


def test_violations_are_read_through_a_cursor_of_the_server(
    client_of: Client, scanned: Scanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "CHUNK", 10)
    scan = scanned(*(f"A{number:02}" for number in range(35)))
    with CaptureQueriesContext(connection) as sent:
        found = lines(get(client_of, scan, "csv"))
    assert len({line["id"] for line in found}) == 35
    (declared,) = [query["sql"] for query in sent if "DECLARE" in query["sql"]]
    assert "CURSOR" in declared
    assert '"sample"' not in declared  # a table shows no evidence: it is not read either


def test_an_export_is_in_the_audit_log(client_of: Client, scanned: Scanned) -> None:
    scan = scanned("A")
    get(client_of, scan, "csv").getvalue()
    entry = AuditEntry.objects.filter(chain=scan.group_id).latest("number")
    assert (entry.action, entry.object_id, entry.after) == ("scan.exported", str(scan.pk), {"format": "csv"})


def test_what_is_not_completed_or_misspelt_is_refused(client_of: Client, group: Any) -> None:
    scan = factories.scan(group)
    assert get(client_of, scan, "csv").status_code == 409
    assert get(client_of, scan, "pdf").status_code == 409
    for query in (
        {}, {"scan_id": "x"}, {"scan_id": str(scan.pk), "format": "docx"}, {"scan_id": str(scan.pk), "fmt": "csv"},
        {"scan_id": str(scan.pk), "format": "csv", "include_input": "true"},
        {"scan_id": str(scan.pk), "format": "bundle", "include_input": "yes"},
    ):  # fmt: skip
        answer = client_of.get("/api/export", query)
        assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR"), query
    assert not Export.objects.exists()
