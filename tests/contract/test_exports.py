"""Exports by a real worker: asked for, polled, fetched by link."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from tests.contract.ledgers import BIG, ledger, scanned
from tests.partner import Partner
from tests.until import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("worker")]


def test_a_report_is_made_by_a_worker_and_fetched_by_its_link(partner: Partner, tmp_path: object) -> None:
    scan = scanned(partner, partner.policy(BIG), ledger("A", "B"))
    asked = partner.http.get("/api/export", params={"scan_id": scan["id"], "format": "pdf"})
    assert asked.status_code == 202

    def over() -> dict[str, Any] | None:
        document = partner.ok(partner.http.get(asked.headers["Location"]))
        return None if document["status"] in ("pending", "running") else document

    document = until(over, "the end of the export")
    assert (document["status"], document["progress"]) == ("completed", 1)
    with httpx.stream("GET", document["download_url"], timeout=300) as answer:
        content = answer.read()
        assert answer.headers["Content-Type"] == "application/pdf"
    assert len(content) == document["size"]
    (tmp_path / "report.pdf").write_bytes(content)  # type: ignore[operator]
    assert "Scan " + scan["id"] in PdfReader(tmp_path / "report.pdf").pages[0].extract_text()  # type: ignore[operator]
    streamed = partner.ok(partner.http.get("/api/export", params={"scan_id": scan["id"], "format": "json"}))
    assert len(streamed["violations"]) == 2
    findings = partner.ok(partner.http.get(f"/api/violations/{streamed['violations'][0]['id']}/findings"))
    assert findings["findings"][0]["record_count"] == 1
