"""A database as after two years of 20 account groups, one of which has half of everything.

3 million violations in a million scans, 500,000 prospects, as many signals, twice as many findings; or other numbers
of violations a scan (50) and of findings a signal (2).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from benchmarks.lists import compliance_rows, prospecting_rows
from benchmarks.lists.rows import FUNCTIONS, GROUPS, KINDS, broken_references, fill

SCANS = 1_000_000
BIG_GROUP = "Group 0"


def seed(many_scans: int = SCANS, violations: int = 50, findings: int = 2) -> None:
    """Fill an empty migrated database; a superuser `root` and a member `ann` of two roles in the big group can log in."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        # References and triggers are not looked at row by row, which takes most of the time: all at once at the end.
        cursor.execute("SET session_replication_role = replica")
    for step in (
        people, lambda: compliance_rows.seed(many_scans, violations), lambda: prospecting_rows.seed(findings),
        lambda: records(many_scans),
    ):  # fmt: skip
        with transaction.atomic():
            _timed(step)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")
    if broken := broken_references():
        raise AssertionError(f"The seeds break references: {', '.join(broken)}")


def people() -> None:
    """Groups, staff, keys."""
    from accounts.enums import Role
    from accounts.models import AccountGroup, ApiKey, CreditAccount, Grant, Membership, User
    from compliance.models import GroupSettings
    from jobs.models import EventCounter
    from prospecting.models import ProspectingSettings

    fill(AccountGroup, GROUPS, id="pg_temp.oid(n)", name="'Group ' || n")
    for model in (CreditAccount, EventCounter, GroupSettings, ProspectingSettings):
        fill(model, GROUPS, group_id="pg_temp.oid(n)")
    fill(User, 400, id="n + 1000", username="'person-' || n", password="'!'", is_staff="true")
    role = f"(ARRAY[{', '.join(repr(role.value) for role in Role)}])[1 + n %% {len(Role)}]"
    fill(Membership, 400, user_id="n + 1000", group_id="pg_temp.grp(n)", role=role)
    fill(ApiKey, KINDS * 50, id="pg_temp.oid(n)", name="'Key ' || n", prefix="'sk_live_'", last4="lpad(to_hex(n), 4, '0')",
         hash="md5(n::text) || md5(n::text)", created_by="'user:ann'")  # fmt: skip
    fill(Grant, KINDS * 50, key_id="pg_temp.oid(n)", group_id="pg_temp.grp(n)")
    User.objects.create_user("root", is_staff=True, is_superuser=True)
    ann, big = User.objects.create_user("ann", is_staff=True), AccountGroup.objects.get(name=BIG_GROUP)
    ann.memberships.create(group=big, role=Role.ADMINISTRATOR)


def records(many_scans: int) -> None:
    """What is written down about everything: events of jobs, audit entries, entries of credits."""
    from accounts.models import AuditEntry, CreditEntry, IdempotencyRecord
    from jobs.models import JobEvent

    events = f"generate_series({many_scans // 2}, {many_scans - 41}::bigint) AS n"
    name = "pg_temp.uid('scan', n)::text"
    fill(JobEvent, events, group_id="pg_temp.grp(n)", kind="'compliance_scan'", job_id=name, to_status="'queued'",
         actor="'key:1'")  # fmt: skip
    fill(JobEvent, events, group_id="pg_temp.grp(n)", kind="'compliance_scan'", job_id=name, from_status="'running'",
         to_status="'completed'", actor="'worker:1'", attempt="1",
         number="row_number() OVER (PARTITION BY pg_temp.grp(n) ORDER BY n)")  # fmt: skip
    fill(AuditEntry, KINDS * 13_160, chain="pg_temp.grp(n)", actor="'user:person-' || n %% 400",
         number="row_number() OVER (PARTITION BY pg_temp.grp(n) ORDER BY n)", at="now() - interval '1 minute' * (500000 - n)",
         action="(ARRAY['scan.started', 'violation.reviewed', 'policy.changed', 'key.issued'])[1 + n %% 4]",
         object_type="(ARRAY['compliance_scan', 'violation', 'policy', 'api_key'])[1 + n %% 4]",
         object_id="pg_temp.uid('scan', n)::text", object_name="'Row ' || n", hash="md5(n::text)",
         previous_hash="CASE WHEN row_number() OVER (PARTITION BY pg_temp.grp(n) ORDER BY n) = 1 THEN '' ELSE md5(n::text) END",
         trace_id="md5(n::text)")  # fmt: skip
    fill(CreditEntry, KINDS * 2_000, group_id="pg_temp.grp(n)", kind="'reserved'", available="-10", reserved="10",
         job_kind="'prospecting'", job_id="pg_temp.oid(n)", at="now() - interval '1 minute' * n")  # fmt: skip
    fill(CreditEntry, KINDS * 2_000, group_id="pg_temp.grp(n)", kind="'settled'", available="0", reserved="-10",
         job_kind="'prospecting'", job_id="pg_temp.oid(n)", at="now() - interval '1 minute' * n")  # fmt: skip
    fill(CreditEntry, KINDS * 2_000, group_id="pg_temp.grp(n)", kind="'granted'", available="10", reserved="0",
         by="'user:person-1'", note="'Invoice ' || n", at="now() - interval '1 minute' * n")  # fmt: skip
    fill(IdempotencyRecord, KINDS * 2_600, group_id="pg_temp.grp(n)", operation="'scan.start'", key="'key-' || n",
         fingerprint="md5(n::text)")  # fmt: skip


def _timed(step: Callable[[], Any]) -> None:
    begun = time.perf_counter()
    step()
    sys.stderr.write(f"seeded {getattr(step, '__name__', step)} in {time.perf_counter() - begun:.0f} s\n")
