"""What a scan or a monitor needs, deleted in the very moment: one of the two wins, and the other says so."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import AccountGroup
from jobs.working import Work
from prospecting.actions.audiences import delete_audience
from prospecting.actions.erasing import erase
from prospecting.models import Audience
from scans import execution
from scans.actions.monitors import create_monitor
from scans.actions.scans import start_scan
from scans.actions.specifications import delete_specification
from scans.models import Monitor, SignalScan, SignalSpecification
from tests.jobs.gates import waiting_for_locks
from tests.scans import factories
from tests.scans.asking import Asking, fault
from tests.until import until

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = {"audience": "/audiences", "specification": "/signal-specifications"}
FIELDS = {"audience": "audienceId", "specification": "signalSpecificationId"}
MADE = {"/signals/scans": SignalScan, "/signals/monitors": Monitor}
every_pair = pytest.mark.parametrize(("named", "made"), [(named, made) for named in PATHS for made in MADE])


class Named:
    """An audience and a specification, and what is made with them."""

    def __init__(self, group: AccountGroup) -> None:
        self.group, self.by = group, factories.by(group)
        self.audience: Audience = factories.audience(group, factories.prospect(group))
        self.specification: SignalSpecification = factories.specification(group)
        self.ids = {"signal_specification_id": self.specification.pk, "audience_id": self.audience.pk}

    def body(self, made: str) -> dict[str, Any]:
        ids = {"signalSpecificationId": self.specification.pk, "audienceId": self.audience.pk}
        return ids | ({"cadence": {"cron": "30 7 * * *"}} if made == "/signals/monitors" else {})

    def make(self, made: str) -> None:
        if made == "/signals/monitors":
            create_monitor(group=self.group, by=self.by, cron="30 7 * * *", time_zone="UTC", **self.ids)
        else:
            start_scan(group=self.group, by=self.by, **self.ids)

    def delete(self, named: str) -> None:
        if named == "audience":
            delete_audience(group=self.group, audience_id=self.audience.pk, by=self.by)
        else:
            delete_specification(specification=self.specification, by=self.by)


def meanwhile(act: Callable[[], Any]) -> Future[Any]:
    """`act` on a connection of its own; returns once it waits for a lock of ours, or has ended without one."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    until(lambda: future.done() or waiting_for_locks(), "the other one")
    return future


@every_pair
def test_what_is_being_deleted_is_unknown_to_a_start(named: str, made: str) -> None:
    rows = Named(factories.group())
    asking = Asking(rows.group)
    with transaction.atomic():
        rows.delete(named)
        start = meanwhile(lambda: asking.post(made, rows.body(made)))
    assert fault(start.result(timeout=300), 400) == ("VALIDATION_ERROR", FIELDS[named])
    assert not MADE[made].objects.exists()


def test_a_scan_that_begins_while_somebody_is_erased_waits_and_goes_without() -> None:
    group = factories.group()
    stays, goes = factories.prospect(group), factories.prospect(group)
    scan = factories.scan(group, prospects=[goes, stays])
    work = Work(factories.claimed(scan), time_limit=60)
    with transaction.atomic():
        erase(group=group, prospect_id=goes.pk, by=factories.by(group))
        begun = meanwhile(lambda: execution._Running(work, scan).draw_up())
    begun.result(timeout=300)
    assert list(scan.prospects.values_list("prospect_id", flat=True)) == [stays.pk]


@every_pair
def test_what_something_is_being_made_with_is_in_use(named: str, made: str) -> None:
    rows = Named(factories.group())
    asking = Asking(rows.group)
    with transaction.atomic():
        rows.make(made)
        deletion = meanwhile(lambda: asking.delete(f"{PATHS[named]}/{getattr(rows, named).pk}"))
    assert fault(deletion.result(timeout=300), 409) == ("CONFLICT", None)
    assert MADE[made].objects.count() == 1
