"""What signal scans say on the home: each card counts what its list shows, and only what one may see."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from accounts.models import AccountGroup
from jobs import lifecycle
from scans.models import Monitor, SignalScan
from tests.homes import cards, figures, listed
from tests.scans import factories


def failed(of: AccountGroup, monitor: Monitor | None = None) -> SignalScan:
    scan = factories.scan(of, monitor=monitor)
    lifecycle.fail(factories.claimed(scan), code="X", message="x")
    return scan


def test_scans_that_failed_need_attention(cast: SimpleNamespace) -> None:
    broken = failed(cast.acme)
    failed(cast.neighbour)
    factories.completed(cast.acme, factories.prospect(cast.acme))
    for client in (cast.operator, cast.auditor):
        assert listed(client, cards(client)["signal scan failed"]) == [broken]
    assert not any("signal" in what for what in cards(cast.analyst))


def test_monitors_whose_last_scan_failed_need_attention(cast: SimpleNamespace) -> None:
    fails, paused, recovered, foreign = (
        factories.monitor(of) for of in (cast.acme, cast.acme, cast.acme, cast.neighbour)
    )
    for monitor in (fails, paused, recovered, foreign):
        failed(monitor.group, monitor)
    Monitor.objects.filter(pk=paused.pk).update(is_active=False, next_run_at=None)
    person = factories.prospect(cast.acme)
    factories.completed(cast.acme, person, monitor=recovered)
    assert listed(cast.operator, cards(cast.operator)["monitor failed"]) == [fails]
    assert listed(cast.stranger, cards(cast.stranger)["monitor failed"]) == [foreign]


def test_signals_of_today_are_counted(cast: SimpleNamespace) -> None:
    people = [factories.prospect(of, company=factories.company(of)) for of in (cast.acme, cast.neighbour)]
    factories.completed(cast.acme, people[0], kept=3)
    factories.completed(cast.neighbour, people[1], kept=4)
    old = factories.completed(cast.acme, people[0], kept=5)
    SignalScan.objects.filter(pk=old.pk).update(created_at="2026-01-01T00:00:00Z", completed_at="2026-01-02T00:00:00Z")
    assert figures(cast.operator)["Signals kept today"] == "3"
    assert "Signals kept today" not in figures(cast.analyst)


def test_the_home_costs_as_many_queries_however_much_there_is(
    cast: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        failed(cast.acme, factories.monitor(cast.acme))
        factories.scan(cast.acme)
    for client, most in ((cast.operator, 14), (cast.superuser, 14)):
        with django_assert_max_num_queries(most):
            assert cards(client)["signal scans failed"].count == 3
