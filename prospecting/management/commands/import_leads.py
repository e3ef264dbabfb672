"""manage.py import_leads FILE --group ID [--audience NAME]"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs import waiting
from jobs.enums import Status
from prospecting.actions.jobs import start_job
from prospecting.actions.lead_files import receive_file
from prospecting.enums import JobSource
from prospecting.models import ProspectingJob
from prospecting.stages import Stage
from web.errors import Refused

PATIENCE = 10  # seconds between two looks when nothing is announced


class Command(BaseCommand):
    help = "Import a CSV or XLSX file of leads as a prospecting job, and follow it. A worker must run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--group", required=True, help="id of the account group")
        parser.add_argument("--audience", help="name of the audience to make; else that of the file")
        parser.add_argument("--search-emails", action="store_true", help="search addresses, 1 credit for each found")

    def handle(self, *args: Any, **options: Any) -> None:
        group = AccountGroup.objects.filter(pk=options["group"]).first()
        if group is None:
            raise CommandError(f"There is no account group {options['group']}. create_group NAME makes one.")
        try:
            job = _start(group, options["file"], options["audience"], options["search_emails"])
        except Refused as fault:
            raise CommandError(fault.message) from fault
        self.stdout.write(f"Prospecting job {job.pk} fills audience {job.audience_id}.")
        self._report(self._follow(job))

    def _follow(self, job: ProspectingJob) -> ProspectingJob:
        """The job once it is over; says on the way how far it is."""
        self.stderr.write(_progress(job))
        while not job.is_final:
            before, job = job, _next(job)
            if job.version != before.version:
                self.stderr.write(_progress(job))
        return job

    def _report(self, job: ProspectingJob) -> None:
        counts = job.stages.import_.counts
        self.stdout.write(
            f"{job.status}: {counts.done:,} imported, {counts.skipped:,} known already or not to be stored, "
            f"{counts.failed:,} rows failed; {job.credits_spent:,} credits spent."
        )
        if job.status == Status.FAILED:
            raise CommandError(f"{job.error_code}: {job.error_message}")
        if job.status == Status.CANCELLED:
            raise CommandError("The job was cancelled; what was imported stays.")


def _start(group: AccountGroup, path: Path, audience: str | None, search_emails: bool) -> ProspectingJob:
    """Raises Refused, and CommandError for a file that is not there."""
    if not path.is_file():
        raise CommandError(f"{path} is no file.")
    by = Requester.command("import_leads", group)
    file, _ = receive_file(group=group, by=by, path=path, name=path.name)
    with transaction.atomic():
        return start_job(
            group=group, by=by, source=JobSource.FILE_UPLOAD, params={"file_id": file.pk},
            audience_name=(audience or path.stem)[:200], search_emails=search_emails,
        )  # fmt: skip


def _next(job: ProspectingJob) -> ProspectingJob:
    """The job as it is when it has changed, or after a while."""

    def read() -> ProspectingJob:
        found: ProspectingJob = ProspectingJob.objects.get(pk=job.pk)
        return found

    return waiting.wait(job.pk, PATIENCE, read, lambda now: now.version != job.version)[0]


def _progress(job: ProspectingJob) -> str:
    stages = job.stages
    return f"{job.status}: import {_share(stages.import_)}, enrichment {_share(stages.enrichment)}"


def _share(stage: Stage) -> str:
    counts = stage.counts
    of = f" ({counts.consumed:,} of {counts.total:,})" if counts.total is not None else ""
    return f"{stage.progress:.0%}{of}"
