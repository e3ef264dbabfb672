"""What Celery workers run for prospecting."""

from celery import shared_task

from jobs import working
from jobs.working import Work
from prospecting.actions import lead_files


@shared_task
def run_job(job_id: str) -> None:
    working.run("prospecting_job", job_id, _not_yet)


def _not_yet(work: Work) -> None:
    raise NotImplementedError


@shared_task
def forget_old_leads() -> None:
    lead_files.forget_old()
