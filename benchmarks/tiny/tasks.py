from __future__ import annotations

from celery import shared_task
from django.db.models.functions import Now

from benchmarks.tiny.models import TinyRow
from jobs import lifecycle, working


@shared_task
def run_job(job_id: str) -> None:
    working.run("tiny", job_id, _finish)


@shared_task
def run_task(row_id: str) -> None:
    TinyRow.objects.filter(pk=row_id).update(done_at=Now())


def _finish(work: working.Work) -> None:
    with lifecycle.finish(work.lease):
        pass
