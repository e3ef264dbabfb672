"""Staff pages of dry runs: how far they are, and what the rules would find and change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.requester import Requester
from accounts.staff import VisibleFilter
from compliance.admin.policy_choices import PolicyFilter
from compliance.models import DryRun
from jobs import kinds, lifecycle
from jobs.admin import JobPages, cancelling


def _cancel(run: DryRun, by: Requester) -> None:
    with transaction.atomic():
        lifecycle.cancel(kinds.of(run), str(run.pk), actor=by.name)
        by.audit("dry_run.cancelled", run)


@admin.register(DryRun)
class DryRunAdmin(JobPages):
    change_form_template = "admin/compliance/dryrun/page.html"
    list_display = ("id", "policy", "upload", "state", "done", "requested_by", "created_at", "group")
    list_filter = ("status", ("policy", PolicyFilter), ("group", VisibleFilter))
    ordering = ("-created_at", "-pk")
    actions = ()
    deeds = ("cancel",)
    fields = (
        "state", "done", "error_code", "error_message", "policy", "policy_version", "upload", "label_column",
        "requested_by", "created_at", "completed_at", "group", "id",
    )  # fmt: skip
    readonly_fields = ("state", "done", "requested_by")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy", "upload", "group", "requested_by_key", "requested_by_user").defer(
            "rules", "results", "traceback", "policy__description", "upload__profile", "upload__sample_rows"
        )  # fmt: skip

    def sections(self, request: HttpRequest, row: DryRun) -> dict[str, Any]:
        found = row.results or {}
        moved = {rule["rule_id"]: rule for rule in found.get("difference", {}).get("by_rule", ())}
        rules = [(rule, moved.pop(rule["rule_id"], None)) for rule in found.get("rules", ())]
        return {**super().sections(request, row), "found": found, "rules": rules, "gone": list(moved.values())}

    cancel, _ = cancelling(
        _cancel, permission="compliance.run_dryrun", warning="It stops at once; nothing of it is kept."
    )  # fmt: skip
