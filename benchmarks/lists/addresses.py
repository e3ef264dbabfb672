"""Which pages there are: of each list its pages, filters, orders and searches; pages of big rows; REST lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import QueryDict
from django.urls import reverse

# What many rows hold, then what one or none does; anything else is searched for by the two at the end.
TERMS = {
    "compliance.Violation": ("ACC-0", "HUB-1", "ACC-012345", "CTR", "nothing"),
    "compliance.ComplianceScan": ("Quarter", "Quarter 990", "nothing"),
    "compliance.Case": ("ACC-", "ACC-004242", "nothing"),
    "compliance.Waiver": ("Owner", "CTR", "ACC-004242", "nothing"),
    "compliance.Upload": ("ledger", "ledger-1234.csv", "nothing"),
    "prospecting.Prospect": ("Anna", "anna müller", "p4242@company.com", "person-4243", "Zoe", "jürgen smith-r"),
    "prospecting.Company": ("company", "Company 4242", "company4242.com", "nothing"),
    "prospecting.LeadFile": ("leads", "leads-4242.csv", "nothing"),
    "prospecting.Suppression": ("example", "d4242.example", "nothing"),
    "scans.SourceState": ("https://", "https://company4242.com", "nothing"),
    "accounts.AuditEntry": ("user:person-1", "Row 4242", "nothing"),
    "accounts.CreditEntry": ("Invoice", "Invoice 4242", "user:person-1", "nothing"),
    "accounts.User": ("person", "person-42", "nothing"),
}
OTHERWISE = ("a", "42", "nothing")


def of_list(client: Any, model: type[Model]) -> Iterator[str]:
    """Addresses of the list of a model, nothing when it is not for this client."""
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    answer = client.get(path)
    if answer.status_code != 200:
        return
    listed = answer.context_data["cl"]
    yield path
    yield from (
        f"{path}?p={page}" for page in sorted({2, listed.paginator.num_pages}) if page <= listed.paginator.num_pages
    )
    for each in listed.filter_specs:
        choices = [choice["query_string"] for choice in each.choices(listed) if choice.get("query_string", "?") != "?"]
        yield from (f"{path}{choice}" for choice in dict.fromkeys([*choices[:2], *choices[-1:]]))
    if listed.model_admin.get_sortable_by(client_request(answer)):
        yield from (
            f"{path}?o={sign}{place}" for place, name in enumerate(listed.list_display)
            if name in listed.sortable_by and listed.get_ordering_field(name) for sign in ("", "-")
        )  # fmt: skip
    if listed.search_fields:
        yield from (f"{path}?{urlencode({'q': term})}" for term in TERMS.get(model._meta.label, OTHERWISE))


def client_request(answer: Any) -> Any:
    return answer.wsgi_request


def lists(client: Any) -> Iterator[str]:
    for model in admin.site._registry:
        yield from of_list(client, model)


def pages(group_id: str) -> Iterator[str]:
    """The home, and the pages of the biggest rows of a group."""
    from accounts.models import AccountGroup
    from compliance.models import Audit, Case, ComplianceScan, Policy, Upload
    from prospecting.models import Audience, Company, Prospect, ProspectingJob
    from scans.models import Signal, SignalScan

    yield "/admin/"
    scans = ComplianceScan.objects.filter(group_id=group_id)
    big, before = scans.filter(violation_count=100_000).order_by("-created_at")
    own = reverse("admin:compliance_compliancescan_change", args=[big.pk])
    yield own
    yield reverse("admin:compliance_compliancescan_compare", args=[big.pk])
    yield reverse("admin:compliance_compliancescan_compare", args=[big.pk], query={"with": before.pk})
    violations = reverse("admin:compliance_violation_changelist")
    one = big.violations.order_by("-pk")[50_000]
    page = reverse("admin:compliance_violation_change", args=[one.pk])
    queues = (
        f"scan__id__exact={big.pk}", f"scan__id__exact={big.pk}&status__exact=pending&o=-2", "status__exact=pending",
        "severity__exact=CRITICAL&status__exact=pending&of=newest&waiver__isempty=1", f"account={one.account}",
        f"q={one.account}", "delta=new",
    )  # fmt: skip
    for queue in queues:
        yield f"{violations}?{queue}"
        yield f"{page}?{urlencode({'_changelist_filters': queue})}"
    for column in range(1, 7):
        yield f"{violations}?scan__id__exact={big.pk}&o=-{column}"
    yield f"{violations}?scan__id__exact={big.pk}&p=200"
    yield f"{violations}?scan__id__exact={big.pk}&delta=unchanged"
    yield f"{violations}?scan__id__exact={big.pk}&q=ACC-01"
    newest: list[tuple[str, Any]] = [
        ("compliance_policy", Policy.objects.filter(pk=big.policy_id)),
        ("compliance_upload", Upload.objects.filter(group_id=group_id)),
        ("compliance_audit", Audit.objects.filter(group_id=group_id)),
        ("compliance_case", Case.objects.filter(group_id=group_id)),
        ("prospecting_prospect", Prospect.objects.filter(group_id=group_id)),  # the oldest have most signals
        ("prospecting_company", Company.objects.filter(group_id=group_id)),
        ("prospecting_audience", Audience.objects.filter(group_id=group_id)),
        ("prospecting_prospectingjob", ProspectingJob.objects.filter(group_id=group_id)),
        ("scans_signalscan", SignalScan.objects.filter(group_id=group_id)),
        ("scans_signal", Signal.objects.filter(group_id=group_id)),
        ("accounts_accountgroup", AccountGroup.objects.filter(pk=group_id)),
        ("accounts_creditaccount", AccountGroup.objects.filter(pk=group_id)),
    ]
    for name, rows in newest:
        yield from (reverse(f"admin:{name}_change", args=[row.pk]) for row in (rows.order_by("pk").first(),) if row)
    person, company = Prospect.objects.order_by("pk").first(), Company.objects.order_by("pk")[2]
    findings = reverse("admin:scans_finding_changelist")
    yield f"{findings}?prospect__id__exact={person.pk}&verdict__exact=kept"
    yield f"{findings}?company__id__exact={company.pk}&verdict__exact=kept"
    yield reverse("admin:prospecting_company_change", args=[company.pk])


def rest(group: Any) -> Iterator[str]:
    """The lists of both dialects with their filters, the first page, and one from the midst where they are long."""
    from compliance.models import Audit, ComplianceScan, Policy, Schedule, Source
    from prospecting.models import Audience, Prospect, ProspectingJob
    from scans.models import SignalScan

    scans = ComplianceScan.objects.filter(group=group)
    big, before = scans.filter(violation_count=100_000).order_by("-created_at")
    middle = scans.order_by("created_at")[scans.count() // 2]
    policy = Policy.objects.get(pk=big.policy_id)
    yield from (
        "/api/data", "/api/policies", "/api/audits", "/api/lists", "/api/exports", "/api/sources", "/api/schedules",
        "/api/cases", "/api/cases?status=open", "/api/waivers", "/api/waivers?policy_id=" + str(policy.pk), "/api/scan",
        deep("/api/scan", group, middle), "/api/scan?status=failed", "/api/scan?limit=100",
        f"/api/scan?policy_id={policy.pk}", f"/api/scan/history?policy_id={policy.pk}", f"/api/scan/{big.pk}",
        f"/api/scan/{big.pk}/compare/{before.pk}", f"/api/policies/{policy.pk}/versions",
        f"/api/policies/{policy.pk}/health", f"/api/compliance/score?scan_id={big.pk}", f"/api/exports?scan_id={big.pk}",
        f"/api/audits/{Audit.objects.filter(group=group).first().pk}/scans",
        f"/api/sources/{Source.objects.filter(group=group).first().pk}",
        f"/api/schedules/{Schedule.objects.filter(group=group).first().pk}/runs",
    )  # fmt: skip
    violations = f"/api/violations?scan_id={big.pk}"
    one = big.violations.order_by("-created_at", "-pk")[50_000]
    yield from (
        violations, deep(violations, group, one), f"{violations}&severity=CRITICAL", f"{violations}&status=disputed",
        f"{violations}&account={one.account}", f"{violations}&rule_id={one.rule_id}", f"{violations}&limit=100",
        "/api/violations", f"/api/violations?account={one.account}", "/api/violations?severity=CRITICAL",
        "/api/violations/cases?scan_id=" + str(big.pk), f"/api/violations/{one.pk}",
    )  # fmt: skip
    v1 = f"/v1/accounts/{group.pk}"
    audience = Audience.objects.filter(group=group).order_by("-prospect_count").first()
    person, job = Prospect.objects.order_by("pk").first(), ProspectingJob.objects.filter(group=group).latest("pk")
    scan = SignalScan.objects.filter(group=group).latest("pk")
    yield from (
        "/v1/accounts", f"{v1}/audiences", f"{v1}/audiences?type=on_demand", f"{v1}/audiences/navigation",
        f"{v1}/audiences/folders", f"{v1}/audiences/{audience.pk}", f"{v1}/audiences/{audience.pk}/prospects",
        f"{v1}/prospects/{person.pk}", f"{v1}/prospects/by-provider-id/id-0", f"{v1}/prospecting",
        f"{v1}/prospecting/{job.pk}", f"{v1}/prospecting/{job.pk}/errors", f"{v1}/signals/scans",
        f"{v1}/signals/scans/{scan.pk}", f"{v1}/signals/scans/{scan.pk}/results", f"{v1}/signals/scans/{scan.pk}/dropped",
        f"{v1}/signals/monitors", f"{v1}/signal-specifications", f"{v1}/prospects/{person.pk}/signals",
    )  # fmt: skip


def deep(address: str, group: Any, row: Any) -> str:
    """The page of a list that begins after `row`."""
    from types import SimpleNamespace

    from web.pagination import sealed

    path, _, query = address.partition("?")
    asked: Any = SimpleNamespace(path=path, group=group, GET=QueryDict(query))
    cursor = sealed(asked, [row.created_at.isoformat(), str(row.pk)])
    return f"{path}?{query}&cursor={cursor}" if query else f"{path}?cursor={cursor}"
