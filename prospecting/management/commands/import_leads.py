"""manage.py import_leads FILE --group ID [--audience NAME]"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.groups import add_group, chosen_group
from accounts.requester import Requester
from jobs.management import watching
from jobs.management.watching import Share
from prospecting.actions.jobs import cancel_job, start_job
from prospecting.actions.lead_files import receive_file
from prospecting.enums import JobSource
from prospecting.models import ProspectingJob
from prospecting.stages import Stage
from terminal.command import OperatorCommand, readable
from terminal.text import plain


class Command(OperatorCommand):
    help = (
        "Import a CSV or XLSX file of leads as a prospecting job, and follow it until it is over. A worker must run. "
        "Ctrl-C cancels the job; what was imported by then stays."
    )
    examples = ("leads.csv", 'leads.xlsx --group 507f1f77bcf86cd799439011 --audience "Fair 2026" --search-emails')
    codes = (
        "exit codes: 0 imported, though single rows may have failed; 2 the file, the group or its credits do not do; "
        "3 the job failed or was cancelled."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        add_group(parser)
        parser.add_argument("--audience", metavar="NAME", help="of the audience to make; else that of the file")
        parser.add_argument("--search-emails", action="store_true", help="search addresses, 1 credit for each found")

    def handle(self, *, file: Path, group: str | None, **options: Any) -> None:
        chosen = chosen_group(group)
        by = Requester.command("import_leads", chosen)
        received, _ = receive_file(group=chosen, by=by, path=readable(file), name=plain(file.name))

        def begin() -> ProspectingJob:
            job = start_job(
                group=chosen, by=by, source=JobSource.FILE_UPLOAD, params={"file_id": received.pk},
                audience_name=(options["audience"] or plain(file.stem))[:200], search_emails=options["search_emails"],
            )  # fmt: skip
            self.console.note(f"Prospecting job {job.pk} fills audience {job.audience_id}.")
            return job

        job = watching.start(begin, console=self.console, shares=_shares, cancel=lambda job: cancel_job(job=job, by=by))
        self.console.show(_document(job), _sentence(job))
        watching.refuse_unfinished(job)


def _sentence(job: ProspectingJob) -> str:
    counts = job.stages.import_.counts
    return (
        f"{job.status}: {counts.done:,} imported, {counts.skipped:,} known already or not to be stored, "
        f"{counts.failed:,} rows failed; {job.credits_spent:,} credits spent."
    )


def _document(job: ProspectingJob) -> dict[str, Any]:
    stages = {"import": job.stages.import_, "enrichment": job.stages.enrichment}
    return {
        "job_id": job.pk, "audience_id": job.audience_id, "status": job.status, "credits_spent": job.credits_spent,
        "stages": {name: _stage(stage) for name, stage in stages.items()}, "error": job.error,
    }  # fmt: skip


def _stage(stage: Stage) -> dict[str, Any]:
    counts = {name: count for name, count in asdict(stage.counts).items() if name != "expected"}
    return {"status": stage.status, "counts": counts}


def _shares(job: ProspectingJob) -> list[Share]:
    return [_share("Importing", job.stages.import_), _share("Enriching", job.stages.enrichment)]


def _share(name: str, stage: Stage) -> Share:
    counts = stage.counts
    of = f"{counts.consumed:,} of {counts.total:,}" if counts.total is not None else ""
    return Share(name, stage.progress, of)
