"""Receiving, scanning and deleting uploads."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from accounts.models import AuditEntry
from compliance.models import ComplianceScan, Mapping, PiiCheck, Upload
from jobs.models import JobEvent
from tests.compliance import factories
from tests.compliance.uploads.workbooks import workbook

ADD = "admin:compliance_upload_add"
PAYSIM = (
    b"step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,isFraud\n"
    b"1,TRANSFER,12000.50,C1,20000,7999.50,C2,0,12000.50,0\n"
    b"2,PAYMENT,15.00,C3,100,85,M1,0,0,0\n"
)
received = pytest.mark.django_db(transaction=True)  # files are kept when the transaction commits


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def page(upload: Upload) -> str:
    return reverse("admin:compliance_upload_change", args=[upload.pk])


def deed(upload: Upload, name: str) -> str:
    return reverse("admin:compliance_upload_deed", args=[upload.pk, name])


def send(client: Any, group: Any, content: bytes = PAYSIM, name: str = "march.csv", **more: str) -> Any:
    return client.post(reverse(ADD), {"group": group.pk, "file": SimpleUploadedFile(name, content), **more})


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@received
def test_a_file_is_received_profiled_and_audited(cast: SimpleNamespace) -> None:
    answer = send(cast.colleague, cast.acme)
    upload = Upload.objects.get()
    assert (answer.status_code, answer.url) == (302, page(upload))
    assert (upload.group, upload.name, upload.row_count) == (cast.acme, "march.csv", 2)
    assert default_storage.exists(upload.records)
    assert AuditEntry.objects.filter(action="upload.received", actor="user:colleague").count() == 1
    content = cast.reader.get(page(upload)).content.decode()
    for shown in ("newbalanceOrig", "12000.50", "PAYMENT", "utf-8"):
        assert shown in content, shown


@received
def test_a_file_is_received_once_however_often_its_form_is_sent(cast: SimpleNamespace) -> None:
    (form,) = re.findall(r'name="form_id" value="(\w+)"', cast.colleague.get(reverse(ADD)).content.decode())
    answers = [send(cast.colleague, cast.acme, form_id=form) for _ in range(2)]
    assert Upload.objects.count() == 1
    assert "sent twice" in said(answers[1])
    assert answers[1].url == reverse("admin:compliance_upload_changelist")
    send(cast.colleague, cast.acme, PAYSIM.replace(b"15.00", b"16.00"), form_id=form)  # gone back to, corrected
    assert Upload.objects.count() == 2


@received
def test_a_file_that_cannot_be_read_is_refused_at_its_field(cast: SimpleNamespace) -> None:
    answer = send(cast.colleague, cast.acme, b"\x00\x01\x02 binary", "junk.csv")
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert not Upload.objects.exists()


@received
def test_a_file_that_is_too_large_is_refused(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.env.UPLOAD_MAX", 50)
    answer = send(cast.colleague, cast.acme)
    assert "larger than 50 bytes" in said(answer)
    assert not Upload.objects.exists()


def test_nothing_is_received_for_a_group_one_is_not_in(cast: SimpleNamespace) -> None:
    assert "Acme" not in cast.stranger.get(reverse(ADD)).content.decode()
    assert "group" in send(cast.stranger, cast.acme).context["form"].errors
    assert not Upload.objects.exists()


def test_who_may_only_look_sends_nothing(cast: SimpleNamespace) -> None:
    assert cast.reader.get(reverse(ADD)).status_code == 403
    assert send(cast.reader, cast.acme).status_code == 403
    assert not Upload.objects.exists()


def test_sending_needs_a_csrf_token(cast: SimpleNamespace) -> None:
    cast.colleague.handler.enforce_csrf_checks = True
    assert send(cast.colleague, cast.acme).status_code == 403
    assert not Upload.objects.exists()


@received
def test_a_file_sent_with_the_token_of_its_form_is_received(cast: SimpleNamespace) -> None:
    cast.colleague.handler.enforce_csrf_checks = True
    token = cast.colleague.get(reverse(ADD)).context["csrf_token"]
    form = {"group": cast.acme.pk, "file": SimpleUploadedFile("march.csv", PAYSIM), "csrfmiddlewaretoken": token}
    assert cast.colleague.post(reverse(ADD), form).status_code == 302
    assert Upload.objects.count() == 1


@received
def test_an_upload_is_scanned_with_the_suggested_mapping(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme)
    upload, policy = Upload.objects.get(), factories.policy(cast.acme)
    answer = cast.colleague.post(deed(upload, "scan"), {"policy": policy.pk, "mapping": "suggested", "audit_name": "X"})
    scan = ComplianceScan.objects.get()
    assert answer.url == reverse("admin:compliance_compliancescan_change", args=[scan.pk])
    assert (scan.upload, scan.policy, scan.audit_name) == (upload, policy, "X")
    assert scan.requested_by_user.username == "colleague"
    assert scan.mapping_config["amount"] == "amount"
    assert JobEvent.objects.get().actor == "user:colleague"
    assert AuditEntry.objects.filter(action="mapping.confirmed").count() == 1


@received
def test_an_upload_is_scanned_with_a_mapping_confirmed_before(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme)
    upload, policy = Upload.objects.get(), factories.policy(cast.acme)
    mapping = factories.mapping(upload, {"amount": "amount"})
    cast.colleague.post(deed(upload, "scan"), {"policy": policy.pk, "mapping": mapping.pk})
    assert ComplianceScan.objects.get().mapping == mapping


@received
def test_a_refused_scan_says_why_and_leaves_no_mapping(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme)
    upload, empty = Upload.objects.get(), factories.policy(cast.acme, rules=[])
    answer = cast.colleague.post(deed(upload, "scan"), {"policy": empty.pk, "mapping": "suggested"})
    assert "No rules found" in answer.context["form"].non_field_errors()[0]
    assert not Mapping.objects.exists()


@received
def test_a_scan_is_run_again_with_the_newest_version(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme)
    policy = factories.policy(cast.acme)
    cast.colleague.post(deed(Upload.objects.get(), "scan"), {"policy": policy.pk, "mapping": "suggested"})
    old = ComplianceScan.objects.get()
    newest = policy.versions.create(
        number=2, rules=[{**factories.RULE, "severity": "LOW"}], content_hash="1" * 64, created_by="tests"
    )
    again = reverse("admin:compliance_compliancescan_deed", args=[old.pk, "run_again"])
    answer = cast.colleague.post(again)
    new = ComplianceScan.objects.exclude(pk=old.pk).get()
    assert answer.url == reverse("admin:compliance_compliancescan_change", args=[new.pk])
    assert (new.policy_version, new.mapping) == (newest, old.mapping)


def test_a_foreign_policy_is_no_choice(cast: SimpleNamespace) -> None:
    upload, foreign = factories.upload(cast.acme), factories.policy(cast.neighbour)
    mapping = factories.mapping(upload)
    answer = cast.administrator.post(deed(upload, "scan"), {"policy": foreign.pk, "mapping": mapping.pk})
    assert "policy" in answer.context["form"].errors
    assert not ComplianceScan.objects.exists()


def test_the_stranger_scans_and_deletes_nothing(cast: SimpleNamespace) -> None:
    upload, own = factories.upload(cast.acme), factories.policy(cast.neighbour)
    for name in ("scan", "erase"):
        answer = cast.stranger.post(deed(upload, name), {"policy": own.pk, "mapping": factories.mapping(upload).pk})
        assert answer.url == reverse("admin:index")
    assert not ComplianceScan.objects.exists()
    assert Upload.objects.get().status == "ready"


def test_who_may_only_look_scans_and_deletes_nothing(cast: SimpleNamespace) -> None:
    upload = factories.upload(cast.acme)
    assert "/do/" not in cast.reader.get(page(upload)).content.decode()
    for name in ("scan", "erase"):
        assert cast.reader.post(deed(upload, name)).status_code == 403
    assert Upload.objects.get().status == "ready"


def test_asking_to_delete_the_content_changes_nothing(cast: SimpleNamespace) -> None:
    upload = factories.upload(cast.acme)
    assert "removed for ever" in cast.colleague.get(deed(upload, "erase")).content.decode()
    assert Upload.objects.get().status == "ready"


@received
def test_deleted_content_is_gone_and_the_row_stays(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme)
    upload = Upload.objects.get()
    cast.colleague.post(deed(upload, "erase"))
    assert not default_storage.exists(upload.records)
    upload.refresh_from_db()
    assert (upload.status, upload.sample_rows, upload.row_count) == ("deleted", [], 2)
    assert AuditEntry.objects.filter(action="upload.deleted", actor="user:colleague").count() == 1
    assert "/do/" not in cast.colleague.get(page(upload)).content.decode()


def test_content_that_a_scan_needs_is_not_deleted(cast: SimpleNamespace) -> None:
    scan = factories.scan(cast.acme)
    answer = cast.colleague.post(deed(scan.upload, "erase"))
    assert "is queued or running on this upload" in said(answer)
    assert Upload.objects.get().status == "ready"


@received
def test_a_workbook_is_received_like_a_csv_and_what_was_set_aside_is_listed(cast: SimpleNamespace) -> None:
    table = [["Account", "Amount"], ["A1", 5], ["A2", 6, "=beyond"]]
    send(cast.colleague, cast.acme, workbook({"März": table}), "march.xlsx")
    upload = Upload.objects.get()
    content = cast.reader.get(page(upload)).content.decode()
    for shown in ("xlsx, sheet März", "column C, where the header has no name", "1 rows could not be read"):
        assert shown in content, shown
    file = cast.reader.get(rejects(upload))
    lines = b"".join(file).decode().splitlines()
    assert (file["Content-Type"], len(lines)) == ("text/csv; charset=utf-8", 2)
    assert lines[1].startswith("3,2,")
    assert cast.stranger.get(rejects(upload)).status_code == 404


def rejects(upload: Upload) -> str:
    return reverse("admin:compliance_upload_rejects", args=[upload.pk])


@received
def test_a_file_cut_short_in_transit_is_noticed(cast: SimpleNamespace) -> None:
    form = {"group": cast.acme.pk, "file": SimpleUploadedFile("march.csv", PAYSIM)}
    body = encode_multipart(BOUNDARY, form)
    answer = cast.colleague.generic("POST", reverse(ADD), body[: -len(BOUNDARY) - 6], MULTIPART_CONTENT)
    assert "cut short" in " ".join(answer.context["form"].errors["file"])
    assert not Upload.objects.exists()
    assert cast.colleague.generic("POST", reverse(ADD), body, MULTIPART_CONTENT).status_code == 302


@received
def test_a_large_file_shows_that_it_is_being_read_and_can_be_given_up(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.env.UPLOAD_SYNC_MAX", 10)
    send(cast.colleague, cast.acme)
    upload = Upload.objects.get()
    content = cast.colleague.get(page(upload)).content.decode()
    assert "a worker reads it" in content
    assert deed(upload, "scan") not in content
    assert cast.colleague.get(reverse("admin:compliance_upload_changelist")).status_code == 200
    cast.colleague.post(deed(upload, "erase"))
    upload.refresh_from_db()
    assert (upload.status, upload.original) == ("deleted", "")


def test_an_upload_that_failed_says_why(cast: SimpleNamespace) -> None:
    upload = Upload.objects.create(
        group=cast.acme, name="x.csv", sha256="0" * 64, size=5, status="failed", failure="None of it was text."
    )
    content = cast.reader.get(page(upload)).content.decode()
    assert "could not be read" in content
    assert "None of it was text." in content


CUSTOMERS = b"Account,Contact\nA1,ann.smith@example.com\nA2,bob@example.org\n"


@received
def test_staff_look_for_personal_data_and_see_it_masked(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme, CUSTOMERS)
    upload = Upload.objects.get()
    assert "Nobody has looked yet." in cast.reader.get(page(upload)).content.decode()
    assert cast.reader.post(deed(upload, "look_for_pii")).status_code == 403
    cast.stranger.post(deed(upload, "look_for_pii"))
    assert not PiiCheck.objects.exists()
    assert "email" in said(cast.colleague.post(deed(upload, "look_for_pii")))
    section = cast.reader.get(page(upload)).content.decode().split('id="pii"')[1].split('id="mappings"')[0]
    assert "a***@e***.com, b***@e***.org" in section
    assert "ann.smith" not in section


@received
def test_a_ledger_without_personal_data_is_said_to_have_none(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme)
    upload = Upload.objects.get()
    cast.colleague.post(deed(upload, "look_for_pii"))
    assert "Nothing was found that looks like personal data." in cast.reader.get(page(upload)).content.decode()
    cast.colleague.post(deed(upload, "erase"))
    assert not PiiCheck.objects.exists()


@received
def test_columns_are_mapped_by_hand(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme, b"Who,Moved,What\nA1,500,CASH\n")
    upload = Upload.objects.get()
    answer = cast.colleague.post(
        deed(upload, "map_columns"), {"account": "Who", "amount": "Moved", "temporal_scale": "daily"}
    )
    mapping = Mapping.objects.get()
    assert answer.url == page(upload)
    assert (mapping.config, mapping.temporal_scale) == ({"account": "Who", "amount": "Moved"}, "daily")
    assert AuditEntry.objects.filter(action="mapping.confirmed", actor="user:colleague").count() == 1
    form = cast.colleague.get(deed(upload, "map_columns")).context["form"]
    assert (form["account"].initial, form["type"].initial) == ("Who", "")  # what was confirmed last


@received
def test_a_column_that_reads_in_two_ways_is_read_as_it_is_told(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme, b"Who,When\nA1,01/02/2026\nA2,03/04/2026\n")
    upload = Upload.objects.get()
    form = cast.colleague.get(deed(upload, "map_columns")).context["form"]
    ways = {words: place for place, words in form.fields["reading-1"].choices}
    said = {"account": "Who", "timestamp": "When", "temporal_scale": "hourly", "reading-1": ways["the day first"]}
    cast.colleague.post(deed(upload, "map_columns"), said)
    (column,) = (each for each in upload.columns(Mapping.objects.get().overrides) if each.name == "When")
    assert column.day_first is True


@received
def test_a_mapping_of_nothing_or_of_text_as_numbers_is_told(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme, b"Who,Moved\nA1,500\n")
    upload = Upload.objects.get()
    nothing = cast.colleague.post(deed(upload, "map_columns"), {"temporal_scale": "hourly"})
    assert "at least one field" in str(nothing.context["form"].errors)
    assert not Mapping.objects.exists()
    words = cast.colleague.post(deed(upload, "map_columns"), {"amount": "Who", "temporal_scale": "hourly"})
    assert "no value reads as its field" in said(words)


@received
def test_who_may_only_look_maps_nothing(cast: SimpleNamespace) -> None:
    send(cast.colleague, cast.acme)
    upload = Upload.objects.get()
    assert cast.reader.post(deed(upload, "map_columns"), {"amount": "amount"}).status_code == 403
    assert not Mapping.objects.exists()
