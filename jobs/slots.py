"""How many jobs of an account group run at once: as many as it has slots, and who was refused one comes next.

The slots of a group are counted under a lock of its own, which a claim takes, and a job that stops running: so the
limit is exact, and of a claim that is refused and a job that ends one sees the other.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection

from jobs import kinds
from jobs.enums import Status
from jobs.kinds import Kind
from jobs.models import Job


def take(kind: Kind, job: Job) -> bool:
    """Whether there is a slot for this queued job. If not it is held: `pass_on` publishes it when there is one."""
    _lock(job.group_id)
    if _running(job.group_id) < _of(job):
        return True
    kind.model.objects.filter(pk=job.pk, status=Status.QUEUED).update(held=True)
    return False


def pass_on(job: Job) -> list[tuple[str, str]]:
    """A job has stopped running: (kind, id) of the held ones that have a slot now, to be published on commit."""
    _lock(job.group_id)
    held = _held(job.group_id)
    if not held:
        return []
    free = max(0, _of(job) - _running(job.group_id))
    for kind in kinds.every():
        chosen = [job_id for name, job_id in held[:free] if name == kind.name]
        if chosen:
            kind.model.objects.filter(pk__in=chosen).update(held=False)
    return held[:free]


def _of(job: Job) -> int:
    return job.group.jobs_running or settings.JOBS_RUNNING_PER_GROUP


def _lock(group_id: str) -> None:
    """Until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('job slots'), hashtext(%s::text))", [str(group_id)])


def _running(group_id: str) -> int:
    of_each = "(SELECT count(*) FROM {table} WHERE group_id = %(group)s AND status = 'running')"
    return int(_asked(f"SELECT {' + '.join(of_each.format(table=table) for table in _tables())}", group_id)[0][0])


def _held(group_id: str) -> list[tuple[str, str]]:
    """(kind, id), the longest waiting first."""
    of_each = "SELECT '{kind}' AS kind, id::text AS id, created_at FROM {table} WHERE group_id = %(group)s AND held"
    parts = [of_each.format(kind=name, table=table) for table, name in _tables().items()]
    return [row[:2] for row in _asked(f"{' UNION ALL '.join(parts)} ORDER BY created_at, id", group_id)]


def _tables() -> dict[str, str]:
    return {kind.model._meta.db_table: kind.name for kind in kinds.every()}


def _asked(query: str, group_id: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"group": group_id})
        return list(cursor.fetchall())
