"""The merge queue: pairs of prospects that may be one person, side by side, and what staff decide about them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.shown import Table
from accounts.staff import VisibleFilter, badge, deed, link
from prospecting.actions.merging import keep_apart, merge
from prospecting.admin.roles import LookedAt
from prospecting.enums import MergeStatus
from prospecting.errors import MergeDecided
from prospecting.models import MergeCandidate, Prospect, ProspectingJob

_COMPARED = (
    "name", "title", "company", "email", "phone", "public_identifier", "linkedin_url", "headline", "location",
    "country", "seniority", "department",
)  # fmt: skip
_DECIDE = "prospecting.change_mergecandidate"


@admin.register(MergeCandidate)
class MergeCandidateAdmin(LookedAt):
    nothing_here = "Nothing to decide: no import has met two people who may be one."
    list_display = ("pair", "why", "alike", "state", "one_company", "other_company", "group")
    list_filter = ("status", "reason", ("group", VisibleFilter))
    search_fields = ("prospect__id__exact", "other__id__exact", "job_id__exact")
    search_help_text = "The whole id of the pair"
    ordering = ("-created_at", "-pk")
    sortable_by = ()
    actions = ("merge_selected", "keep_selected")
    deeds = ("merge", "keep")
    fields = ("state", "why", "alike", "found_by", "line", "group", "created_at", "decided_at", "decided_by", "id")
    readonly_fields = ("state", "why", "alike", "found_by")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group", "prospect__company", "other__company").defer(
            "prospect__provenance", "other__provenance", "prospect__about", "other__about"
        )

    def sections(self, request: HttpRequest, row: MergeCandidate) -> dict[str, Any]:
        older, newer = sorted((row.prospect, row.other), key=lambda each: (each.created_at, each.pk))
        lines: list[tuple[object, ...]] = [("", link(older, "look at them"), link(newer, "look at them"), "")]
        lines += [_compared(name, older, newer) for name in _COMPARED]
        lines.append(("audiences", older.memberships.count(), newer.memberships.count(), ""))
        lines.append(("known since", older.created_at, newer.created_at, ""))
        return {"tables": [
            Table(
                "Side by side", ("Field", "The older, which would stay", "The newer", "Compared"), lines, "",
                note="Merging keeps what the older says and fills its empty fields from the newer, which goes; its"
                " audiences, signals and identities move over.",
            ),
        ]}  # fmt: skip

    @deed(
        label="Merge", permission=_DECIDE,
        warning="The two become one prospect: the older stays. It cannot be undone.",
        possible=lambda pair: pair.status == MergeStatus.OPEN,
    )  # fmt: skip
    def merge(self, request: HttpRequest, pair: MergeCandidate, form: Any) -> HttpResponse:
        kept = merge(candidate=pair, by=Requester.staff(request, pair.group))
        self.message_user(request, f"Merged: {kept}.", messages.SUCCESS)
        pages: Any = self.admin_site.get_model_admin(Prospect)
        return HttpResponseRedirect(pages.url_of(kept))

    @deed(
        label="Keep apart", permission=_DECIDE, warning="They are two people; the pair is not asked about again.",
        possible=lambda pair: pair.status == MergeStatus.OPEN,
    )  # fmt: skip
    def keep(self, request: HttpRequest, pair: MergeCandidate, form: Any) -> None:
        keep_apart(candidate=pair, by=Requester.staff(request, pair.group))
        self.message_user(request, "They stay two people.", messages.SUCCESS)

    @deed(
        label="Merge the selected pairs", permission=_DECIDE,
        warning="Of each pair that is open the older prospect stays and the newer goes. It cannot be undone.",
    )  # fmt: skip
    def merge_selected(self, request: HttpRequest, pairs: list[MergeCandidate], form: Any) -> None:
        self._decided(request, pairs, merge, "Merged")

    @deed(
        label="Keep the selected pairs apart", permission=_DECIDE,
        warning="Each pair that is open is two people, and is not asked about again.",
    )  # fmt: skip
    def keep_selected(self, request: HttpRequest, pairs: list[MergeCandidate], form: Any) -> None:
        self._decided(request, pairs, keep_apart, "Kept apart")

    def _decided(self, request: HttpRequest, pairs: list[MergeCandidate], decide: Any, done: str) -> None:
        """One after the other: merging one pair may take another pair with it."""
        count = 0
        for pair in pairs:
            try:
                decide(candidate=pair, by=Requester.staff(request, pair.group))
            except MergeDecided:
                continue
            count += 1
        self.message_user(request, f"{done}: {count} of {len(pairs)}; the others were decided.", messages.SUCCESS)

    @admin.display(description="pair")
    def pair(self, pair: MergeCandidate) -> str:
        return str(pair)

    @admin.display(description="reason")
    def why(self, pair: MergeCandidate) -> str:
        return pair.get_reason_display()

    @admin.display(description="alike")
    def alike(self, pair: MergeCandidate) -> SafeString:
        return format_html('<progress value="{}" max="100">{} %</progress> {} %', pair.score, pair.score, pair.score)

    @admin.display(description="state")
    def state(self, pair: MergeCandidate) -> SafeString:
        waits = pair.status == MergeStatus.OPEN
        return badge("open", "○", "warn") if waits else badge("kept apart", "≠", "quiet")

    @admin.display(description="one works at")
    def one_company(self, pair: MergeCandidate) -> object:
        return pair.prospect.company

    @admin.display(description="the other at")
    def other_company(self, pair: MergeCandidate) -> object:
        return pair.other.company

    @admin.display(description="found by")
    def found_by(self, pair: MergeCandidate) -> object:
        return link(ProspectingJob(pk=pair.job_id), pair.job_id) if pair.job_id else "-"


def _compared(name: str, older: Prospect, newer: Prospect) -> tuple[object, ...]:
    """What the merged prospect would say of a field follows from the last column."""
    one, other = str(getattr(older, name) or ""), str(getattr(newer, name) or "")
    if one == other:
        verdict: object = badge("same", "=", "good") if one else ""
    elif one and other:
        verdict = badge("differs", "≠", "warn")
    else:
        verdict = badge("only one knows", "+", "busy")
    return name.replace("_", " "), one or "-", other or "-", verdict
