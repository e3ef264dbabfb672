"""The merge queue: pairs of prospects that may be one person, side by side, and what staff decide about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from accounts.requester import Requester
from accounts.staff import VisibleFilter, badge, deed, link, list_url
from prospecting.actions.merging import keep_apart, merge, older_first
from prospecting.admin.roles import LookedAt
from prospecting.admin.shown import Fact, facts
from prospecting.enums import MergeReason, MergeStatus
from prospecting.errors import MergeDecided
from prospecting.models import MergeCandidate, Prospect, ProspectingJob
from web.errors import Refused

_COMPARED = (
    "name", "title", "company", "email", "phone", "public_identifier", "headline", "location", "country", "seniority",
    "department",
)  # fmt: skip
_DECIDE = "prospecting.change_mergecandidate"
MOST_COUNTED = 100  # pairs that wait


@dataclass(frozen=True)
class Compared:
    """A field of both. `how`: same, differs, older or newer (only that one knows it), nobody."""

    name: str
    older: Fact
    newer: Fact

    @property
    def how(self) -> str:
        one, other = self.older.value, self.newer.value
        if one == other:
            return "same" if one else "nobody"
        return "differs" if one and other else "older" if one else "newer"

    @property
    def verdict(self) -> object:
        match self.how:
            case "differs":
                return badge("differs", "≠", "warn")
            case "older" | "newer":
                return badge("only one knows", "+", "busy")
            case "same":
                return badge("same", "=", "quiet")
        return ""


@admin.register(MergeCandidate)
class MergeCandidateAdmin(LookedAt):
    nothing_here = "Nothing to decide: no import has met two people who may be one."
    change_form_template = "admin/prospecting/mergecandidate/page.html"
    list_display = ("one", "another", "alike", "waits", "group")
    list_filter = ("status", "reason", ("group", VisibleFilter))
    search_fields = ("prospect__id__exact", "other__id__exact", "job_id__exact")
    search_help_text = "The whole id of the pair"
    ordering = ("-created_at", "-pk")
    sortable_by = ()
    actions = ("merge_selected", "keep_selected")
    fields = ("state", "group", "created_at", "decided_at", "decided_by", "id")
    readonly_fields = ("state",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.decide_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        return [path("<path:object_id>/decide/", page, name=name), *super().get_urls()]

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group", "prospect__company", "other__company").defer(
            "prospect__provenance", "other__provenance", "prospect__about", "other__about"
        )

    def sections(self, request: HttpRequest, row: MergeCandidate) -> dict[str, Any]:
        older, newer = older_first(row)
        following = self._following(request, row)
        may = row.status == MergeStatus.OPEN and request.user.has_perm(_DECIDE) and self.acts_on(request, row)
        waiting = self._waiting(request)[: MOST_COUNTED + 1].count()
        return {
            "older": older, "newer": newer, "reason": _reason(row), "compared": _compared(older, newer),
            "sides": [("older", older, self._page(older)), ("newer", newer, self._page(newer))],
            "beside": [
                ("Audiences", older.memberships.count(), newer.memberships.count()),
                ("Known since", older.created_at, newer.created_at),
            ],
            "decide": self.url_of(row, "decide") if may else "", "next": self.url_of(following) if following else "",
            "waiting": f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else str(waiting),
        }  # fmt: skip

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the page of a pair asks; it says itself what each answer does. Then the next pair."""
        if not request.user.has_perm(_DECIDE):
            raise PermissionDenied
        pair: MergeCandidate | None = self.get_object(request, unquote(object_id))
        if pair is None:  # merged meanwhile, by somebody else or together with another pair
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not self.acts_on(request, pair):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(self.url_of(pair))
        following, by = self._following(request, pair), Requester.staff(request, pair.group)
        try:
            if request.POST.get("decision") == "merge":
                kept = merge(candidate=pair, by=by, keep=request.POST.get("keep", ""))
                self.message_user(request, format_html("Merged: {}.", link(kept)), messages.SUCCESS)
            else:
                apart = keep_apart(candidate=pair, by=by)
                self.message_user(request, format_html("They stay two people: {}.", link(apart)), messages.SUCCESS)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        if following is not None and not MergeCandidate.objects.filter(pk=following.pk).exists():
            following = self._following(request, pair)  # it went with the one that was merged
        return HttpResponseRedirect(self.url_of(following) if following else list_url(MergeCandidate))

    def _waiting(self, request: HttpRequest) -> QuerySet[MergeCandidate]:
        """The pairs one may decide about."""
        return self.acting(request).filter(status=MergeStatus.OPEN)

    def _following(self, request: HttpRequest, pair: MergeCandidate) -> MergeCandidate | None:
        """The next one in the order of the list that waits; behind the last one the first."""
        rows = self._waiting(request).exclude(pk=pair.pk).order_by("-pk")
        return rows.filter(pk__lt=pair.pk).first() or rows.first()

    def _page(self, prospect: Prospect) -> str:
        pages: Any = self.admin_site.get_model_admin(Prospect)
        return str(pages.url_of(prospect))

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

    @admin.display(description="one")
    def one(self, pair: MergeCandidate) -> SafeString:
        return _named(pair.prospect)

    @admin.display(description="the other")
    def another(self, pair: MergeCandidate) -> SafeString:
        return _named(pair.other)

    @admin.display(description="names alike")
    def alike(self, pair: MergeCandidate) -> SafeString:
        return format_html(
            '<progress value="{0}" max="100">{0} %</progress> {0} %<br><span class="quiet">{1}</span>',
            pair.score, pair.get_reason_display(),
        )  # fmt: skip

    @admin.display(description="state")
    def state(self, pair: MergeCandidate) -> SafeString:
        waits = pair.status == MergeStatus.OPEN
        return badge("open", "○", "warn") if waits else badge("kept apart", "≠", "quiet")

    @admin.display(description="state and age")
    def waits(self, pair: MergeCandidate) -> SafeString:
        age = timesince(pair.created_at, depth=1)
        return format_html('{}<br><span class="quiet">{}</span>', self.state(pair), age)


def _named(prospect: Prospect) -> SafeString:
    at = " at ".join(str(each) for each in (prospect.title, prospect.company) if each)
    return format_html('{}<br><span class="quiet">{}</span>', prospect, at)


def _compared(older: Prospect, newer: Prospect) -> list[Compared]:
    both = zip(facts(older, _COMPARED), facts(newer, _COMPARED), strict=True)
    return [Compared(one.label, one, other) for one, other in both]


def _reason(pair: MergeCandidate) -> SafeString:
    """Why they may be one, in a sentence, and where that came up."""
    alike = f", {pair.score} of 100 alike" if pair.reason == MergeReason.SIMILAR_NAME else ""
    if not pair.job_id:
        return format_html("{}{}.", pair.get_reason_display(), alike)
    job = link(ProspectingJob(pk=pair.job_id), f"import {pair.job_id[-6:]}")
    return format_html("{}{}: row {} of {}.", pair.get_reason_display(), alike, pair.line, job)
