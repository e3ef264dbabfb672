"""What a scan freezes of its context and its reference lists, and what is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models.functions import Now

from accounts.requester import Requester
from compliance import execution
from compliance.actions.lists import replace_values
from compliance.actions.readiness import assess
from compliance.actions.scans import start_scan
from compliance.actions.uploads import delete_upload
from compliance.errors import ContextRefused, ListsUnknown, UploadInUse, UploadNotFound
from compliance.models import ComplianceScan, Mapping, Upload
from tests.compliance import factories

COLUMN = {
    "name": "Amount", "stored": "c0", "type": "number", "nulls": 0, "distinct": 2, "min": "1", "max": "9", "numbers": 2,
    "times": 0, "booleans": 0, "decimal_mark": ".", "day_first": None, "ambiguous": False, "zoned": None,
    "derived_from": [],
}  # fmt: skip
LISTED = {**factories.RULE, "rule_id": "WATCHED", "where": {"field": "amount", "operator": "in_list", "value": "seen"}}


@pytest.fixture
def acme(db: None) -> Any:
    return factories.group("Acme")


def upload(of: Any, *names: str) -> Upload:
    columns = [{**COLUMN, "name": name, "stored": f"c{place}"} for place, name in enumerate(names or ("Amount",))]
    return factories.upload(of, profile={**factories.PROFILE, "columns": columns})


def start(of: Any, scanned: Upload, *context: Any, rules: Any = (factories.RULE,)) -> ComplianceScan:
    mapping = factories.mapping(scanned, {"amount": "Amount"})
    with transaction.atomic():
        return start_scan(
            group=of, by=Requester.command("tests", of), policy_id=factories.policy(of, rules).pk,
            upload_id=scanned.pk, mapping_id=mapping.pk,
            context_upload_ids=[getattr(each, "pk", each) for each in context],
        )  # fmt: skip


def test_context_is_frozen_in_its_order(acme: Any) -> None:
    first, second, scanned = upload(acme), upload(acme, "Amount", "Extra"), upload(acme)
    scan = start(acme, scanned, second, first)
    assert (scan.context_uploads, scan.record_count) == ([str(second.pk), str(first.pk)], scanned.row_count)


def test_what_cannot_be_context_is_refused_by_its_place(acme: Any) -> None:
    earlier, other, scanned = upload(acme), upload(acme, "Sum"), upload(acme)
    later = upload(acme)
    for context, fault in (
        ([scanned], "not earlier"),
        ([earlier, later], "not earlier"),
        ([earlier, earlier], "twice"),
        ([other], "Amount"),
    ):
        with pytest.raises(ContextRefused) as refused:
            start(acme, scanned, *context)
        (detail,) = refused.value.details or ()
        assert (detail.path, fault in detail.message) == (f"context_upload_ids[{len(context) - 1}]", True)
    for unknown in (uuid.uuid4(), upload(factories.group("Neighbour"))):
        with pytest.raises(UploadNotFound):
            start(acme, scanned, unknown)


def test_an_upload_that_a_scan_needs_as_context_is_not_deleted(acme: Any) -> None:
    earlier, scanned = upload(acme), upload(acme)
    start(acme, scanned, earlier)
    with pytest.raises(UploadInUse):
        delete_upload(upload=earlier, by=Requester.command("tests", acme))


@pytest.mark.parametrize(("day", "overrides"), [("13/04/2024", {}), ("12/04/2024", {"Date": {"day_first": True}})])
def test_an_ambiguous_column_of_context_is_read_as_that_of_the_scanned_file(
    acme: Any, day: str, overrides: dict[str, Any]
) -> None:
    """11/04/2024 is the day before, not in November."""
    twice = {"rule_id": "TWICE", "name": "Twice", "kind": "aggregate", "severity": "LOW", "function": "count",
             "operator": ">=", "threshold": 2, "window": {"hours": 72}, "is_active": True}  # fmt: skip
    earlier = factories.received(acme, b"Account,Date\nA,11/04/2024\n")
    scanned = factories.received(acme, f"Account,Date\nA,{day}\n".encode())
    mapping = Mapping.objects.create(
        upload=scanned, config={"account": "Account", "timestamp": "Date"}, overrides=overrides
    )
    scan = start_scan(
        group=acme, by=Requester.command("tests", acme), policy_id=factories.policy(acme, [twice]).pk,
        upload_id=scanned.pk, mapping_id=mapping.pk, context_upload_ids=[earlier.pk],
    )  # fmt: skip
    factories.finished(scan, execution.execute)
    assert scan.violation_count == 1
    Upload.objects.filter(pk=earlier.pk).update(status="deleted", deleted_at=Now(), original="", records="", rejects="")
    with pytest.raises(CommandError, match="context upload has been deleted"):
        call_command("rescan_check", str(scan.pk))


def test_a_scan_freezes_the_versions_of_the_lists_that_active_rules_name(acme: Any) -> None:
    row = factories.reference_list(acme, "seen")
    factories.reference_list(acme, "other")
    first = start(acme, upload(acme), rules=[LISTED])
    replace_values(row=row, by=Requester.command("tests", acme), values=["Z9"])
    second = start(acme, upload(acme), rules=[LISTED])
    assert [set(scan.list_versions) for scan in (first, second)] == [{"seen"}] * 2
    assert [scan.list_versions["seen"]["version"] for scan in (first, second)] == [1, 2]


def test_a_list_that_there_is_not_refuses_the_run_and_warns_before(acme: Any) -> None:
    factories.reference_list(factories.group("Neighbour"), "seen")
    scanned, rules = upload(acme), [LISTED, factories.RULE]
    with pytest.raises(ListsUnknown, match="No reference list seen"):
        start(acme, scanned, rules=rules)
    found = assess(rules, scanned, {"amount": "Amount"})
    assert found.state == "warning"
    assert any("WATCHED names a reference list that there is not: seen" in warning for warning in found.warnings)
    start(acme, scanned, rules=[{**LISTED, "is_active": False}, factories.RULE])


def test_readiness_warns_of_a_rule_that_looks_back_further_than_the_file(acme: Any) -> None:
    scanned = upload(acme, "Amount", "step")
    burst = {
        "rule_id": "BURST", "name": "Burst", "kind": "aggregate", "severity": "LOW", "function": "count",
        "operator": ">", "threshold": 3, "window": {"hours": 9},
    }  # fmt: skip
    config = {"amount": "Amount", "step": "step"}
    assert any("BURST looks back 9 hours" in warning for warning in assess([burst], scanned, config).warnings)
    short = {**burst, "window": {"hours": 8}}
    assert not any("looks back" in warning for warning in assess([short], scanned, config).warnings)
