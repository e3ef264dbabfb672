"""Staff pages of prospects: what is known of a person, and from where; erasing them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import AccountGroup
from accounts.requester import Requester
from accounts.shown import Table, outside
from accounts.staff import VisibleFilter, deed, link, list_url
from jobs.admin import status_badge
from prospecting.actions.erasing import erase
from prospecting.admin.added import tables_on
from prospecting.admin.roles import LookedAt
from prospecting.admin.shown import email_badge, known
from prospecting.admin.wizard import import_tools
from prospecting.models import JobProspect, Prospect
from prospecting.normalising.names import name_key
from web.identifiers import is_object_id

_KNOWN = (
    "name", "first_name", "last_name", "headline", "title", "seniority", "department", "company", "email",
    "email_status", "phone", "public_identifier", "linkedin_url", "location", "country", "subdivision", "about",
)  # fmt: skip


@admin.register(Prospect)
class ProspectAdmin(LookedAt):
    nothing_here = "No prospect here. Import leads, or let partners start prospecting jobs."
    list_display = ("who", "company", "reached_by", "country", "group")
    list_filter = ("email_status", ("memberships__audience", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("email__exact", "public_identifier__exact", "name_key__startswith")
    search_help_text = "Id, whole e-mail address, whole public identifier, or the beginning of the name"
    ordering = ("-created_at", "-pk")
    sortable_by = ()
    deeds = ("erase",)
    fields = ("title", "company_link", "reached_by", "profile", "group", "created_at", "updated_at", "enriched_at",
              "id")  # fmt: skip
    readonly_fields = ("company_link", "reached_by", "profile")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("company", "group").defer(
            "about", "headline", "provenance", "photo_url", "company__description", "company__provenance",
            "company__feeds", "company__pages", "company__social_links", "company__job_board",
        )  # fmt: skip

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Each part of the condition by an index; those of addresses begin with the account group."""
        term = search_term.strip()
        if not term or is_object_id(term.lower()):
            return super().get_search_results(request, queryset, search_term)
        groups = list(AccountGroup.objects.values_list("pk", flat=True)) if request.user.is_superuser else None
        within = Q() if groups is None else Q(group__in=groups)
        found = within & Q(email=term.lower()) | within & Q(public_identifier=term)
        if name := name_key("", "", term):
            found |= Q(name_key__startswith=name)
        return queryset.filter(found), False

    def list_tools(self, request: HttpRequest) -> list[tuple[str, str]]:
        return import_tools(request)

    def sections(self, request: HttpRequest, row: Prospect) -> dict[str, Any]:
        return {"tables": [known(row, _KNOWN), *tables_on(request, row), *_tables(row)]}

    def tools(self, request: HttpRequest, row: Prospect) -> list[tuple[str, str]]:
        own = {"prospect__id__exact": row.pk}
        tools = [
            ("Signals of their own", reverse("admin:scans_finding_changelist", query={**own, "verdict__exact": "kept"}))
        ]
        if row.company_id:
            at = {"company__id__exact": row.company_id, "verdict__exact": "kept"}
            tools.append(("Signals of their company", reverse("admin:scans_finding_changelist", query=at)))
        tools.append(("Activities", reverse("admin:scans_activity_changelist", query=own)))
        return [*tools, *super().tools(request, row)]

    @deed(
        label="Erase this person", permission="prospecting.delete_prospect",
        warning="The person goes from every table of this account group, from the audiences, findings and rows that"
        " failed, and imports will refuse them. It cannot be undone, and the audit log keeps no name.",
    )  # fmt: skip
    def erase(self, request: HttpRequest, prospect: Prospect, form: Any) -> HttpResponse:
        erase(group=prospect.group, prospect_id=prospect.pk, by=Requester.staff(request, prospect.group))
        self.message_user(request, "The person was erased.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(Prospect))

    @admin.display(description="who")
    def who(self, prospect: Prospect) -> SafeString:
        return format_html('{}<br><span class="quiet">{}</span>', prospect, prospect.title)

    @admin.display(description="e-mail")
    def reached_by(self, prospect: Prospect) -> object:
        return format_html("{}<br>{}", prospect.email, email_badge(prospect.email_status)) if prospect.email else "-"

    @admin.display(description="company")
    def company_link(self, prospect: Prospect) -> object:
        return link(prospect.company) if prospect.company else "-"

    @admin.display(description="profile")
    def profile(self, prospect: Prospect) -> object:
        return outside(prospect.linkedin_url)


def _tables(row: Prospect) -> list[Table]:
    known = [(f"id at {each.provider}", each.external_id) for each in row.identities.order_by("provider", "pk")[:100]]
    known += [(each.get_kind_display().lower(), each.value) for each in row.known_as.order_by("kind", "pk")[:100]]
    changes = row.position_changes.order_by("-seen_at")[:50]
    memberships = row.memberships.select_related("audience").order_by("-added_at")[:50]
    brought = JobProspect.objects.filter(prospect=row).select_related("job").order_by("-job_id")[:20]
    return [
        Table(
            "Audiences", ("Audience", "Added"), [(link(each.audience), each.added_at) for each in memberships],
            "In no audience.",
        ),
        Table(
            "Brought by", ("Job", "State", "Then", "Asked for"),
            [(link(each.job), status_badge(each.job.status), "new" if each.is_new else "known already",
              each.job.created_at) for each in brought],
            "No prospecting job that is still kept has brought them.",
        ),
        Table("Further identities", ("Kind", "Value"), known, "No provider's id, and no second address is known."),
        Table(
            "Position changes", ("Seen", "From", "To", "Origin"),
            [(each.seen_at, f"{each.previous_title or '-'} at {each.previous_company or '-'}",
              f"{each.title or '-'} at {each.company or '-'}", each.origin) for each in changes],
            "Title and company have not changed since this person was first seen.",
        ),
    ]  # fmt: skip
