"""manage.py scan FILE --policy aml"""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.groups import add_group, chosen_group
from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.actions.readiness import assess
from compliance.actions.scans import cancel_scan, start_scan
from compliance.actions.uploads import confirm_mapping, delete_upload, receive_upload
from compliance.enums import UploadStatus
from compliance.management.policies import chosen_policy, made_policy
from compliance.management.scan_report import Report
from compliance.models import ComplianceScan, Mapping, Policy, Upload
from compliance.packs.loader import Pack
from jobs.enums import Status
from jobs.management import watching
from jobs.management.watching import Share
from terminal.command import OperatorCommand, Refused, Wrong, readable
from terminal.text import plain
from web import errors


class Command(OperatorCommand):
    help = (
        "Upload a file of records, map its columns as suggested, have a worker of the running system scan it, and "
        "print score, violations by severity and rule, what changed since the scan before, and seconds. Ctrl-C "
        "cancels the scan."
    )
    examples = (
        "ledger.csv --policy aml",
        'ledger.csv --policy "Our rules" --map account="Account ID" --map recipient=',
        "ledger.csv --policy aml --fail-under 90 --json > scan.json",
    )
    codes = (
        "exit codes: 0 scanned; 1 the score is below --fail-under; 2 the file, the mapping, the policy or an option "
        "does not do; 3 the scan failed or was cancelled, or a server is away; 130 cancelled by Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV (also gzip), XLSX, Parquet or JSON lines")
        parser.add_argument(
            "--policy", required=True, help="its id or name, or a pack, made into a policy once: aml, gdpr, soc2"
        )
        add_group(parser)
        parser.add_argument(
            "--map", type=_pair, action="append", default=[], metavar="FIELD=COLUMN",
            help="instead of what is suggested for the field; FIELD= leaves it out; again for each further field",
        )  # fmt: skip
        parser.add_argument("--name", default="", help="of the scan, as partners and staff see it")
        parser.add_argument(
            "--fail-under", type=_percentage, metavar="SCORE", help="end with 1 when the score is lower, 0 to 100"
        )

    def handle(self, *, file: Path, policy: str, group: str | None, **options: Any) -> None:
        chosen = chosen_group(group)
        wanted = chosen_policy(chosen, policy)
        by = Requester.command("scan", chosen)
        begun = time.monotonic()
        upload = self._received(chosen, by, readable(file))
        reading = time.monotonic() - begun
        try:
            mapping = self._mapped(upload, by, dict(options["map"]))
            warnings = self._warned(wanted, upload, mapping)
            scan = self._scanned(wanted, mapping, by, options["name"])
        except errors.Refused:
            delete_upload(upload=upload, by=by)  # nothing came of it, and nobody knows its id
            raise
        report = Report(scan, warnings, options["fail_under"], reading)
        self.console.show(report.document(), *(report.parts() if scan.status == Status.COMPLETED else ()))
        watching.refuse_unfinished(scan)
        if not report.good:
            raise Wrong(report.verdict())

    def _received(self, group: AccountGroup, by: Requester, path: Path) -> Upload:
        """The upload, read; a large one by a worker."""
        with self.console.bars() as bars:
            bars.draw("Reading", None)
            upload, _ = receive_upload(group=group, by=by, path=path, name=plain(path.name))
        if upload.status == UploadStatus.PROCESSING:
            reading = watching.follow(
                upload.reading, console=self.console, shares=lambda job: [Share("Reading", job.progress)],
                cancel=lambda _: delete_upload(upload=upload, by=by),
            )  # fmt: skip
            if reading.error_code == "UPLOAD_REFUSED":
                raise Refused(f"{path.name}: {reading.error_message}", reading.error_code)
            watching.refuse_unfinished(reading)
            upload.refresh_from_db()
        aside = f", {upload.rejected_rows:,} rows set aside" if upload.rejected_rows else ""
        self.console.note(f"Read {upload.row_count:,} records of {upload.name}{aside}.")
        return upload

    def _mapped(self, upload: Upload, by: Requester, chosen: dict[str, str]) -> Mapping:
        """As suggested, but for the fields that were chosen; an empty column leaves a field out."""
        config = {**upload.profile["suggested_mapping"], **chosen}
        mapping = confirm_mapping(
            upload=upload, by=by, config={field: column for field, column in config.items() if column}
        )
        self.console.note(f"Mapped {', '.join(f'{field} = {column}' for field, column in mapping.config.items())}.")
        return mapping

    def _warned(self, wanted: Policy | Pack, upload: Upload, mapping: Mapping) -> Sequence[str]:
        """What may make the result less than one would think."""
        rules = wanted.current().rules if isinstance(wanted, Policy) else [rule.canonical() for rule in wanted.rules]
        warnings = [*upload.profile["warnings"], *assess(rules, upload, mapping.config).warnings]
        for warning in warnings:
            self.console.note(f"Note: {warning}")
        return warnings

    def _scanned(self, wanted: Policy | Pack, mapping: Mapping, by: Requester, name: str) -> ComplianceScan:
        upload = mapping.upload

        def begin() -> ComplianceScan:
            policy = made_policy(upload.group, by, wanted)
            return start_scan(
                group=upload.group, by=by, policy_id=policy.pk, upload_id=upload.pk, mapping_id=mapping.pk,
                audit_name=name[:200],
            )  # fmt: skip

        def shares(scan: ComplianceScan) -> list[Share]:
            waiting = scan.status == Status.QUEUED
            words = "waits for a worker" if waiting else f"{scan.rules_processed} of {scan.rules_total} rules"
            return [Share("Scanning", scan.progress, words)]

        return watching.start(
            begin, console=self.console, shares=shares, cancel=lambda scan: cancel_scan(scan=scan, by=by)
        )


def _pair(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not (field.strip() and equals):
        raise ArgumentTypeError(f"must look like account=Column, not {text!r}")
    return field.strip(), column.strip()


def _percentage(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not (found.is_finite() and 0 <= found <= 100):
        raise ArgumentTypeError(f"must be a number from 0 to 100, not {text!r}")
    return found
