"""Prospecting jobs for tests, as plain functions: each makes what it needs and nothing more."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts import credits
from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs import kinds, lifecycle
from jobs.lifecycle import Lease
from jobs.working import Work
from prospecting.actions.jobs import start_job
from prospecting.enums import JobSource
from prospecting.execution import execute
from prospecting.models import ProspectingJob
from tests.compliance import factories

ALL = ("prospecting:read", "prospecting:write")


def group(credit: int = 100, **fields: Any) -> AccountGroup:
    """An account group with credits."""
    made = factories.group(**fields)
    if credit:
        credits.grant(made, credit, Requester.command("tests", made))
    return made


def person(number: int) -> dict[str, str]:
    return {"email": f"person{number}@acme{number}.com", "name": f"Person Number{number}"}


def people(*numbers: int) -> list[dict[str, str]]:
    return [person(number) for number in numbers]


def job(of: AccountGroup, records: list[Any] | None = None, **wanted: Any) -> ProspectingJob:
    """A queued job that imports records, started as a partner would."""
    about: dict[str, Any] = {
        "source": JobSource.RECORDS, "params": {"records": people(1, 2, 3) if records is None else records},
        **({} if "audience_id" in wanted else {"audience_name": "New"}),
    }  # fmt: skip
    with transaction.atomic():
        made = start_job(group=of, by=Requester.command("tests", of), **{**about, **wanted})
    made.refresh_from_db()
    return made


def claimed(made: ProspectingJob) -> Lease:
    lease = lifecycle.claim(kinds.of(made), made.pk, worker="worker of a test")
    assert lease is not None
    return lease


def working(made: ProspectingJob) -> Work:
    """What a worker holds while it works on the job."""
    return Work(claimed(made), time_limit=60)


def finished(made: ProspectingJob) -> ProspectingJob:
    """Do here what a worker would do with the job."""
    execute(working(made))
    made.refresh_from_db()
    return made


def balance(of: AccountGroup) -> tuple[int, int]:
    """(available, reserved)"""
    return tuple(credits.balance(of))  # type: ignore[return-value]
