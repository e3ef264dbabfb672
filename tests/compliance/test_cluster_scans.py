"""Scans that are more than SCAN_LOCAL_MAX_ROWS: judged on a Spark Connect server, with the same results."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from compliance import files, judging
from compliance.demo.ledger import write_ledger
from compliance.execution import execute
from compliance.models import ComplianceScan, Policy
from compliance.packs import load_pack
from config.storage import address_of
from jobs import kinds, lifecycle, working
from jobs.doctor import servers
from jobs.doctor.findings import State
from jobs.enums import Status
from jobs.working import Work
from tests.compliance import factories

pytestmark = [pytest.mark.xdist_group("sail"), pytest.mark.filterwarnings("ignore:.RETRIES_EXCEEDED")]
CONFIG = {"account": "nameOrig", "amount": "amount", "type": "type", "step": "step"}
CONFIG |= {name: name for name in ("oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest")}
Executed = Callable[..., ComplianceScan]


@pytest.fixture
def on_sail(sail: str, settings: Any) -> Any:
    """All scans are judged by Sail."""
    settings.SPARK_CONNECT_URL, settings.SCAN_LOCAL_MAX_ROWS = sail, 0
    settings.SPARK_STORAGE = Path(settings.MEDIA_ROOT).resolve().as_uri()
    return settings


@pytest.fixture
def ledger(tmp_path: Path) -> bytes:
    write_ledger(tmp_path / "ledger.csv", seed=1, month=1, records=2_500)
    return (tmp_path / "ledger.csv").read_bytes()


@pytest.fixture
def aml(db: None) -> Policy:
    return factories.policy(factories.group(), [rule.canonical() for rule in load_pack("aml").rules])


@pytest.fixture
def executed(aml: Policy, ledger: bytes) -> Executed:
    return lambda: factories.executed(aml.group, ledger, CONFIG, on=aml)


def told(scan: ComplianceScan) -> tuple[Any, ...]:
    """All that a scan says, but how long it took and by which engine."""
    rules = [{name: each[name] for name in each if name != "seconds"} for each in scan.rule_results]
    violations = scan.violations.order_by("rule_id", "account").values_list(
        "rule_id", "account", "finding_count", "amount", "actual_value", "sample"
    )
    return scan.result_digest, scan.score, scan.violation_count, scan.coverage, rules, list(violations)


def test_a_scan_says_the_same_whoever_judged_it(executed: Executed, on_sail: Any) -> None:
    there = executed()
    assert there.engine.startswith("sail 0.")
    on_sail.SCAN_LOCAL_MAX_ROWS = there.record_count
    here = executed()
    assert here.engine.startswith("duckdb ")
    assert here.violation_count > 20
    assert told(there) == told(here)
    assert (here.previous_scan, here.unchanged_count) == (there, there.violation_count)


def test_nothing_is_left_of_what_the_cluster_wrote(executed: Executed, on_sail: Any) -> None:
    scan = executed()
    folder = files.work_folder(scan.group_id, str(scan.pk))
    assert not default_storage.exists(folder) or default_storage.listdir(folder) == ([], [])


def test_what_a_lost_worker_left_is_removed_with_its_attempt(
    aml: Policy, django_capture_on_commit_callbacks: Any
) -> None:
    scan = factories.completed(aml.group, on=aml)
    folder = f"{files.work_folder(scan.group_id, str(scan.pk))}/lost"
    default_storage.save(f"{folder}/1-facts/part.parquet", io.BytesIO(b"rows"))
    ComplianceScan.objects.filter(pk=scan.pk).update(leftovers=True)
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.discard_leftovers(kinds.of(scan), str(scan.pk))
    assert not default_storage.exists(folder)


def test_a_scan_is_checked_where_it_belongs(executed: Executed, on_sail: Any) -> None:
    scan, out = executed(), io.StringIO()
    call_command("rescan_check", str(scan.pk), stdout=out)
    assert out.getvalue().count("sail 0.") == 2
    on_sail.SPARK_CONNECT_URL = ""
    call_command("rescan_check", str(scan.pk), stdout=out)
    assert "duckdb" in out.getvalue()


def test_on_an_object_store_the_cluster_reads_and_works_under_the_same_addresses(
    bucket: Any, executed: Executed, on_sail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = bucket.meta.client.meta.endpoint_url
    for name, value in {"AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    on_sail.SPARK_STORAGE = address_of(f"s3://files/scan%20ward?endpoint={endpoint}", Path("nowhere"))
    assert on_sail.SPARK_STORAGE == "s3a://files/scan ward"
    scan = executed()
    assert scan.engine.startswith("sail ")
    assert scan.violation_count > 20
    assert not [entry.key for entry in bucket.objects.all() if "/work/" in entry.key]


@pytest.mark.parametrize(
    ("url", "most", "records", "there"),
    [
        ("", 0, 9, False),
        ("sc://x", None, 9, False),
        ("sc://x", 9, 9, False),
        ("sc://x", 9, 10, True),
        ("sc://x", 0, 1, True),
    ],
)
def test_the_operator_says_what_is_too_large(
    settings: Any, url: str, most: int | None, records: int, there: bool
) -> None:
    settings.SPARK_CONNECT_URL, settings.SCAN_LOCAL_MAX_ROWS = url, most
    assert judging.belongs_on_cluster(records) == there


@pytest.fixture
def away(settings: Any) -> Any:
    """The cluster's address is right, and nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.SPARK_CONNECT_URL = f"sc://127.0.0.1:{free.getsockname()[1]}"
    settings.SCAN_LOCAL_MAX_ROWS, settings.JOB_HEARTBEAT = 0, Decimal("0.05")
    return settings


def doctor() -> list[tuple[State, str]]:
    return [(each.state, each.found.partition(" ")[2]) for each in servers.cluster()]


def test_the_doctor_looks_whether_the_cluster_answers(on_sail: Any, away: Any, sail: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(servers, "CLUSTER_SECONDS", 0.5)
    assert doctor() == [(State.WRONG, "does not answer")]
    away.SPARK_CONNECT_URL = sail
    assert doctor() == [(State.OK, "answers, for more than 0 records")]
    away.SCAN_LOCAL_MAX_ROWS = None
    assert doctor() == [(State.WARNING, "answers and is never asked")]
    away.SPARK_CONNECT_URL = ""
    assert doctor() == []


def running(content: bytes) -> ComplianceScan:
    """A scan of a real upload that a worker may claim."""
    group = factories.group()
    upload = factories.received(group, content)
    return factories.scan(group, upload_of=upload)


@pytest.mark.system
@pytest.mark.usefixtures("system_db", "away")
def test_a_cluster_that_is_away_fails_the_scan_and_says_so(ledger: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.engine.spark.TRIES", 2)
    scan = running(ledger)
    working.run("compliance_scan", str(scan.pk), execute)
    scan.refresh_from_db()
    assert (scan.status, scan.error_code) == (Status.FAILED, "ENGINE_AWAY")
    assert "127.0.0.1" not in scan.error_message


@pytest.mark.system
@pytest.mark.usefixtures("system_db", "away")
def test_a_cancelled_scan_does_not_wait_for_a_cluster_that_is_away(
    ledger: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, interruptible = running(ledger), Work.interruptible

    def cancelled(work: Work, interrupt: Callable[[], None]) -> Any:
        lifecycle.cancel(kinds.of(scan), str(scan.pk), actor="somebody")
        return interruptible(work, interrupt)

    monkeypatch.setattr(Work, "interruptible", cancelled)
    monkeypatch.setattr("compliance.engine.spark.TRIES", 10**6)  # without an interrupt it would wait for ever
    working.run("compliance_scan", str(scan.pk), execute)
    scan.refresh_from_db()
    assert scan.status == Status.CANCELLED
