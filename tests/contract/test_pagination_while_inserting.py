"""Walking the pages of a list while others add to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import AccountGroup
from compliance.models import ComplianceScan
from tests.compliance import factories

pytestmark = pytest.mark.django_db


def made(group: AccountGroup, count: int, *, minutes_ago: int | None) -> list[str]:
    """Queued scans, each a minute older than the one before; None: all of one instant, which is the transaction's."""
    policy, upload = factories.policy(group), factories.upload(group)
    scans = [str(factories.scan(group, on=policy, upload_of=upload).pk) for _ in range(count)]
    if minutes_ago is not None:
        for age, scan in enumerate(scans):
            ComplianceScan.objects.filter(pk=scan).update(created_at=Now() - timedelta(minutes=minutes_ago + age))
    return scans


@pytest.mark.parametrize("minutes_ago", [None, 100], ids=["all at one instant", "a minute apart"])
@pytest.mark.parametrize("limit", [1, 4, 7])
def test_every_old_scan_is_seen_exactly_once_while_new_ones_come(limit: int, minutes_ago: int | None) -> None:
    group = factories.group()
    old = made(group, 10, minutes_ago=minutes_ago)
    client = Client(headers={"Authorization": f"Bearer {factories.key_text(group)}"})
    seen: list[str] = []
    query = {"limit": str(limit)}
    while True:
        page = client.get("/api/scan", query).json()
        seen += [scan["id"] for scan in page["scans"]]
        if not page["has_more"]:
            break
        assert len(page["scans"]) == limit
        query["cursor"] = page["next_cursor"]
        made(group, 1, minutes_ago=minutes_ago and 0)
    assert sorted(scan for scan in seen if scan in old) == sorted(old)
    assert len(seen) == len(set(seen))
