"""Single reviews, bulk reviews, waivers and the completion of the next scan, all at once, each on its own connection.

Each counts: the score is what the violations say, and every step of the history follows from the one before.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from compliance.actions.bulk_reviews import review_many
from compliance.actions.verifying import verify_scan
from compliance.actions.waivers import end_waiver, make_waiver
from compliance.enums import ReviewStatus
from compliance.models import ComplianceScan, Violation
from jobs import wires
from tests.compliance.workbench import Workbench, user

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]

ACCOUNTS = [f"A{n}" for n in range(12)]
LEDGER = [f"{account},{500 + n}" for n, account in enumerate(ACCOUNTS)]


@pytest.fixture(autouse=True)
def unpublished(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker hears of the scans: the test runs them itself."""
    monkeypatch.setattr(wires, "send", lambda *_: True)


def at_once(deeds: list[Callable[[], Any]]) -> None:
    """Each in a thread of its own; the first exception is raised here."""

    def run(deed: Callable[[], Any]) -> None:
        try:
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        list(pool.map(run, deeds))


def sound(scan: ComplianceScan) -> ComplianceScan:
    scan = ComplianceScan.objects.select_related("policy_version").get(pk=scan.pk)
    assert verify_scan(scan).fault == ""
    return scan


def decisions(bench: Workbench, scan: ComplianceScan, seed: int) -> list[Callable[[], Any]]:
    """Some single reviews, some of many, and a waiver that begins and ends."""
    dice = random.Random(seed)
    words = [status.value for status in ReviewStatus]

    def one(account: str, status: str) -> Callable[[], Any]:
        return lambda: bench.decide(scan, status, account)

    def many(chosen: list[str], status: str) -> Callable[[], Any]:
        by = user("bob", bench.group)
        of = Violation.objects.filter(account__in=chosen)
        return lambda: review_many(violations=of, scan=scan, by=by, status=ReviewStatus(status))

    def waive() -> None:
        about = {"is_pattern": True, "reason": "x", "owner": "Ann", "expires_at": datetime(2999, 1, 1, tzinfo=UTC)}
        waiver = make_waiver(group=bench.group, by=bench.by, rule_id="BIG", account="A1*", **about)
        if dice.random() < 0.5:
            end_waiver(waiver=waiver, by=bench.by)

    deeds = [one(dice.choice(ACCOUNTS), dice.choice(words)) for _ in range(4)]
    deeds += [many(dice.sample(ACCOUNTS, 5), dice.choice(words)) for _ in range(2)]
    return dice.sample([*deeds, waive], 7)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_happens_at_once_counts_once(seed: int) -> None:
    bench = Workbench()
    first = bench.scan(*LEDGER)
    second, lease = bench.started(*LEDGER)
    at_once([*decisions(bench, first, seed), lambda: bench.finished(second, lease)])
    first, second = sound(first), sound(second)
    assert second.previous_scan_id == first.pk
    # No decision comes after the switch without being the first scan's own: those before it hold in the second.
    switched = second.score_events.get(sequence=1).at
    late = set(
        Violation.objects.filter(reviews__at__gte=switched, scan=first).values_list("account", flat=True)
    )  # fmt: skip
    for account in set(ACCOUNTS) - late:
        before, now = bench.of(first, account), bench.of(second, account)
        assert (now.status, now.review_note, now.reviewed_at) == (
            before.status, before.review_note, before.reviewed_at,
        )  # fmt: skip


def test_decisions_at_once_on_one_scan_all_count() -> None:
    bench = Workbench()
    scan = bench.scan(*LEDGER)
    before = scan.score_events.count()
    deeds = [deed for seed in (4, 5) for deed in decisions(bench, scan, seed)]
    at_once(deeds)
    scan = sound(scan)
    assert scan.score_events.count() >= before + 8  # every single review is a step of its own
