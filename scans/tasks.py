"""What Celery workers run for signal scans."""

from celery import shared_task

from jobs import working
from scans.actions import monitors
from scans.execution import execute


@shared_task
def run_scan(scan_id: str) -> None:
    working.run("signal_scan", scan_id, execute)


@shared_task
def tend_monitors() -> None:
    monitors.dispatch_due()
