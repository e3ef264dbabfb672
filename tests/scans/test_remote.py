"""Posts and comments that a provider looks for on behalf of a scan."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from jobs import lifecycle
from jobs.working import Work
from prospecting.providers import calls
from prospecting.providers import sandbox as sandbox_module
from prospecting.providers.sandbox import Sandbox
from scans import queries, remote
from scans.actions.scans import cancel_scan
from scans.models import Activity, RemoteScan, SignalScan
from tests.prospecting.providers.served import served
from tests.scans import factories
from tests.scans.running import run
from web.errors import UpstreamError

pytestmark = pytest.mark.django_db

POSTS = {"source": "post", "keywords": ["expansion"], "excludeKeywords": []}


@pytest.fixture
def sandbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(calls, "_pause", lambda answer: 0.0)
    monkeypatch.setattr(remote, "POLL_EVERY", 0)
    with served(Sandbox(), threading.Event()) as (serving, address):
        settings.SANDBOX_PROVIDER_URL = address
        yield serving


def scan(*names: str) -> SignalScan:
    """Of people with these public identifiers, with a test key."""
    group = factories.group()
    people = [factories.prospect(group, public_identifier=name) for name in names]
    wanted = factories.specification(group, POSTS)
    return factories.scan(group, prospects=people, specification=wanted, test=True)


def test_what_the_provider_finds_becomes_signals_of_its_people(sandbox: Sandbox, monkeypatch: Any) -> None:
    made = run(scan("ann", "bob"), monkeypatch)
    assert (made.status, made.kept, made.prospects_evaluated) == ("completed", 2, 2)
    assert set(Activity.objects.values_list("external_id", flat=True)) == {"sandbox:post-ann", "sandbox:post-bob"}
    assert list(RemoteScan.objects.values_list("status", flat=True)) == ["completed"]


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ({"postedAt": "9999-12-31T23:59:59-12:00"}, 1), ({"postedAt": "0001-01-01T00:00:00+10:00"}, 1),
        ({"postedAt": "9999-12-31T23:59:59Z"}, 1), ({"text": "expansion\0 \ud800"}, 2), ({"id": "\0"}, 0),
        ({"url": "javascript:alert(1)"}, 2), ({"url": "https://[x"}, 2), ({"replySummary": "\0"}, 2),
    ],
)  # fmt: skip
def test_what_a_provider_cannot_mean_costs_the_scan_nothing_else(
    sandbox: Sandbox, monkeypatch: Any, odd: dict[str, Any], kept: int
) -> None:
    fine = sandbox_module._activities
    monkeypatch.setattr(
        sandbox_module, "_activities",
        lambda scan: [each | (odd if index else {}) for index, each in enumerate(fine(scan))],
    )  # fmt: skip
    made = run(scan("ann", "bob"), monkeypatch)
    assert (made.status, made.kept, made.prospects_evaluated) == ("completed", kept, 2)
    assert not Activity.objects.filter(url__startswith="javascript").exists()


@pytest.mark.parametrize(("person", "status"), [("failing", "failed"), ("endless", "failed")])
def test_a_provider_that_does_not_come_to_an_end_costs_the_scan_nothing_else(
    sandbox: Sandbox, settings: Any, monkeypatch: Any, person: str, status: str
) -> None:
    settings.REMOTE_SCAN_SECONDS = 0
    made = run(scan(person), monkeypatch)
    assert (made.status, made.prospects_evaluated) == ("completed", 1)
    assert RemoteScan.objects.get().status == status


def test_a_provider_that_is_away_costs_the_scan_nothing_else(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(calls, "_pause", lambda answer: 0.0)
    settings.SANDBOX_PROVIDER_URL = "http://127.0.0.1:9"
    assert run(scan("ann"), monkeypatch).status == "completed"


def begun(made: SignalScan) -> RemoteScan:
    """As far as the worker is when the provider has begun."""
    work = Work(factories.claimed(made), time_limit=60)
    queries.draw_up(made, own=True, companies=False)
    SignalScan.objects.filter(pk=made.pk).update(drawn_up=True)
    provider = remote.for_group(made.group, test=True)
    assert provider is not None
    since = made.created_at - timedelta(days=30)
    return next(remote._started(work, made, provider, {"post"}, since))


def test_a_cancel_stops_what_the_provider_runs(sandbox: Sandbox) -> None:
    made = scan("endless")
    row = begun(made)
    made.refresh_from_db()
    cancel_scan(scan=made, by=factories.by(made.group))
    made.refresh_from_db()
    row.refresh_from_db()
    assert (made.status, row.status) == ("cancelled", "cancelled")


def test_a_provider_that_refuses_to_stop_leaves_the_scan_as_it_was(sandbox: Sandbox) -> None:
    made = scan("stubborn-endless")
    row = begun(made)
    made.refresh_from_db()
    with pytest.raises(UpstreamError):
        cancel_scan(scan=made, by=factories.by(made.group))
    made.refresh_from_db()
    row.refresh_from_db()
    assert (made.status, row.status) == ("running", "running")


def test_one_that_is_over_at_the_provider_is_no_reason_to_refuse(sandbox: Sandbox) -> None:
    made = scan("ann")
    row = begun(made)
    provider = remote.for_group(made.group, test=True)
    assert provider is not None
    while provider.activity_scan(row.external_id) == "running":
        pass
    made.refresh_from_db()
    cancel_scan(scan=made, by=factories.by(made.group))
    made.refresh_from_db()
    assert made.status == "cancelled"


def test_a_second_attempt_starts_no_second_scan_at_the_provider(sandbox: Sandbox, monkeypatch: Any) -> None:
    made = scan("ann", "bob")
    first = begun(made)
    lifecycle.hand_back("worker of a test")
    made = run(made, monkeypatch)
    assert (made.status, made.kept) == ("completed", 2)
    assert RemoteScan.objects.get() == first
    assert sandbox.calls["/activity-scans"] == 1
