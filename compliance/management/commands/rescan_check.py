"""manage.py rescan_check SCAN"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from compliance import files
from compliance.enums import UploadStatus
from compliance.judging import judge
from compliance.models import ComplianceScan, Upload
from terminal.command import OperatorCommand, Refused, Wrong
from web.identifiers import read_uuid


class Command(OperatorCommand):
    help = (
        "Judge the records of a completed scan again, with everything that was frozen for it, and compare the result "
        "digests. Nothing is written."
    )
    examples = ("73b560a8-031b-4156-abb6-1e90dd5ac5f4",)
    codes = "exit codes: 0 the same; 1 the digests differ; 2 there is no such scan, or its records are gone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scan", help="id of a completed scan; a deleted one, too")

    def handle(self, *, scan: str, **options: Any) -> None:
        known = _judgeable(scan)
        with files.scratch() as scratch:
            outcome = judge(known, scratch)
        then = {"digest": known.result_digest, "engine": known.engine}
        now = {"digest": outcome.result_digest, "engine": f"{outcome.engine} {outcome.engine_version}"}
        same = then["digest"] == now["digest"]
        lines = (f"then  {then['digest']}  {then['engine']}", f"now   {now['digest']}  {now['engine']}")
        document = {"scan_id": str(known.pk), "then": then, "now": now, "same": same}
        self.console.show(document, *lines, *(["The same."] if same else []))
        if not same:
            raise Wrong("The digests differ: the same inputs no longer give the same findings.")


def _judgeable(scan: str) -> ComplianceScan:
    """The completed scan of this id. Refused when there is none or its records are gone."""
    scans = ComplianceScan.objects.completed().select_related("policy_version", "upload", "group")
    known: ComplianceScan | None = scans.filter(pk=read_uuid(scan)).first() if read_uuid(scan) else None
    if known is None:
        raise Refused(f"There is no completed scan {scan}.")
    if known.upload.status == UploadStatus.DELETED:
        raise Refused("The content of its upload has been deleted, so that it cannot be judged again.")
    if Upload.objects.filter(pk__in=known.context_uploads, status=UploadStatus.DELETED).exists():
        raise Refused("The content of a context upload has been deleted, so that it cannot be judged again.")
    return known
