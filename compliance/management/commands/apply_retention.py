"""manage.py apply_retention [--dry-run] [--group ID]"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.groups import known_group
from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.actions import retention
from compliance.actions.retention import Due
from terminal.command import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Delete the contents of uploads and the evidence of scans that account groups no longer want to keep. Beat "
        "does it once a day."
    )
    examples = ("--dry-run", "--group 507f1f77bcf86cd799439011")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and delete nothing")
        parser.add_argument("--group", metavar="ID", help="of one account group; without it every one that has a limit")

    def handle(self, *, dry_run: bool, group: str | None, **options: Any) -> None:
        groups = list(retention.groups_with_limits()) if group is None else [known_group(group)]
        gone = [(each, self._gone(each, dry_run)) for each in groups]
        document = {"dry_run": dry_run, "groups": [_document(*each) for each in gone]}
        verb = "would go" if dry_run else "deleted"
        lines = [line for each in gone for line in _lines(*each, verb)]
        self.console.show(document, *(lines or ["No account group has a limit."]))

    def _gone(self, group: AccountGroup, dry_run: bool) -> list[Due]:
        if dry_run:
            return list(retention.due(group))
        return retention.apply(group, by=Requester.command("apply_retention", group))


def _document(group: AccountGroup, gone: Sequence[Due]) -> dict[str, Any]:
    items = [
        {
            "kind": each.kind, "id": str(each.row.pk), "created_at": each.row.created_at, "bytes": each.size,
            "name": str(each.row), "files": each.files,
        }
        for each in gone
    ]  # fmt: skip
    return {"group": group.pk, "bytes": sum(each.size for each in gone), "items": items}


def _lines(group: AccountGroup, gone: Sequence[Due], verb: str) -> list[str]:
    uploads, size = sum(each.kind == "upload" for each in gone), sum(each.size for each in gone)
    scans = len(gone) - uploads
    return [
        *(f"{group.pk}  {each.kind} {each.row.pk}  {each.row.created_at:%Y-%m-%d}  {each.size:,} bytes  "
          f"{each.row}: {', '.join(each.files)}" for each in gone),
        f"{group.pk}  {verb}: contents of {uploads} uploads, evidence of {scans} scans, {size:,} bytes",
    ]  # fmt: skip
