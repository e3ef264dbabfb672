"""What Celery workers run for compliance."""

from celery import shared_task

from accounts.requester import Requester
from compliance import exporting, importing, reading, trying
from compliance.actions import notices, retention, runs, schedules
from compliance.actions.dryruns import forget_old_dry_runs
from compliance.actions.exports import remove_expired
from compliance.actions.waivers import expire_waivers as expire
from compliance.execution import execute
from jobs import working


@shared_task
def run_scan(scan_id: str) -> None:
    working.run("compliance_scan", scan_id, execute)
    runs.advance_scan(scan_id)


@shared_task
def read_upload(reading_id: str) -> None:
    working.run("upload_reading", reading_id, reading.execute)


@shared_task
def run_export(export_id: str) -> None:
    working.run("export", export_id, exporting.execute)


@shared_task
def apply_retention() -> None:
    for group in retention.groups_with_limits():
        retention.apply(group, by=Requester.command("retention", group))


@shared_task
def remove_expired_exports() -> None:
    remove_expired()


@shared_task
def run_import(import_id: str) -> None:
    working.run("source_import", import_id, importing.execute)
    runs.advance_import(import_id)


@shared_task
def tend_schedules() -> None:
    schedules.dispatch_due()
    runs.advance_all()
    notices.tell_all()


@shared_task
def tell(run_id: str) -> None:
    notices.tell(run_id)


@shared_task
def run_dry_run(run_id: str) -> None:
    working.run("dry_run", run_id, trying.execute)


@shared_task
def forget_dry_runs() -> None:
    forget_old_dry_runs()


@shared_task
def expire_waivers() -> None:
    expire()
