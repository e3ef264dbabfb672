"""What Celery workers run for signal scans."""

from celery import shared_task

from jobs import working
from jobs.working import Work
from scans.actions import monitors


@shared_task
def run_scan(scan_id: str) -> None:
    working.run("signal_scan", scan_id, _not_yet)


@shared_task
def tend_monitors() -> None:
    monitors.dispatch_due()


def _not_yet(work: Work) -> None:
    raise NotImplementedError
