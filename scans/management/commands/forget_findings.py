"""manage.py forget_findings [--dry-run] [--group ID]"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.groups import known_group
from accounts.models import AccountGroup
from accounts.requester import Requester
from scans.actions import retention
from scans.actions.retention import Due
from terminal.command import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Delete what signal scans found more than SIGNAL_FINDING_DAYS ago, except what still shows of prospects. Beat "
        "does it once a day."
    )
    examples = ("--dry-run", "--group 507f1f77bcf86cd799439011")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and delete nothing")
        parser.add_argument("--group", metavar="ID", help="of one account group; without it every one")

    def handle(self, *, dry_run: bool, group: str | None, **options: Any) -> None:
        groups = list(AccountGroup.objects.order_by("pk")) if group is None else [known_group(group)]
        gone = [(each, self._gone(each, dry_run)) for each in groups]
        document = {"dry_run": dry_run, "groups": [_document(*each) for each in gone]}
        verb = "would go" if dry_run else "deleted"
        self.console.show(document, *(line for each in gone for line in _lines(*each, verb)))

    def _gone(self, group: AccountGroup, dry_run: bool) -> list[Due]:
        if dry_run:
            return list(retention.due(group))
        return list(retention.apply(group, by=Requester.command("forget_findings", group)))


def _document(group: AccountGroup, gone: Sequence[Due]) -> dict[str, Any]:
    scans = [
        {
            "scan": each.scan.pk, "completed_at": each.scan.completed_at, "findings": each.findings,
            "subjects": each.subjects,
        }
        for each in gone
    ]  # fmt: skip
    return {"group": group.pk, "findings": sum(each.findings for each in gone), "scans": scans}


def _lines(group: AccountGroup, gone: Sequence[Due], verb: str) -> list[str]:
    findings = sum(each.findings for each in gone)
    return [
        *(f"{group.pk}  scan {each.scan.pk}  {each.scan.completed_at:%Y-%m-%d}  {each.findings:,} findings, "
          f"{each.subjects:,} companies and prospects" for each in gone),
        f"{group.pk}  {verb}: {findings:,} findings of {len(gone):,} scans",
    ]  # fmt: skip
