"""manage.py rescan_check SCAN"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance import files
from compliance.engine.duck import NAME, VERSION
from compliance.enums import UploadStatus
from compliance.judging import judge
from compliance.models import ComplianceScan, Upload
from web.identifiers import read_uuid


class Command(BaseCommand):
    help = (
        "Judge the records of a completed scan again, with everything that was frozen for it, and compare the result "
        "digests. Nothing is written. Exit code 1 when they differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scan", help="id of a completed scan; a deleted one, too")

    def handle(self, *args: Any, scan: str, **options: Any) -> None:
        scans = ComplianceScan.objects.completed().select_related("policy_version", "upload", "group")
        known = scans.filter(pk=read_uuid(scan)).first() if read_uuid(scan) else None
        if known is None:
            raise CommandError(f"There is no completed scan {scan}.")
        if known.upload.status == UploadStatus.DELETED:
            raise CommandError("The content of its upload has been deleted, so that it cannot be judged again.")
        if Upload.objects.filter(pk__in=known.context_uploads, status=UploadStatus.DELETED).exists():
            raise CommandError("The content of a context upload has been deleted, so that it cannot be judged again.")
        with files.scratch() as scratch:
            outcome = judge(known, scratch)
        self.stdout.write(f"then  {known.result_digest}  {known.engine}")
        self.stdout.write(f"now   {outcome.result_digest}  {NAME} {VERSION}")
        if outcome.result_digest != known.result_digest:
            self.stderr.write("The digests differ: the same inputs no longer give the same findings.")
            sys.exit(1)
        self.stdout.write("The same.")
