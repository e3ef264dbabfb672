"""manage.py scan against the running system: a worker scans, the command follows, prints and ends with its code."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.actions.scans import cancel_scan
from compliance.demo.ledger import write_ledger
from compliance.enums import UploadStatus
from compliance.models import ComplianceScan, Policy, Upload, Violation
from config.processes import PROJECT, free_port
from jobs.enums import Status
from tests import commands
from tests.commands import Ran, manage_on_a_terminal
from tests.compliance import factories
from tests.jobs.gates import after_the_first_batch, waiting_for_locks
from tests.partner import Partner
from tests.until import until

pytestmark = pytest.mark.system

EXAMPLE = PROJECT / "docs" / "example.csv"
Start = Callable[..., Any]
Scan = Callable[..., Ran]


@pytest.fixture
def group(system_db: None) -> AccountGroup:
    return factories.group()


@pytest.fixture
def scan(group: AccountGroup, system_environment: dict[str, str]) -> Scan:
    """Runs the command to its end."""

    def run(file: Path, *words: object, policy: str = "aml", **environment: str) -> Ran:
        about = ("--policy", policy, "--group", group.pk)
        return commands.manage({**system_environment, **environment}, "scan", file, *about, *words)

    return run


@pytest.fixture
def begun(group: AccountGroup, system_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts the command; what it prints is in `tmp_path / "err"`."""

    with ExitStack() as started:

        def start(file: Path, *words: object, **environment: str) -> Any:
            about = ("scan", file, "--policy", "aml", "--group", group.pk, *words)
            together = {**system_environment, **environment}
            return started.enter_context(commands.started(together, tmp_path / "err", *about))

        yield start


def only_scan(group: AccountGroup) -> ComplianceScan:
    found: ComplianceScan = until(lambda: ComplianceScan.objects.for_group(group).first(), "the scan")
    return found


@pytest.mark.usefixtures("worker")
def test_people_read_score_severities_rules_delta_and_seconds(scan: Scan, group: AccountGroup) -> None:
    first = scan(EXAMPLE)
    assert first.code == 0, first.err
    assert "\x1b" not in first.out + first.err
    lines = first.out.splitlines()
    assert lines[:2] == [
        "Score 80.56 of 100.", "7 violations in 36 records of example.csv, by Anti-money laundering, version 1.",
    ]  # fmt: skip
    assert [line.split() for line in lines[3:8]] == [
        ["Severity", "Violations"], ["CRITICAL", "2"], ["HIGH", "4"], ["MEDIUM", "1"], ["LOW", "0"],
    ]  # fmt: skip
    assert lines[9].split() == ["Rule", "Severity", "Violations", "Findings", "Judged", "Seconds"]
    assert lines[10].split()[:5] == ["SAR_THRESHOLD", "HIGH", "2", "4", "36"]
    assert "BALANCE_MISMATCH could not run: no column is mapped to newbalanceOrig, oldbalanceOrg." in lines
    assert "No earlier scan of this policy to compare with." in lines
    assert re.fullmatch(r"Scan [0-9a-f-]{36}: [\d.]+ s reading, [\d.]+ s waiting, [\d.]+ s scanning\.", lines[-1])
    assert first.err.splitlines() == [
        "Read 36 records of example.csv.",
        "Mapped account = Account ID, amount = Transaction Amount, timestamp = Date, type = Kind, recipient = To.",
    ]
    second = scan(EXAMPLE, "--map", "recipient=", "--name", "Second")
    heads, counts = second.out.splitlines()[-4:-2]
    assert heads.split() == ["New", "Resolved", "Unchanged", "Before", "Compared", "with"]
    newest = ComplianceScan.objects.for_group(group).get(audit_name="Second")
    assert counts.split() == ["0", "0", "7", "7", "scan", str(newest.previous_scan_id)]
    assert "recipient" not in newest.mapping_config
    assert "Note: CTR_AGGREGATION will not be applicable: no column is mapped to recipient." in second.err
    assert Policy.objects.for_group(group).count() == 1


@pytest.mark.usefixtures("worker")
def test_machines_read_what_the_api_says_and_the_bar_decides_the_exit_code(
    scan: Scan, group: AccountGroup, new_partner: Callable[..., Partner]
) -> None:
    for fail_under, code, passed in (("80.56", 0, True), ("80.57", 1, False)):
        ran = scan(EXAMPLE, "--json", "--fail-under", fail_under)
        assert (ran.code, ran.document["passed"]) == (code, passed), ran.err
    told = ran.document
    said = new_partner(group).status(told["scan_id"])
    for name in (
        "status", "compliance_score", "violation_count", "delta", "coverage", "record_count", "policy_id",
        "policy_version", "upload_id", "mapping_id", "mapping_config", "result_digest", "error",
    ):  # fmt: skip
        assert told[name] == said[name], name
    assert told["by_severity"] == said["review_summary"]["by_severity"]
    assert [{**rule, "severity": None} for rule in told["rule_results"]] == [
        {**rule, "severity": None} for rule in said["rule_results"]
    ]
    assert {rule["rule_id"]: rule["severity"] for rule in told["rule_results"]}["SAR_THRESHOLD"] == "HIGH"
    assert (told["delta"]["unchanged_count"], told["rejected_rows"], told["warnings"]) == (7, 0, [])
    assert set(told["seconds"]) == {"reading", "waiting", "scanning"}
    assert all(seconds > 0 for seconds in told["seconds"].values())
    assert "Wrong: Score 80.56 of 100, below the 80.57 asked for." in ran.err


@pytest.mark.usefixtures("worker")
def test_on_a_terminal_there_is_a_bar(group: AccountGroup, system_environment: dict[str, str]) -> None:
    shown = manage_on_a_terminal(system_environment, "scan", EXAMPLE, "--policy", "aml", "--group", group.pk)
    assert "Scanning" in shown
    assert re.search(r"waits for a worker|\d+ of 11 rules", shown)
    assert "\x1b[2K" in shown
    assert "Score 80.56 of 100." in shown


@pytest.mark.usefixtures("worker")
def test_a_large_file_is_read_by_the_worker_and_refused_with_its_reason(
    scan: Scan, group: AccountGroup, tmp_path: Path
) -> None:
    ran = scan(EXAMPLE, UPLOAD_SYNC_MAX="100")
    assert ran.code == 0, ran.err
    assert only_scan(group).upload.reading.status == Status.COMPLETED
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\x00\x01\x02" * 100)
    ran = scan(bad, "--json", UPLOAD_SYNC_MAX="100")
    assert (ran.code, ran.document["error"]["code"]) == (2, "UPLOAD_REFUSED")
    assert ran.err.startswith("Refused: bad.csv: ")
    assert Upload.objects.for_group(group).get(name="bad.csv").status == UploadStatus.FAILED


def test_a_scan_that_fails_says_why_and_ends_with_3(
    begun: Start, group: AccountGroup, tmp_path: Path, start_worker: Start
) -> None:
    process = begun(EXAMPLE, "--json")
    default_storage.delete(only_scan(group).upload.records)
    start_worker()
    assert process.wait() == 3
    *_, document, fault = (tmp_path / "err").read_text().splitlines()
    told = json.loads(document)
    assert (told["status"], told["error"]["code"], told["passed"]) == ("failed", "INTERNAL_ERROR", None)
    assert fault.startswith("Failed: The compliance scan failed. INTERNAL_ERROR: ")


def test_a_scan_that_somebody_cancels_ends_with_3(begun: Start, group: AccountGroup, tmp_path: Path) -> None:
    process = begun(EXAMPLE)
    scan = only_scan(group)
    cancel_scan(scan=scan, by=Requester.command("tests", group))
    assert process.wait() == 3
    assert "Failed: The compliance scan was cancelled." in (tmp_path / "err").read_text()


def test_when_no_worker_answers_it_says_so_and_ctrl_c_cancels(
    begun: Start, group: AccountGroup, tmp_path: Path
) -> None:
    process, err = begun(EXAMPLE), tmp_path / "err"
    until(lambda: "No worker answers. Start one: `make run`" in err.read_text(), "the word about workers")
    assert "-m celery --quiet -A config worker -l WARNING -Q long,short" in err.read_text()
    assert "The compliance scan stays queued meanwhile; Ctrl-C cancels it." in err.read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait() == 128 + signal.SIGINT
    assert only_scan(group).status == Status.CANCELLED
    assert err.read_text().endswith("The compliance scan is cancelled.\n")


def test_with_redis_away_it_says_so_and_the_scan_is_kept_for_later(
    begun: Start, group: AccountGroup, tmp_path: Path, start_worker: Start
) -> None:
    process = begun(EXAMPLE, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", REDIS_TIMEOUT="1")
    until(lambda: "Redis does not answer" in (tmp_path / "err").read_text(), "the word about Redis")
    scan = only_scan(group)
    factories.make_due(scan)
    start_worker()
    from jobs import lifecycle

    assert lifecycle.sweep() >= 1
    assert process.wait() == 0, (tmp_path / "err").read_text()
    assert "Score 80.56 of 100." in (tmp_path / "err").read_text()


def test_ctrl_c_stops_a_running_scan_and_leaves_nothing(
    begun: Start, group: AccountGroup, tmp_path: Path, start_worker: Start
) -> None:
    ledger = tmp_path / "ledger.csv"
    write_ledger(ledger, seed=5, month=1, records=10_000)
    with after_the_first_batch() as gate:
        start_worker(JOB_HEARTBEAT="0.3", SCAN_BATCH_ROWS="5")
        process = begun(ledger)
        gate.reached()
        process.send_signal(signal.SIGINT)
        # Batch, heartbeat and cancel: released earlier, the worker could finish before it is told to stop.
        until(lambda: waiting_for_locks() == 3, "the cancel to wait for the scan's row")
    assert process.wait() == 128 + signal.SIGINT
    scan = only_scan(group)
    assert scan.status == Status.CANCELLED
    until(lambda: not Violation.objects.filter(scan=scan).exists(), "the worker to clean up")
