"""What the list of violations is narrowed by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date

from accounts.staff import VisibleFilter, visible
from compliance.models import ComplianceScan, Policy, PolicyVersion

MOST_POLICIES = 20  # whose rules are offered while the list is of all scans


class DeltaFilter(admin.SimpleListFilter):
    title = parameter_name = "delta"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("new", "new"), ("unchanged", "unchanged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        new = Q(first_seen_scan_id=F("scan_id"))
        match self.value():
            case "new":
                return queryset.filter(new)
            case "unchanged":
                return queryset.exclude(new)
        return queryset


class NewestFilter(admin.SimpleListFilter):
    """What older scans of a policy found is history: a decision there changes nothing that comes."""

    title, parameter_name = "scans", "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("newest", "the newest of each policy")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        violations: Any = queryset
        return violations.of_newest(visible(ComplianceScan, request)) if self.value() else queryset


class RuleFilter(admin.SimpleListFilter):
    """The rules of the scan that the list is narrowed to; of all scans, those of the policies in use."""

    title = parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        names = [request.GET["rule"]] if "rule" in request.GET else []
        names += [rule["rule_id"] for version in self._versions(request) for rule in version.active_rules]
        return [(name, name) for name in dict.fromkeys(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rule_id=self.value()) if self.value() else queryset

    def _versions(self, request: HttpRequest) -> Iterator[PolicyVersion]:
        if scan_id := request.GET.get("scan__id__exact"):
            try:
                scans = visible(ComplianceScan, request).filter(pk=scan_id).select_related("policy_version")
                return (scan.policy_version for scan in scans)
            except ValidationError:
                return iter(())  # no id at all: the list itself refuses it
        policies: Any = visible(Policy, request)
        newest = list(policies.in_use().order_by("-updated_at").values_list("pk", flat=True)[:MOST_POLICIES])
        versions = PolicyVersion.objects.filter(policy__in=newest).order_by("policy", "-number")
        return versions.distinct("policy").iterator()


class ScanFilter(VisibleFilter):
    """The newest completed scans, told apart by the day they were asked for."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        scans: Any = visible(ComplianceScan, request)
        wanted = scans.shown().completed().select_related("policy", "upload").only(
            "audit_name", "created_at", "policy__name", "upload__name", "upload__row_count"
        )  # fmt: skip
        newest = self.offered(wanted.order_by("-created_at", "-pk"))
        return list({scan.pk: f"{scan}, {date(scan.created_at, 'Y-m-d')}" for scan in newest}.items())


class AccountFilter(admin.SimpleListFilter):
    """One account, written as it stands in the file: there are too many to choose from."""

    title = parameter_name = "account"
    template = "admin/compliance/violation/account_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("", "")]  # there is always a field to write in

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.on_account(self.value()) if self.value() else queryset
        return found

    def choices(self, changelist: Any) -> Iterator[Any]:
        """One: what else the list is narrowed by, which the form has to keep."""
        kept = ((name, values) for name, values in changelist.filter_params.items() if name != self.parameter_name)
        others = [(name, value) for name, values in kept for value in values]
        yield {"others": others, "value": self.value() or ""}
