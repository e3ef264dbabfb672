"""Storing 100,000 violations of a scan, and knowing which of them are new, beside a bare COPY into the same table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import datasets
from benchmarks.system import prepared

RECORDS, VIOLATIONS, RUNS = 120_000, 100_000, 7
TITLE = "Storing violations"


def section(folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    with ExitStack() as stack:
        prepared(stack, folder)
        return table(*_measured(folder))


def table(rows: int, seconds: dict[str, list[float]]) -> str:
    middle = {name: statistics.median(each) for name, each in seconds.items()}
    share = middle["bare COPY"] / middle["stored"]
    lines = [
        f"{rows:,} violations of one scan of `dense` data, in fenced batches into the table with all its indexes;",
        "`compared` where the scan before found the same, each marked new or unchanged as it is written; `bare COPY`",
        f"the finished lines in one statement. Median (least to most) of {RUNS} runs in turn.", "",
        "| what | seconds | rows a second |", "|---|---|---|",
    ]  # fmt: skip
    for name, each in seconds.items():
        spread = f"{middle[name]:.2f} ({min(each):.2f} to {max(each):.2f})"
        lines.append(f"| {name} | {spread} | {rows / middle[name]:,.0f} |")
    delta = middle["stored, compared"] - middle["stored"]
    return "\n".join([
        *lines, "", f"stored / bare COPY: {share:.2f} of its rows a second (goal: 0.5); the comparison of {rows:,} with"
        f" {rows:,}: {delta:.2f} s (goal: 0.3)",
    ])  # fmt: skip


def _measured(folder: Path) -> tuple[int, dict[str, list[float]]]:
    from django.conf import settings
    from django.db import connection

    from compliance import judging, staging
    from compliance.engine.copying import COLUMNS, copy_lines
    from compliance.engine.rules import parse_rules
    from compliance.execution import execute

    first = _claimed(folder)
    execute(_work(first))
    _, scan, lease = second = _claimed(folder)
    outcome = judging.judge(scan, folder)
    severities = {rule.rule_id: rule.severity for rule in parse_rules(scan.policy_version.active_rules)}
    how = {"scratch": folder, "settings": judging.bounds()}
    lines = b"".join(
        bytes(each.text)
        for each in copy_lines(
            outcome.violations_file, scan=str(scan.pk), attempt=lease.attempt, created_at=scan.created_at,
            now=staging.now(), severities=severities, known=staging._known(None), batch_rows=10_000, **how,
        )
    )  # fmt: skip

    def stored(previous: Any) -> None:
        staging.stage(
            lease, scan, outcome, severities, previous, batch_rows=settings.SCAN_BATCH_ROWS,
            written=lambda _: None, **how,
        )  # fmt: skip

    def bare() -> None:
        target = f"COPY compliance_violation ({', '.join(COLUMNS)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(target) as copy:
            copy.write(lines)

    first[1].refresh_from_db()
    contenders: dict[str, Callable[[], None]] = {
        "stored": lambda: stored(None), "stored, compared": lambda: stored(first[1]), "bare COPY": bare,
    }  # fmt: skip
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(RUNS + 1):
        for name, action in contenders.items():
            seconds[name] += [_timed(action)][not turn :]
            staging.discard(str(scan.pk), keep_attempt=None)
    assert second[1].pk != first[1].pk
    return outcome.violation_count, seconds


def _timed(action: Callable[[], None]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _claimed(folder: Path) -> tuple[Any, Any, Any]:
    """(kind, scan, lease) of a new scan of the same records and rules, ours to run."""
    from django.db import transaction

    from accounts.actions import create_group
    from accounts.audit import Actor
    from accounts.models import AccountGroup
    from accounts.requester import Requester
    from compliance.actions.policies import create_policy
    from compliance.actions.scans import start_scan
    from compliance.actions.uploads import confirm_mapping, receive_upload
    from compliance.models import ComplianceScan
    from compliance.packs.loader import load_pack
    from jobs import kinds, lifecycle

    group = AccountGroup.objects.first() or create_group(name="Storing", actor=Actor("command:bench"))
    by = Requester.command("bench", group)
    before = ComplianceScan.objects.first()
    if before is None:
        path = folder / "dense.csv"
        datasets.dense(path, RECORDS, 1)
        upload, _ = receive_upload(group=group, by=by, path=path, name=path.name)
        mapping = confirm_mapping(upload=upload, by=by, config=upload.profile["suggested_mapping"])
        rules = [rule.canonical() for rule in load_pack("aml").rules]
        policy, _ = create_policy(group=group, by=by, name="AML", rules=rules)
        ids = {"policy_id": policy.pk, "upload_id": upload.pk, "mapping_id": mapping.pk}
    else:
        ids = {"policy_id": before.policy_id, "upload_id": before.upload_id, "mapping_id": before.mapping_id}
    with transaction.atomic():
        scan = start_scan(group=group, by=by, **ids)
    kind = kinds.get("compliance_scan")
    lease = lifecycle.claim(kind, str(scan.pk), worker="bench")
    scan = ComplianceScan.objects.select_related("policy_version", "upload", "group").get(pk=scan.pk)
    return kind, scan, lease


def _work(claimed: tuple[Any, Any, Any]) -> Any:
    from jobs.working import Work

    return Work(claimed[2], time_limit=600)
