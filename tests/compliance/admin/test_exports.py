"""Exports in the admin: asked for on the scan's page, looked at, fetched."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse

from accounts.enums import Role
from accounts.models import AuditEntry
from compliance.enums import ExportFormat
from compliance.models import ComplianceScan, Export
from tests.compliance import factories


def deed(scan: ComplianceScan, name: str) -> str:
    return reverse("admin:compliance_compliancescan_deed", args=[scan.pk, name])


def page(row: ComplianceScan | Export, name: str = "change") -> str:
    return reverse(f"admin:compliance_{row._meta.model_name}_{name}", args=[row.pk])


@pytest.mark.parametrize("format", ExportFormat.values)
def test_a_button_of_the_scans_page_asks_for_an_export(cast: SimpleNamespace, format: str) -> None:
    scan = factories.with_evidence(factories.completed(cast.acme))
    address = deed(scan, f"export_{format}")
    assert address in cast.colleague.get(page(scan)).content.decode()
    assert "A worker makes the file" in cast.colleague.get(address).content.decode()
    assert not Export.objects.exists()
    answer = cast.colleague.post(address)
    export = Export.objects.get()
    assert (export.scan, export.format, answer.url) == (scan, format, page(export))
    assert "queued" in cast.colleague.get(page(export)).content.decode()
    assert export.get_format_display() in cast.colleague.get(page(scan)).content.decode()
    entry = AuditEntry.objects.filter(chain=cast.acme.pk).latest("number")
    assert (entry.action, entry.actor) == ("scan.exported", "user:colleague")


def test_only_who_may_export_sees_buttons_and_gets_files(cast: SimpleNamespace) -> None:
    scan = factories.completed(cast.acme)
    export = factories.export(scan, content=b"the file")
    address = deed(scan, "export_csv")
    assert address not in cast.reader.get(page(scan)).content.decode()
    assert cast.reader.post(address).status_code == 403
    assert cast.reader.get(page(export)).status_code == 200
    assert cast.reader.get(page(export, "file")).status_code == 403
    assert cast.stranger.get(page(export, "file")).status_code == 404
    answer = cast.colleague.get(page(export, "file"))
    assert answer.getvalue() == b"the file"
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_role_that_exports_elsewhere_takes_no_file_from_where_one_only_looks(cast: SimpleNamespace) -> None:
    export = factories.export(factories.completed(cast.neighbour))
    both = factories.staff("both", cast.acme)
    both.memberships.create(group=cast.neighbour, role=Role.AUDITOR)
    cast.reader.force_login(both)
    shown = cast.reader.get(page(export))
    assert shown.status_code == 200
    assert page(export, "file") not in shown.content.decode()
    assert cast.reader.get(page(export, "file")).status_code == 403


def test_what_cannot_be_exported_has_no_buttons_or_says_why(cast: SimpleNamespace) -> None:
    running, _ = factories.running(cast.acme)
    assert deed(running, "export_csv") not in cast.colleague.get(page(running)).content.decode()
    scan = factories.completed(cast.acme)  # without evidence
    answer = cast.colleague.post(deed(scan, "export_bundle"), follow=True)
    assert "has been deleted" in answer.content.decode()


def test_the_page_of_a_removed_export_offers_no_file(cast: SimpleNamespace) -> None:
    export = factories.export(factories.completed(cast.acme))
    assert page(export, "file") in cast.colleague.get(page(export)).content.decode()
    factories.remove(export)
    assert page(export, "file") not in cast.colleague.get(page(export)).content.decode()
    assert cast.colleague.get(page(export, "file")).status_code == 404
