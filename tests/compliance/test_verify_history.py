"""What was altered behind the system's back is found, and the first broken step named."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from compliance.actions.bulk_reviews import review_many
from compliance.actions.uploads import delete_upload
from compliance.actions.verifying import verify_scan
from compliance.actions.waivers import end_waiver
from compliance.enums import ReviewStatus
from compliance.models import ComplianceScan, PolicyVersion, Violation
from terminal.command import Wrong
from tests.compliance.test_waivers import waive
from tests.compliance.workbench import Workbench

pytestmark = pytest.mark.django_db


def reviewed(**policy: Any) -> tuple[Workbench, ComplianceScan]:
    """A scan with five steps: completed, approved, false positive, reopened, many at once."""
    bench = Workbench(**policy)
    scan = bench.scan("A,500", "A,600", "B,300", "C,200")
    for status in ("approved", "false_positive", "pending"):
        bench.decide(scan, status)
    everything = Violation.objects.exclude(account="C")
    review_many(violations=everything, scan=scan, by=bench.by, status=ReviewStatus.FALSE_POSITIVE)
    return bench, ComplianceScan.objects.get(pk=scan.pk)


def verify(*args: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_history", *args, stdout=out, stderr=err)
    except Wrong as found:
        return found.returncode, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def alter(sql: str, *values: Any, table: str = "compliance_scoreevent") -> None:
    """As somebody with the database's password could: past the trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER rows_are_never_changed")
        cursor.execute(sql, values)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER rows_are_never_changed")


@pytest.mark.parametrize("method", ["severity_weighted", "rules"])
def test_a_sound_history_passes_and_is_counted(method: str) -> None:
    bench, scan = reviewed(score_method=method)
    derived = 5 if method == "severity_weighted" else 1
    assert verify("--scan", str(scan.pk)) == (
        0, f"Checked 1 scans with 5 steps of history; the scores of {derived} were computed again.\n", "",
    )  # fmt: skip
    code, out, err = verify("--group", bench.group.pk)
    assert (code, err) == (0, "")
    assert "Checked 1 audit logs." in out


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE compliance_scoreevent SET score = 1 WHERE scan_id = %s AND sequence = 3", "step 3 (false_positive"),
        ("UPDATE compliance_scoreevent SET actor = 'x' WHERE scan_id = %s AND sequence = 2", "step 2 (approved"),
        ("UPDATE compliance_scoreevent SET at = at + interval '1 us' WHERE scan_id = %s AND sequence = 1", "step 1 ("),
        ("UPDATE compliance_scoreevent SET waiver_id = scan_id WHERE scan_id = %s AND sequence = 4", "step 4 ("),
    ],
)
def test_a_step_that_was_altered_is_named(change: str, named: str) -> None:
    _, scan = reviewed()
    alter(change, scan.pk)
    code, _, err = verify("--scan", str(scan.pk))
    assert code == 1
    assert f"scan {scan.pk}: {named}" in err


def test_a_step_that_was_taken_out_is_missed() -> None:
    _, scan = reviewed()
    alter("DELETE FROM compliance_review", table="compliance_review")
    alter("DELETE FROM compliance_scoreevent WHERE scan_id = %s AND sequence = 2", scan.pk)
    assert "step 2 is missing" in verify("--scan", str(scan.pk))[2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE compliance_compliancescan SET score = 99.99 WHERE id = %s", "as if a step were cut off"),
        ("UPDATE compliance_compliancescan SET open_weight = 1 WHERE id = %s", "otherwise than they stand"),
        ("UPDATE compliance_violation SET status = 'pending' WHERE scan_id = %s AND account = 'A'", "violations make"),
        ("DELETE FROM compliance_violation WHERE scan_id = %s AND account = 'C'", "its violations make"),
        ("UPDATE compliance_compliancescan SET result_digest = repeat('0', 64) WHERE id = %s", "step 1 ("),
    ],
)
def test_a_scan_that_says_otherwise_than_its_violations_is_found(change: str, told: str) -> None:
    _, scan = reviewed()
    with connection.cursor() as cursor:
        cursor.execute(change, [scan.pk])
    assert told in verify_scan(ComplianceScan.objects.get(pk=scan.pk)).fault


def test_decisions_that_do_not_make_the_scores_are_found_though_the_chain_is_whole() -> None:
    _, scan = reviewed()
    alter("UPDATE compliance_review SET to_status = 'approved' WHERE to_status = 'false_positive' AND from_status = "
          "'approved'", table="compliance_review")  # fmt: skip
    fault = verify_scan(scan).fault
    assert fault.startswith("step ")
    assert "its decisions make" in fault


def test_scores_are_derived_back_to_the_last_waiver() -> None:
    bench, scan = reviewed()
    waiver = waive(bench, "C")
    bench.decide(scan, "approved", "C")
    bench.decide(scan, "disputed")
    verdict = verify_scan(ComplianceScan.objects.get(pk=scan.pk))
    assert (verdict.fault, verdict.steps, verdict.derived) == ("", 8, 3)
    end_waiver(waiver=waiver, by=bench.by)
    assert verify_scan(ComplianceScan.objects.get(pk=scan.pk)).fault == ""


def test_carried_decisions_are_in_the_first_step() -> None:
    bench, _ = reviewed()
    second = bench.scan("A,500", "A,600", "B,300", "C,200")
    bench.decide(second, "pending")
    verdict = verify_scan(ComplianceScan.objects.get(pk=second.pk))
    assert (verdict.fault, verdict.steps, verdict.derived) == ("", 2, 2)


def test_an_audit_entry_that_was_altered_is_named() -> None:
    bench, _ = reviewed()
    alter("UPDATE accounts_auditentry SET actor = 'nobody' WHERE chain = %s AND number = 2", bench.group.pk,
          table="accounts_auditentry")  # fmt: skip
    code, _, err = verify()
    assert code == 1
    assert f"audit log of {bench.group.pk}: entry 2" in err
    code, out, _ = verify("--json")
    fault = {"group": bench.group.pk, "fault": "entry 2 was altered or is gone"}
    assert (code, json.loads(out)["audit_logs"]["broken"]) == (1, [fault])
    assert json.loads(out)["scans"] == {"checked": 1, "steps": 5, "derived": 5, "broken": []}


@pytest.mark.parametrize("args", [("--scan", "nonsense"), ("--scan", "0" * 8), ("--group", "nobody")])
def test_what_is_not_there_cannot_be_checked(args: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="There is no"):
        verify(*args)


def check_again(scan: ComplianceScan, *args: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("rescan_check", str(scan.pk), *args, stdout=out, stderr=StringIO())
    except Wrong as found:
        return found.returncode, out.getvalue()
    return 0, out.getvalue()


def test_a_scan_run_again_on_what_was_frozen_has_the_same_digest() -> None:
    bench = Workbench()
    scan = bench.scan("A,500", "B,300")
    PolicyVersion.objects.create(
        policy=bench.policy, number=2, rules=[], content_hash="1" * 64, created_by="tests"
    )  # a newer version is not what ran
    code, out = check_again(scan)
    assert code == 0
    assert out.count(scan.result_digest) == 2
    assert ComplianceScan.objects.count() == 1


def test_other_findings_than_then_are_told() -> None:
    scan = Workbench().scan("A,500")
    now = scan.result_digest
    ComplianceScan.objects.filter(pk=scan.pk).update(result_digest="0" * 64)
    assert check_again(scan)[0] == 1
    code, out = check_again(scan, "--json")
    told = json.loads(out)
    assert (code, told["same"], told["then"]["digest"], told["now"]["digest"]) == (1, False, "0" * 64, now)


def test_a_scan_whose_upload_is_gone_cannot_be_run_again() -> None:
    bench = Workbench()
    scan = bench.scan("A,500")
    delete_upload(upload=scan.upload, by=bench.by)
    with pytest.raises(CommandError, match="deleted"):
        check_again(scan)
