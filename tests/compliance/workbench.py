"""Scans run inside the test, by the worker's own code, over a few records: for what happens between scans."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.db import transaction

from accounts.audit import Actor
from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import execution
from compliance.actions.reviews import review_violation
from compliance.actions.scans import start_scan
from compliance.actions.uploads import confirm_mapping, receive_upload
from compliance.enums import ReviewStatus
from compliance.models import ComplianceScan, Policy, Violation
from jobs import kinds, lifecycle
from jobs.lifecycle import Lease
from jobs.working import Work
from tests.compliance import factories

BIG = {**factories.RULE, "where": {"field": "amount", "operator": ">=", "value": 100}}
CONFIG = {"account": "Account", "amount": "Amount"}


def user(name: str, group: AccountGroup) -> Requester:
    """A member of staff, as the admin makes one; no row of its own."""
    return Requester(Actor(f"user:{name}"), group=group)


class Workbench:
    """A group, its policy, and who reviews."""

    def __init__(self, *rules: dict[str, Any], group: AccountGroup | None = None, **policy: Any) -> None:
        self.group = group or factories.group()
        self.policy: Policy = factories.policy(self.group, rules or (BIG,), **policy)
        self.by = user("ann", self.group)

    def started(self, *records: str, harmless: int = 10) -> tuple[ComplianceScan, Lease]:
        """A claimed scan of `account,amount[,note]` lines, and of records that violate nothing."""
        lines = ["Account,Amount,Note", *(f"{line}{',' * (2 - line.count(','))}" for line in records)]
        lines += [f"ok{n},5," for n in range(harmless)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file.csv"
            path.write_text("\n".join([*lines, ""]))
            with patch.object(transaction, "on_commit", lambda keep, **_: keep()):  # or the files would not stay
                upload, _ = receive_upload(group=self.group, by=self.by, path=path, name="file.csv")
        mapping = confirm_mapping(upload=upload, by=self.by, config=CONFIG)
        with transaction.atomic():
            scan = start_scan(
                group=self.group, by=self.by, policy_id=self.policy.pk, upload_id=upload.pk, mapping_id=mapping.pk
            )
        lease = lifecycle.claim(kinds.of(scan), str(scan.pk), worker="worker of a test")
        assert lease is not None
        return scan, lease

    def finished(self, scan: ComplianceScan, lease: Lease) -> ComplianceScan:
        execution.execute(Work(lease, time_limit=60))
        scan = ComplianceScan.objects.get(pk=scan.pk)
        assert scan.status == "completed", scan.traceback
        return scan

    def scan(self, *records: str, **more: Any) -> ComplianceScan:
        return self.finished(*self.started(*records, **more))

    def of(self, scan: ComplianceScan, account: str = "A", rule_id: str = "BIG") -> Violation:
        found: Violation = Violation.objects.of_scan(scan).get(rule_id=rule_id, account=account)
        return found

    def decide(
        self, scan: ComplianceScan, status: str, account: str = "A", *, by: Requester | None = None, **more: Any
    ) -> Violation:
        """The decision of `by` (ann) on one violation of a scan."""
        violation = self.of(scan, account)
        return review_violation(violation=violation, by=by or self.by, status=ReviewStatus(status), **more)[0]
