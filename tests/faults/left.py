"""What a run leaves behind: what must not depend on what happened meanwhile, and what must not be there at all."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Q, Sum

from accounts import audit, credits
from accounts.models import AccountGroup, AuditEntry, CreditEntry
from compliance import files
from compliance.actions.verifying import verify_scan
from compliance.models import ComplianceScan, Violation
from jobs.enums import FINAL, Status
from jobs.models import JobEvent
from prospecting.models import Audience, Company, JobProspect, Prospect, ProspectingJob
from scans.models import Finding, ScanCompany, ScanProspect, Signal, SignalScan
from tests.faults.amid import MODELS
from tests.faults.house import House
from tests.faults.workload import JOB, SCAN, Asked, Tenant, Workload
from web import storing

LEGAL = {("", "queued"), ("queued", "running"), ("running", "queued"), ("running", "completed")}
_VIOLATION = ("rule_id", "account", "severity", "finding_count", "amount", "actual_value", "first_at", "last_at",
              "transaction_type", "sample", "status", "version")  # fmt: skip
_PERSON = ("email", "email_status", "first_name", "last_name", "name", "title", "seniority", "department", "location",
           "country", "phone", "company__key")  # fmt: skip
_COMPANY = ("key", "name", "domain")
_FINDING = ("company__key", "type", "verdict", "item", "score", "title", "posted_at", "company_name")
_SUBJECT = ("company__key", "state", "documents", "kept", "duplicate", "below_score", "stale", "excluded")
_SIGNAL = ("company__key", "type", "posted_at")


def results(work: Workload) -> dict[str, Any]:
    """Everything partners get of the run, under names that are the same in each."""
    told: dict[str, Any] = {}
    for tenant in work.tenants:
        for asked, job_id in sorted(tenant.ids.items()):
            told[f"{tenant.number} {asked.kind} {asked.number}"] = job(asked, job_id)
        told[f"{tenant.number} group"] = _group(tenant)
    return told


def job(asked: Asked, job_id: str) -> dict[str, Any]:
    row = MODELS[asked.kind].objects.get(pk=job_id)
    about = {"status": row.status, "error": row.error, "progress": row.progress}
    if asked.kind == SCAN:
        return about | _scan(row)
    return about | (_prospecting(row) if asked.kind == JOB else _signals(row))


def _scan(scan: ComplianceScan) -> dict[str, Any]:
    rows = Violation.objects.filter(scan=scan)  # of every attempt: there must be no other
    names = ("result_digest", "score", "coverage", "open_weight", "violation_count", "review_counts",
             "severity_counts", "new_count", "unchanged_count", "resolved_count", "rules_processed")  # fmt: skip
    return {
        **{name: getattr(scan, name) for name in names},
        "rule_results": [{**each, "seconds": None} for each in scan.rule_results],
        "violations": sorted(map(str, rows.values_list(*_VIOLATION))),
        "new": sorted(rows.filter(first_seen_scan_id=F("scan_id")).values_list("rule_id", "account")),
        "history": list(scan.score_events.order_by("sequence").values_list("sequence", "action", "score")),
        "fault of the history": verify_scan(scan).fault,
    }


def _prospecting(job: ProspectingJob) -> dict[str, Any]:
    members = Prospect.objects.filter(memberships__audience=job.audience_id)
    return {
        "stages": str(job.stages), "spent": job.credits_spent,
        "people": sorted(map(str, members.values_list(*_PERSON))),
        "from": sorted(str(_without_times(each)) for each in members.values_list("provenance", flat=True)),
        "shown members": Audience.objects.get(pk=job.audience_id).prospect_count,
        "brought": JobProspect.objects.filter(job=job).count(),
        "failed rows": sorted(job.row_errors.values_list("line", flat=True)),
    }  # fmt: skip


def _without_times(provenance: dict[str, Any]) -> dict[str, Any]:
    return {name: {key: value for key, value in about.items() if key != "at"} for name, about in provenance.items()}


def _signals(scan: SignalScan) -> dict[str, Any]:
    findings = Finding.objects.filter(scan=scan)
    return {
        "counts": (scan.prospects_total, scan.prospects_evaluated, scan.prospects_failed, scan.found, scan.kept),
        "findings": sorted(map(str, findings.values_list(*_FINDING))),
        "sources": sorted(map(str, findings.values_list("sources", flat=True))),
        "signals": findings.exclude(signal=None).values("signal").distinct().count(),
        "companies": sorted(map(str, ScanCompany.objects.filter(scan=scan).values_list(*_SUBJECT))),
        "people": ScanProspect.objects.filter(scan=scan).count(),
    }


def _group(tenant: Tenant) -> dict[str, Any]:
    group = tenant.group
    ledger = CreditEntry.objects.for_group(group).values_list("kind")
    return {
        "credits": tuple(credits.balance(group)),
        "ledger": sorted(ledger.annotate(Count("pk"), Sum("available"), Sum("reserved"))),
        "jobs": {kind: model.objects.filter(group=group).count() for kind, model in MODELS.items()},
        "people": sorted(map(str, Prospect.objects.for_group(group).values_list(*_PERSON))),
        "companies": sorted(map(str, Company.objects.for_group(group).values_list(*_COMPANY))),
        "signals": sorted(map(str, Signal.objects.for_group(group).values_list(*_SIGNAL))),
        "fault of the audit log": audit.verify(group.pk),
        "audited": sorted(Counter(_audited(group)).items()),
    }  # fmt: skip


def _audited(group: AccountGroup) -> Iterable[str]:
    return AuditEntry.objects.filter(chain=group.pk).values_list("action", flat=True)


def faults(work: Workload) -> list[str]:
    """What must not be, whatever happened, in words; empty if all is well."""
    found = [fault for tenant in work.tenants for fault in (*_unlawful(tenant), *_half_seen(tenant), *_debris(tenant))]
    return [*found, *_scratch(work.house)]


def _unlawful(tenant: Tenant) -> Iterable[str]:
    """Transitions that no job may make, jobs that ended never or twice, gaps in the numbers of public events."""
    events = JobEvent.objects.filter(group=tenant.group).order_by("id")
    for asked, job_id in tenant.ids.items():
        moves = list(events.filter(job_id=job_id).values_list("from_status", "to_status"))
        froms, tos = [move[0] for move in moves], [move[1] for move in moves]
        if froms != ["", *tos[:-1]] or not set(moves) <= LEGAL:
            yield f"{asked}: {moves}"
        if [to for to in tos if to in FINAL] != [Status.COMPLETED]:
            yield f"{asked}: ended as {tos}"
    numbers = sorted(events.exclude(number=None).values_list("number", flat=True))
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"public events are numbered {numbers}"


def _half_seen(tenant: Tenant) -> Iterable[str]:
    for asked, seen in tenant.shown.items():
        scan = MODELS[asked.kind].objects.get(pk=tenant.ids[asked])
        whole = min(100, scan.violation_count if asked.kind == SCAN else scan.kept)
        if not {whole} <= seen <= {0, whole}:
            yield f"{asked}: of {whole} results {sorted(seen)} were seen"


def _debris(tenant: Tenant) -> Iterable[str]:
    """Rows of dead attempts, and files beside those that are named."""
    for scan in ComplianceScan.objects.filter(group=tenant.group):
        if other := scan.violations.exclude(attempt=scan.visible_attempt).count():
            yield f"scan {scan.pk}: {other} violations of dead attempts"
        if (found := _stored(tenant, files.findings_folder(tenant.group.pk, str(scan.pk)))) != {
            scan.findings, scan.evidence
        } - {""}:  # fmt: skip
            yield f"scan {scan.pk}: {sorted(found)} in the storage"
    if len(sent := _stored(tenant, f"leads/{tenant.group.pk}")) != tenant.each:
        yield f"{len(sent)} files of leads for {tenant.each} jobs"


def _scratch(house: House) -> Iterable[str]:
    """Scratch folders that are still there after a sweep, which takes those of dead processes: nobody is at work."""
    before, tempfile.tempdir = tempfile.tempdir, str(house.disk / "tmp")
    try:
        storing.sweep_scratch()
    finally:
        tempfile.tempdir = before
    return [f"{folder.name} is left" for folder in (house.disk / "tmp").glob("scanward-scratch-*")]


def _stored(tenant: Tenant, folder: str) -> set[str]:
    """Names of the files of a folder of the house's storage."""
    there = tenant.house.disk / "media" / folder
    return {f"{folder}/{file.name}" for file in there.iterdir()} if there.exists() else set()


def failed(tenant: Tenant) -> list[Asked]:
    """In the order in which they were asked for."""
    ids = tenant.ids.items()
    return [asked for asked, pk in ids if MODELS[asked.kind].objects.filter(pk=pk, status=Status.FAILED).exists()]


def of_failed(tenant: Tenant, asked: Asked) -> tuple[str, int, set[str], set[int]]:
    """Of a compliance scan: its error, rows and files that are left, and how many results were ever shown."""
    scan = ComplianceScan.objects.get(pk=tenant.ids[asked])
    stored = _stored(tenant, files.findings_folder(tenant.group.pk, str(scan.pk)))
    return scan.error_code, scan.violations.count(), stored, tenant.shown[asked]


def settled(work: Workload) -> bool:
    """Whether every job is over and nothing is left that a sweeper would still clear."""
    unsettled = ~Q(status__in=FINAL) | Q(leftovers=True)
    return not any(model.objects.filter(unsettled, group__in=work.groups).exists() for model in MODELS.values())
