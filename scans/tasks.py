"""What Celery workers run for signal scans."""

from celery import shared_task
from django.conf import settings

from jobs import working
from scans.actions import monitors, retention
from scans.execution import execute
from scans.sources import storing


@shared_task
def run_scan(scan_id: str) -> None:
    working.run("signal_scan", scan_id, execute)


@shared_task
def tend_monitors() -> None:
    monitors.dispatch_due()


@shared_task
def forget_old_documents() -> None:
    storing.forget_old(settings.SIGNAL_DOCUMENT_DAYS)


@shared_task
def forget_old_findings() -> None:
    retention.apply_everywhere()
