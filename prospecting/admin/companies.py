"""Staff pages of companies: where prospects work, and where signals of them are read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from accounts.shown import Table, outside
from accounts.staff import VisibleFilter, link
from prospecting.admin.added import tables_on
from prospecting.admin.roles import LookedAt
from prospecting.admin.shown import known
from prospecting.models import Company

_KNOWN = (
    "name", "domain", "website", "industry", "description", "linkedin_url", "linkedin_identifier",
)  # fmt: skip


@admin.register(Company)
class CompanyAdmin(LookedAt):
    nothing_here = "No company here. Companies come with the prospects who work at them."
    list_display = ("called", "domain", "industry", "watched", "site_read_at", "group")
    list_filter = (("site_read_at", admin.EmptyFieldListFilter), ("group", VisibleFilter))
    search_fields = ("domain__exact", "key__exact", "name__istartswith")
    search_help_text = "Id, whole domain, or the beginning of the name"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("site", "profile", "group", "created_at", "updated_at", "site_read_at", "key", "id")
    readonly_fields = ("site", "profile")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group").defer("description", "provenance", "social_links")

    def tools(self, request: HttpRequest, row: Company) -> list[tuple[str, str]]:
        kept = {"company__id__exact": row.pk, "verdict__exact": "kept"}
        return [("Signals", reverse("admin:scans_finding_changelist", query=kept)), *super().tools(request, row)]

    def sections(self, request: HttpRequest, row: Company) -> dict[str, Any]:
        people = row.prospects.order_by("-pk")[:50]
        return {"tables": [
            known(row, _KNOWN),
            *tables_on(request, row),
            Table("Prospects", ("Who", "Title"), [(link(each), each.title) for each in people],
                  "No prospect works here now.", note="The newest 50."),
            Table("Elsewhere", ("Network", "Address"),
                  [(each.get("kind", "-"), outside(each.get("url"))) for each in row.social_links],
                  "No page of it on a network is known."),
        ]}  # fmt: skip

    @admin.display(description="company")
    def called(self, company: Company) -> str:
        return str(company)

    @admin.display(description="read from")
    def watched(self, company: Company) -> str:
        board = [str(company.job_board.get("kind", "board"))] if company.job_board else []
        feeds = [f"{len(company.feeds)} feeds"] if company.feeds else []
        pages = [f"{len(company.pages)} pages"] if company.pages else []
        return ", ".join([*feeds, *board, *pages]) or "-"

    @admin.display(description="website")
    def site(self, company: Company) -> object:
        return outside(company.website)

    @admin.display(description="profile")
    def profile(self, company: Company) -> object:
        return outside(company.linkedin_url)
