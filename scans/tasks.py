"""What Celery workers run for signal scans."""

from celery import shared_task

from jobs import working
from jobs.working import Work


@shared_task
def run_scan(scan_id: str) -> None:
    working.run("signal_scan", scan_id, _not_yet)


def _not_yet(work: Work) -> None:
    raise NotImplementedError
