"""What compliance holds after two years: policies, uploads, scans with violations and decisions, cases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from benchmarks.lists.rows import GROUPS, KINDS, fill, without_indexes
from compliance.packs.loader import load_pack

POLICIES, UPLOADS, AUDITS = KINDS * 10, KINDS * 500, KINDS * 20
ACCOUNTS = 200_000
PROFILE = json.dumps({
    "columns": [], "encoding": "utf-8", "delimiter": ",", "sha256": "0" * 64, "size": 100, "detected_dataset": None,
    "suggested_mapping": {}, "mapping_confidence": {}, "overall_confidence": 0.0, "temporal_scale": "hourly",
    "warnings": [], "original_name": "ledger.csv",
})  # fmt: skip


@dataclass(frozen=True)
class Scans:
    """`many` scans, the newest last. The last 40 are live; two of one policy found 100,000 violations each, 20 found
    10,000 each, and the newest 54,000 found `each`, while older ones found nothing.
    """

    many: int
    each: int = 50

    @property
    def big(self) -> tuple[int, int]:
        """The numbers of the two, the older one first."""
        return self.many - 3 * POLICIES, self.many - 2 * POLICIES

    @property
    def size(self) -> str:
        """How many violations scan `n` has."""
        return (
            f"(CASE WHEN n IN {self.big} THEN 100000 WHEN n BETWEEN {self.many - 2000} AND {self.many - 1981}"
            f" THEN 10000 WHEN n >= {self.many - 56_000} THEN {self.each} ELSE 0 END)"
        )

    @property
    def status(self) -> str:
        return (
            f"(CASE WHEN n >= {self.many - 20} THEN 'queued' WHEN n >= {self.many - 40} THEN 'running'"
            f" WHEN n IN {self.big} THEN 'completed' WHEN n %% 31 = 7 THEN 'failed' WHEN n %% 37 = 5 THEN 'cancelled'"
            " ELSE 'completed' END)"
        )


def policies_and_files() -> None:
    from compliance.models import (
        Audit,
        Mapping,
        Policy,
        PolicyVersion,
        ReferenceList,
        ReferenceListVersion,
        Schedule,
        Source,
        Upload,
    )

    fill(Policy, POLICIES, id="pg_temp.uid('policy', n)", group_id="pg_temp.grp(n)", name="'Policy ' || n")
    rules = json.dumps([rule.canonical() for rule in load_pack("aml").rules])
    rules = f"$rules${rules.replace('%', '%%')}$rules$::jsonb"
    fill(PolicyVersion, POLICIES, policy_id="pg_temp.uid('policy', n)", number="1", rules=rules,
         content_hash="md5(n::text) || md5(n::text)", created_by="'seed'")  # fmt: skip
    fill(Upload, UPLOADS, id="pg_temp.uid('upload', n)", group_id="pg_temp.grp(n)", name="'ledger-' || n || '.csv'",
         sha256="md5(n::text) || md5(n::text)", size="1000000", row_count="10000", original="'none'", records="'none'",
         profile=f"'{PROFILE}'::jsonb")  # fmt: skip
    fill(Mapping, UPLOADS, id="pg_temp.uid('mapping', n)", upload_id="pg_temp.uid('upload', n)",
         config="""'{"account": "Account", "amount": "Amount"}'::jsonb""", ready_to_scan="n %% 10 > 0")  # fmt: skip
    fill(Audit, AUDITS, id="pg_temp.uid('audit', n)", group_id="pg_temp.grp(n)", name="'Audit ' || n",
         created_by="'seed'")  # fmt: skip
    fill(Source, KINDS * 5, id="pg_temp.uid('source', n)", group_id="pg_temp.grp(n)", name="'Source ' || n",
         kind="'https_file'", config="""'{"url": "https://files.example.com/a.csv"}'::jsonb""",
         temporal_scale="'hourly'")  # fmt: skip
    fill(Schedule, KINDS * 10, id="pg_temp.uid('schedule', n)", group_id="pg_temp.grp(n)", name="'Schedule ' || n",
         policy_id="pg_temp.uid('policy', n)", source_id=f"pg_temp.uid('source', n %% {KINDS * 5})",
         cron="'0 6 * * *'", next_run_at="now() + interval '1 day'")  # fmt: skip
    fill(ReferenceList, KINDS * 10, id="pg_temp.uid('list', n)", group_id="pg_temp.grp(n)", name="'list-' || n")
    fill(
        ReferenceListVersion, KINDS * 10, list_id="pg_temp.uid('list', n)", number="1", values="ARRAY['A1']",
        value_count="1", sha256="md5(n::text)", created_by="'seed'",
    )  # fmt: skip


def scans(made: Scans) -> None:
    from compliance.models import ComplianceScan, PolicyVersion

    versions = PolicyVersion._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE versions ON COMMIT PRESERVE ROWS AS SELECT p AS number, v.id FROM"
            f" generate_series(0, {POLICIES - 1}::bigint) p JOIN {versions} v ON v.policy_id = pg_temp.uid('policy', p)"
        )
    before = f"n >= {POLICIES} AND status = 'completed' AND before = 'completed'"
    earlier = Scans(made.many, made.each).status.replace("n ", f"(n - {POLICIES}) ")
    sizes = made.size.replace("n ", f"(n - {POLICIES}) ")
    source = (
        f"(SELECT n, {made.status} AS status, {made.size} AS size, {earlier} AS before, {sizes} AS had,"
        f" versions.id AS version FROM generate_series(0, {made.many - 1}::bigint) n JOIN versions ON number = n %% {POLICIES}"
        " OFFSET 0) AS made"
    )
    file = f"pg_temp.kin(n, 1, {UPLOADS})"
    at = f"now() - interval '730 days' * (1 - n / {made.many}.0) - interval '1 minute'"
    counted = "CASE WHEN status = 'completed' THEN size ELSE 0 END"
    fill(
        ComplianceScan, source, id="pg_temp.uid('scan', n)", group_id="pg_temp.grp(n)",
        policy_id=f"pg_temp.uid('policy', n %% {POLICIES})", policy_version_id="version",
        upload_id=f"pg_temp.uid('upload', {file})", mapping_id=f"pg_temp.uid('mapping', {file})",
        mapping_config="""'{"account": "Account", "amount": "Amount"}'::jsonb""", temporal_scale="'hourly'",
        score_method="'severity_weighted'", record_count="10000", rules_total="11", status="status",
        audit_id=f"CASE WHEN n %% 10 = 0 THEN pg_temp.uid('audit', pg_temp.kin(n, 2, {AUDITS})) END",
        audit_name="CASE WHEN n %% 10 = 0 THEN 'Quarter ' || n / 1000 ELSE '' END",
        rules_processed="CASE WHEN status = 'completed' THEN 11 ELSE 0 END",
        result_digest="CASE WHEN status = 'completed' THEN md5(n::text) || md5(n::text) ELSE '' END",
        score="CASE WHEN status = 'completed' THEN 50 + pg_temp.dice(n, 3, 50) END",
        visible_attempt="CASE WHEN status = 'completed' THEN 1 END", attempts="1", violation_count=counted,
        severity_counts=f"jsonb_build_object('HIGH', {counted})", review_counts=f"jsonb_build_object('pending', {counted})",
        previous_scan_id=f"CASE WHEN {before} THEN pg_temp.uid('scan', n - {POLICIES}) END",
        new_count=f"CASE WHEN {before} THEN greatest(size - had, 0) END",
        unchanged_count=f"CASE WHEN {before} THEN least(size, had) END",
        resolved_count=f"CASE WHEN {before} THEN greatest(had - size, 0) END",
        previous_violation_count=f"CASE WHEN {before} THEN had END",
        error_code="CASE WHEN status = 'failed' THEN 'NO_RULE_APPLICABLE' ELSE '' END",
        error_message="CASE WHEN status = 'failed' THEN 'Nothing could run.' ELSE '' END",
        lease_token="CASE WHEN status = 'running' THEN pg_temp.uid('lease', n) END",
        lease_until="CASE WHEN status = 'running' THEN now() + interval '1 day' END",
        publish_after="CASE WHEN status = 'queued' THEN now() + interval '1 day' END",
        completed_at=f"CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN {at} + interval '30 s' END",
        started_at=f"CASE WHEN status <> 'queued' THEN {at} + interval '2 s' END", created_at=at, updated_at=at,
        trace_id="md5(n::text)",
    )  # fmt: skip


def violations(made: Scans) -> None:
    """Seven in ten wait for a decision. One account, HUB-1, is in most scans."""
    from compliance.models import Violation

    names = ", ".join(f"'{rule.rule_id}'" for rule in load_pack("aml").rules)
    source = (
        f"(SELECT s.n, i, pg_temp.dice(s.n * 1000003 + i, 1, 100) AS luck, 730 * (1 - s.n / {made.many}.0) AS days,"
        f" CASE WHEN i = 0 AND s.n %% 2 = 0 THEN 'HUB-1' ELSE 'ACC-' || lpad((((s.n * {made.each} + i) * 7919) %% {ACCOUNTS})::text, 6, '0')"
        f" END AS account FROM (SELECT n, {made.size} AS size FROM generate_series({max(made.many - 56_000, 0)}::bigint,"
        f" {made.many - 1}) n WHERE {made.status} = 'completed' OFFSET 0) s, generate_series(0, s.size - 1) AS i) AS found"
    )
    decided = "(CASE WHEN luck < 70 THEN 'pending' WHEN luck < 85 THEN 'approved' WHEN luck < 95 THEN 'false_positive' ELSE 'disputed' END)"
    at = "now() - interval '1 day' * days"
    fill(
        Violation, source, scan_id="pg_temp.uid('scan', n)", attempt="1", account="account",
        id="(lpad(to_hex(n), 12, '0') || lpad(to_hex(i), 8, '0') || substr(md5(n || '-' || i), 1, 12))::uuid",
        rule_id=f"(ARRAY[{names}])[1 + (i + n) %% 11]", finding_count="1 + luck / 10", amount="luck * 1000 + i",
        severity="(ARRAY['CRITICAL', 'HIGH', 'HIGH', 'MEDIUM', 'LOW'])[1 + luck %% 5]", first_at=at, last_at=at,
        transaction_type="'transfer'", first_seen_scan_id=f"pg_temp.uid('scan', CASE WHEN i %% 3 > 0 THEN n - {POLICIES} ELSE n END)", status=decided,
        sample="""'[{"row": 1, "values": {"Amount": "15000", "Account": "ACC-1"}}, {"row": 2, "values": {}}]'::jsonb""",
        reviewed_by="CASE WHEN luck >= 70 THEN 'user:reviewer-' || luck ELSE '' END",
        reviewed_at=f"CASE WHEN luck >= 70 THEN {at} END", created_at=at,
    )  # fmt: skip


def decisions(made: Scans) -> None:
    """A history of each completed scan, with one bulk review where something was decided; the counts of a scan."""
    own = f"(SELECT pg_temp.oid(n) FROM generate_series(0, {GROUPS - 1}::bigint) n)"  # there may be other groups
    statements = [
        f"""INSERT INTO compliance_scoreevent (scan_id, sequence, score, at, action, actor, hash)
        SELECT id, 1, score, completed_at, 'scan_completed', 'worker:seed', md5(id::text) || md5(id::text)
        FROM compliance_compliancescan WHERE status = 'completed' AND group_id IN {own}""",
        f"""INSERT INTO compliance_scoreevent (scan_id, sequence, score, at, action, actor, hash)
        SELECT id, 2, score, completed_at, 'bulk_review', 'user:reviewer-1', md5(id::text) || md5(id::text)
        FROM compliance_compliancescan WHERE status = 'completed' AND violation_count > 0
        AND group_id IN {own}""",
        """INSERT INTO compliance_review (violation_id, event_id, at, from_status, to_status, note, reviewer, is_proposal)
        SELECT v.id, e.id, e.at, 'pending', v.status, '', v.reviewed_by, false FROM compliance_violation v
        JOIN compliance_scoreevent e ON e.scan_id = v.scan_id AND e.sequence = 2 WHERE v.status <> 'pending'""",
        """UPDATE compliance_compliancescan s SET review_counts = c.reviews, severity_counts = c.severities,
        open_weight = c.open FROM (SELECT scan_id, jsonb_strip_nulls(jsonb_build_object(
            'pending', nullif(count(*) FILTER (WHERE status = 'pending'), 0),
            'approved', nullif(count(*) FILTER (WHERE status = 'approved'), 0),
            'disputed', nullif(count(*) FILTER (WHERE status = 'disputed'), 0),
            'false_positive', nullif(count(*) FILTER (WHERE status = 'false_positive'), 0))) AS reviews,
            jsonb_build_object('CRITICAL', count(*) FILTER (WHERE severity = 'CRITICAL'), 'HIGH', count(*) FILTER
            (WHERE severity = 'HIGH'), 'MEDIUM', count(*) FILTER (WHERE severity = 'MEDIUM'), 'LOW', count(*) FILTER
            (WHERE severity = 'LOW')) AS severities, count(*) AS open FROM compliance_violation GROUP BY scan_id) c
        WHERE c.scan_id = s.id""",
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def around(made: Scans, share: float) -> None:
    """Cases, waivers, exports, dry runs, runs of schedules, imports."""
    from compliance.models import Case, CaseEvent, CaseNote, DryRun, Export, ScheduleRun, SourceImport, Waiver

    def part(many: int) -> int:
        return max(int(many * share) // KINDS * KINDS, KINDS)

    cases = part(50_000)
    closed = "n %% 4 > 0"
    fill(Case, cases, id="pg_temp.uid('case', n)", group_id="pg_temp.grp(n)",
         policy_id=f"pg_temp.uid('policy', n %% {POLICIES})", account="'ACC-' || lpad(n::text, 6, '0')",
         status=f"CASE WHEN {closed} THEN 'closed' ELSE 'open' END", opened_by="'seed'",
         priority="(ARRAY['low', 'medium', 'high', 'urgent'])[1 + n %% 4]",
         closed_at=f"CASE WHEN {closed} THEN now() END", closed_by=f"CASE WHEN {closed} THEN 'seed' ELSE '' END",
         opened_at=f"now() - interval '730 days' * (1 - n / {cases}.0)")  # fmt: skip
    fill(CaseNote, cases, case_id="pg_temp.uid('case', n)", author="'seed'", text="'Asked the branch.'")
    fill(CaseEvent, cases, case_id="pg_temp.uid('case', n)", action="'opened'", actor="'seed'")
    fill(Waiver, part(10_000), id="pg_temp.uid('waiver', n)", group_id="pg_temp.grp(n)", rule_id="'CTR_THRESHOLD'",
         account="'ACC-' || lpad(n::text, 6, '0')", reason="'Known'", owner="'Owner ' || n %% 100",
         expires_at="now() + interval '30 days'", created_by="'seed'")  # fmt: skip
    finished = {"status": "'completed'", "completed_at": "now()", "attempts": "1", "visible_attempt": "1"}
    fill(Export, part(50_000), id="pg_temp.uid('export', n)", group_id="pg_temp.grp(n)", **finished,
         scan_id=f"pg_temp.uid('scan', {made.many // POLICIES * POLICIES - POLICIES * 200} + n %% {POLICIES * 100})",
         format="(ARRAY['csv', 'json', 'pdf'])[1 + n %% 3]", scan_version="1", size="1000", sha256="md5(n::text)",
         expires_at="now()", removed_at="CASE WHEN n %% 10 > 0 THEN now() END",
         file="CASE WHEN n %% 10 > 0 THEN '' ELSE 'none' END")  # fmt: skip
    file = f"pg_temp.kin(n, 1, {UPLOADS})"
    fill(DryRun, f"(SELECT n, versions.id AS version FROM generate_series(0, {part(20_000) - 1}::bigint) n JOIN versions ON"
         f" number = n %% {POLICIES}) AS made", id="pg_temp.uid('dryrun', n)", group_id="pg_temp.grp(n)", **finished,
         policy_id=f"pg_temp.uid('policy', n %% {POLICIES})", policy_version_id="version",
         upload_id=f"pg_temp.uid('upload', {file})", mapping_id=f"pg_temp.uid('mapping', {file})", rules="'[]'",
         results="""'{"violation_count": 5, "rules": [], "difference": {"added_count": 0, "removed_count": 0, "policy_version": 1}}'::jsonb""",
         created_at="now() - interval '1 minute' * n")  # fmt: skip
    fill(SourceImport, part(50_000), id="pg_temp.uid('import', n)", group_id="pg_temp.grp(n)", **finished,
         source_id=f"pg_temp.uid('source', n %% {KINDS * 5})", upload_id=f"pg_temp.uid('upload', {file})")  # fmt: skip
    fill(ScheduleRun, part(200_000), id="pg_temp.uid('run', n)", schedule_id=f"pg_temp.uid('schedule', n %% {KINDS * 10})",
         due_at="now() - interval '1 minute' * n", state="(ARRAY['unchanged', 'missed', 'skipped_overlap'])[1 + n %% 3]",
         ended_at="now()")  # fmt: skip


def seed(many_scans: int, each: int = 50) -> dict[str, Any]:
    """Everything, in proportion to the number of scans (at least 80,000)."""
    from compliance.models import Violation

    made = Scans(many_scans, each)
    policies_and_files()
    scans(made)
    with without_indexes(Violation):
        violations(made)
    decisions(made)
    around(made, many_scans / 1_000_000)
    return {"big": made.big}
