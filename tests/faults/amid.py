"""Which jobs are being worked on at this moment, and what became of them."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import AccountGroup
from compliance.models import ComplianceScan
from jobs.enums import Status
from jobs.models import JobEvent
from prospecting.models import ProspectingJob
from scans.models import SignalScan
from tests.faults.house import WORKERS, House
from tests.faults.workload import JOB, SCAN, SIGNALS

MODELS = {SCAN: ComplianceScan, JOB: ProspectingJob, SIGNALS: SignalScan}
# What a job has done when it is amid its work, and not only taken.
BEGUN = {SCAN: Q(rules_processed__gt=0), JOB: Q(checkpoint__line__gt=0), SIGNALS: Q(drawn_up=True)}
Jobs = dict[str, set[str]]  # ids by kind


def begun(house: House, groups: Iterable[AccountGroup]) -> Jobs:
    """Ids of jobs that have done something, by kind: of living workers, not of those whose leases still run."""
    living = [f"{socket.gethostname()}:{house.running[name].pid}:" for name in WORKERS]
    at_living = reduce(or_, (Q(worker__startswith=name) for name in living))
    found: Jobs = {}
    for kind, model in MODELS.items():
        rows = model.objects.running().filter(BEGUN[kind], at_living, group__in=groups)
        found[kind] = {str(pk) for pk in rows.values_list("pk", flat=True)}
    return found


def taken_back(jobs: Iterable[str]) -> int:
    """How many of them a worker lost or handed back at least once."""
    back = JobEvent.objects.filter(job_id__in=jobs, from_status=Status.RUNNING, to_status=Status.QUEUED)
    return back.values("job_id").distinct().count()


def make_due(groups: Iterable[AccountGroup]) -> None:
    """As if a minute had passed: what a fault has lost of messages is published again by the next sweep."""
    for model in MODELS.values():
        model.objects.filter(group__in=groups, status=Status.QUEUED).update(publish_after=Now())
