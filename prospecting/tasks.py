"""What Celery workers run for prospecting."""

from celery import shared_task

from jobs import working
from prospecting.actions import lead_files
from prospecting.execution import execute


@shared_task
def run_job(job_id: str) -> None:
    working.run("prospecting_job", job_id, execute)


@shared_task
def forget_old_leads() -> None:
    lead_files.forget_old()
