"""manage.py apply_retention [--dry-run] [--group ID]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.actions import retention


class Command(BaseCommand):
    help = "Delete the contents of uploads and the evidence of scans that groups no longer want to keep."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and delete nothing")
        parser.add_argument("--group", help="id; without it every group that has a limit")

    def handle(self, *args: Any, **options: Any) -> None:
        groups = list(retention.groups_with_limits())
        if options["group"] is not None:
            groups = list(AccountGroup.objects.filter(pk=options["group"]))
            if not groups:
                raise CommandError(f"No account group with the id {options['group']}.")
        verb = "would go" if options["dry_run"] else "deleted"
        for group in groups:
            by = Requester.command("apply_retention", group)
            gone = list(retention.due(group)) if options["dry_run"] else retention.apply(group, by=by)
            for each in gone:
                self.stdout.write(
                    f"{group.pk}  {each.kind} {each.row.pk}  {each.row.created_at:%Y-%m-%d}  {each.size:,} bytes  "
                    f"{each.row}: {', '.join(each.files)}"
                )
            uploads = sum(each.kind == "upload" for each in gone)
            size = sum(each.size for each in gone)
            self.stdout.write(
                f"{group.pk}  {verb}: contents of {uploads} uploads, evidence of {len(gone) - uploads} scans, "
                f"{size:,} bytes"
            )
