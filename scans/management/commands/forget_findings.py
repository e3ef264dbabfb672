"""manage.py forget_findings [--dry-run] [--group ID]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import AccountGroup
from accounts.requester import Requester
from scans.actions import retention


class Command(BaseCommand):
    help = "Delete what signal scans found more than SIGNAL_FINDING_DAYS ago, except what still shows of prospects."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and delete nothing")
        parser.add_argument("--group", help="id; without it every account group")

    def handle(self, *args: Any, **options: Any) -> None:
        groups = AccountGroup.objects.order_by("pk")
        if options["group"] is not None:
            groups = groups.filter(pk=options["group"])
            if not groups:
                raise CommandError(f"No account group with the id {options['group']}.")
        verb = "would go" if options["dry_run"] else "deleted"
        for group in groups:
            by = Requester.command("forget_findings", group)
            gone = list(retention.due(group)) if options["dry_run"] else retention.apply(group, by=by)
            for each in gone:
                self.stdout.write(
                    f"{group.pk}  scan {each.scan.pk}  {each.scan.completed_at:%Y-%m-%d}  {each.findings:,} findings, "
                    f"{each.subjects:,} companies and prospects"
                )
            findings = sum(each.findings for each in gone)
            self.stdout.write(f"{group.pk}  {verb}: {findings:,} findings of {len(gone):,} scans")
