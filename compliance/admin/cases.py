"""Staff pages of cases: assign, note, decide, close."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.requester import Requester
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, deed
from compliance.actions.cases import add_note, change_case, newest_scan, timeline, violations_of
from compliance.admin.policy_choices import PolicyFilter
from compliance.enums import CasePriority, CaseStatus
from compliance.models import Case

WORK = "compliance.work_case"
_STATUS = {CaseStatus.OPEN: ("○", "warn"), CaseStatus.IN_REVIEW: ("◐", "busy"), CaseStatus.CLOSED: ("●", "good")}
_PRIORITY = {
    CasePriority.URGENT: ("▲▲", "bad"),
    CasePriority.HIGH: ("▲", "bad"),
    CasePriority.MEDIUM: ("◆", "warn"),
    CasePriority.LOW: ("▽", "quiet"),
}
LIVE = (CaseStatus.OPEN, CaseStatus.IN_REVIEW)


def is_live(case: Case) -> bool:
    return case.status in LIVE


class NoteForm(forms.Form):
    text = forms.CharField(max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}), label="Note")

    def __init__(self, *args: Any, row: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class WorkForm(forms.Form):
    """Who works on it, how urgent it is, whether somebody is looking at it."""

    assignee = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")
    priority = forms.ChoiceField(choices=CasePriority.choices)
    status = forms.ChoiceField(choices=[(status.value, status.label) for status in LIVE])

    def __init__(self, *args: Any, row: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["assignee"]
        members = User.objects.filter(is_active=True, is_staff=True, memberships__group=row.group)
        people.queryset = members.order_by("username")
        self.initial = {"assignee": row.assignee_id, "priority": row.priority, "status": row.status}


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    change_form_template = "admin/compliance/case/page.html"
    list_display = ("account", "policy", "state", "urgency", "assignee", "opened_at", "closed_at", "group")
    list_filter = ("status", "priority", ("policy", PolicyFilter), ("group", VisibleFilter))
    search_fields = ("account__startswith",)
    search_help_text = "The beginning of the account, in its own spelling"
    ordering = ("-opened_at", "-pk")
    actions = ()
    deeds = ("work", "note", "close")
    fields = (
        "account", "policy", "state", "urgency", "assignee", "opened_at", "opened_by", "closed_at", "closed_by",
        "group", "id",
    )  # fmt: skip
    readonly_fields = ("state", "urgency")
    get_search_results = admin.ModelAdmin.get_search_results  # an account may look like an id

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy", "assignee", "group").defer("policy__description")

    def sections(self, request: HttpRequest, row: Case) -> dict[str, Any]:
        found = violations_of(row)
        return {
            "violations": found.defer("sample").order_by("rule_id")[:100], "violation_count": found.count(),
            "pending_count": found.undecided().count(), "scan": newest_scan(row), "timeline": timeline(row),
        }  # fmt: skip

    @deed(
        label="Work on it", permission=WORK, form=WorkForm, possible=is_live,
        warning="Every change stands in the case's timeline.",
    )  # fmt: skip
    def work(self, request: HttpRequest, case: Case, form: Any) -> None:
        change_case(case=case, by=Requester.staff(request, case.group), **form.cleaned_data)
        self.message_user(request, f"Changed: {case}.", messages.SUCCESS)

    @deed(
        label="Write a note", permission=WORK, form=NoteForm, warning="A note cannot be changed or removed afterwards."
    )
    def note(self, request: HttpRequest, case: Case, form: Any) -> None:
        add_note(case=case, by=Requester.staff(request, case.group), text=form.cleaned_data["text"])
        self.message_user(request, "Noted.", messages.SUCCESS)

    @deed(
        label="Close", permission=WORK, possible=is_live,
        warning="Every violation must be decided. A closed case is not opened again; a new one can be.",
    )  # fmt: skip
    def close(self, request: HttpRequest, case: Case, form: Any) -> HttpResponse:
        change_case(case=case, by=Requester.staff(request, case.group), status=CaseStatus.CLOSED)
        self.message_user(request, f"Closed: {case}.", messages.SUCCESS)
        return HttpResponseRedirect(self.url_of(case))

    @admin.display(description="status", ordering="status")
    def state(self, case: Case) -> SafeString:
        return badge(CaseStatus(case.status).label, *_STATUS[CaseStatus(case.status)])

    @admin.display(description="priority", ordering="priority")
    def urgency(self, case: Case) -> SafeString:
        return badge(CasePriority(case.priority).label, *_PRIORITY[CasePriority(case.priority)])
