"""Requests a second of the routes asked most, with a million scans stored, beside bare views on the same server.

Loads it with wrk (Debian's package of that name), 16 connections.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.system import key_of, prepared
from config import processes

CONNECTIONS, SECONDS, RUNS = 16, 4, 5
PROCESSES, THREADS = 2, 8
DEEP = 10_000  # the page
TITLE = "Requests a second"
STATUS, UNCHANGED, FIRST, LATER = "status of a scan", "the same, unchanged (304)", "page 1", f"page {DEEP:,}"
DJANGO, DRF, DRF_KEY = "bare Django JSON", "bare DRF", "bare DRF, key looked up"


@dataclass(frozen=True)
class Asked:
    """A request, and the headers it is sent with."""

    address: str
    headers: dict[str, str]


def section(folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now; of the database what benchmarks.lists says."""
    if shutil.which("wrk") is None:
        raise SystemExit("This needs wrk: apt install wrk.")
    with ExitStack() as stack:
        prepared(stack, folder, settings="benchmarks.serving.settings")
        from accounts.models import AccountGroup
        from benchmarks.lists.seeding import seed

        if not AccountGroup.objects.exists():
            seed()
        port = processes.free_port()
        base = f"http://127.0.0.1:{port}"
        log = stack.enter_context((folder / "web.log").open("wb"))
        (web,) = stack.enter_context(
            processes.running(processes.web(port, processes=PROCESSES, threads=THREADS), log=log)
        )
        processes.wait_until_served(f"{base}/livez", web)
        asked = _asked(base)
        rates: dict[str, list[float]] = {name: [] for name in asked}
        for name, each in asked.items():
            _rate(base, each, seconds=1)  # warm
            assert httpx.get(base + each.address, headers=each.headers).status_code in (200, 304), name
        for _ in range(RUNS):
            for name, each in asked.items():
                rates[name].append(_rate(base, each))
        return table(rates, _start(base))


def table(rates: dict[str, list[float]], start: float) -> str:
    middle = {name: statistics.median(each) for name, each in rates.items()}
    goals = {
        STATUS: f"{middle[STATUS] / middle[DRF_KEY]:.2f} of {DRF_KEY} (goal: 0.6)",
        UNCHANGED: f"{middle[DRF_KEY] / middle[UNCHANGED]:.2f} times its time (goal: 1.3)",
        LATER: f"{middle[FIRST] / middle[LATER]:.2f} times the time of page 1 (goal: 1.2)",
    }  # fmt: skip
    lines = [
        f"A web server of {PROCESSES} processes with {THREADS} threads each, {CONNECTIONS} connections of wrk,",
        f"{SECONDS} s a run; median (least to most) of {RUNS} runs in turn. A million scans are stored, half of them",
        "of the group that asks; pages of 50 scans.", "",
        "| request | a second | by its measure |", "|---|---|---|",
        *(
            f"| {name} | {middle[name]:,.0f} ({min(each):,.0f} to {max(each):,.0f}) | {goals.get(name, '')} |"
            for name, each in rates.items()
        ),
        "", f"A start (POST /api/scan/run, one after the other, no worker beside): {start * 1000:.1f} ms.",
    ]  # fmt: skip
    return "\n".join(lines)


def _asked(base: str) -> dict[str, Asked]:
    from accounts.models import AccountGroup
    from benchmarks.lists.seeding import BIG_GROUP
    from compliance.models import ComplianceScan

    group = AccountGroup.objects.get(name=BIG_GROUP)
    key = {"Authorization": f"Bearer {key_of(group)}"}
    scan = ComplianceScan.objects.filter(group=group, status="completed").order_by("-created_at")[100]
    status = f"/api/scan/{scan.pk}"
    tag = httpx.get(base + status, headers=key).headers["ETag"]
    return {
        DJANGO: Asked("/bare/django", {}), DRF: Asked("/bare/drf", {}), DRF_KEY: Asked("/bare/drf-key", key),
        STATUS: Asked(status, key), UNCHANGED: Asked(status, {**key, "If-None-Match": tag}),
        FIRST: Asked("/api/scan?limit=50", key),
        LATER: Asked(f"/api/scan?limit=50&cursor={_cursor(group)}", key),
    }  # fmt: skip


def _cursor(group: Any) -> str:
    """Of the page DEEP, as the page before it would give it."""
    from django.test import RequestFactory
    from rest_framework.request import Request

    from compliance.models import ComplianceScan
    from web.pagination import sealed

    rows = ComplianceScan.objects.for_group(group).shown().order_by("-created_at", "-id")
    last = rows.only("created_at", "id")[50 * (DEEP - 1) - 1]
    request: Any = Request(RequestFactory().get("/api/scan"))
    request.group = group
    return sealed(request, [last.created_at.isoformat(), str(last.pk)])


def _rate(base: str, asked: Asked, *, seconds: int = SECONDS) -> float:
    headers = [part for name, value in asked.headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *headers, base + asked.address]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said and "304" not in str(asked):
        raise AssertionError(f"{asked.address}: {said}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]


def _start(base: str) -> float:
    """Seconds of one start, at the median of 50."""
    import tempfile
    import time

    from accounts.actions import create_group
    from accounts.audit import Actor
    from benchmarks import datasets
    from compliance.demo.client import Partner

    group = create_group(name="Starting", actor=Actor("command:bench"))
    with Partner(base, key_of(group)) as partner, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.csv"
        datasets.typical(path, 2_000, 1)
        policy, upload = partner.policy_from_pack("aml"), partner.upload(path)
        mapping = partner.confirm(upload)
        body = {"policy_id": policy, "upload_id": upload["upload_id"], "mapping_id": mapping}
        times = []
        with httpx.Client(
            base_url=base, headers={"Authorization": f"Bearer {key_of(group)}", "Prefer": "respond-async"}
        ) as http:
            for _ in range(50):
                begun = time.perf_counter()
                answer = http.post("/api/scan/run", json=body)
                times.append(time.perf_counter() - begun)
                assert answer.status_code == 202, answer.text
        return statistics.median(times)
