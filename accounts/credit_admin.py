"""Staff pages of credits: the balances, the ledger, and the form by which administrators grant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import credits
from accounts.charts import Point, line
from accounts.enums import CreditKind
from accounts.models import AccountGroup, CreditAccount, CreditEntry
from accounts.requester import Requester
from accounts.rows import RowsByRole
from accounts.sending import once
from accounts.shown import Table
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, link, list_url
from web.errors import Refused

_SHOWN = 50  # entries on the page of an account
_KINDS = {CreditKind.GRANTED: ("+", "good"), CreditKind.RESERVED: ("◐", "busy"), CreditKind.SETTLED: ("=", "quiet")}


class GrantForm(forms.Form):
    """Offers the account groups to which one may grant."""

    group = forms.ModelChoiceField(AccountGroup.objects.none())
    amount = forms.IntegerField(min_value=1, max_value=credits.MOST)
    note = forms.CharField(max_length=500, required=False, help_text="Why; kept in the ledger.")

    def __init__(self, *args: Any, groups: QuerySet[AccountGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["group"]
        choices.queryset = groups


class LowFilter(admin.SimpleListFilter):
    title, parameter_name = "balance", "low"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", f"less than {credits.LOW:,} left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(available__lt=credits.LOW) if self.value() == "yes" else queryset


@admin.register(CreditAccount)
class CreditAccountAdmin(ReadOnlyAdmin):
    nothing_here = "No account group has been granted credits yet."
    change_form_template = "admin/accounts/creditaccount/page.html"
    list_display = ("group", "left", "set_aside")
    list_select_related = ("group",)
    list_filter = (LowFilter,)
    search_fields = ("group__name", "group__id")
    ordering = ("group__name",)
    actions = ()
    fields = ("group", "left", "set_aside")
    readonly_fields = ("left", "set_aside")

    def tools(self, request: HttpRequest, row: CreditAccount) -> list[tuple[str, str]]:
        ledger = [("Whole ledger", list_url(CreditEntry, group__id__exact=row.group_id))]
        pages: Any = self.admin_site.get_model_admin(CreditEntry)
        may = pages.has_add_permission(request) and pages.acts_on(request, row)
        grant = reverse("admin:accounts_creditentry_add", query={"group": row.group_id})
        return [*([("Grant credits", grant)] if may else []), *ledger]

    def sections(self, request: HttpRequest, row: CreditAccount) -> dict[str, Any]:
        newest = list(CreditEntry.objects.for_group(row.group).order_by("-at", "-id")[:_SHOWN])
        return {"balances": _balances(row, newest), "tables": [
            Table(
                "Newest movements", ("When", "What", "Available", "Reserved", "Spent", "For"),
                [(link(each, f"{each.at:%Y-%m-%d %H:%M}"), _kind(each), _moved(each.available), _moved(each.reserved),
                  f"{each.spent:,}" if each.spent else "", _about(each)) for each in newest],
                "Nothing has moved yet.", frozenset({2, 3, 4}),
            ),
        ]}  # fmt: skip

    @admin.display(description="available", ordering="available")
    def left(self, account: CreditAccount) -> SafeString:
        low = badge("low", "!", "warn") if account.available < credits.LOW else ""
        return format_html("{} {}", f"{account.available:,}", low)

    @admin.display(description="reserved for jobs that go on", ordering="reserved")
    def set_aside(self, account: CreditAccount) -> str:
        return f"{account.reserved:,}"


@admin.register(CreditEntry)
class CreditEntryAdmin(ReadOnlyAdmin):
    """The ledger; adding to it is granting credits."""

    nothing_here = "No credits have moved yet."
    list_display = ("at", "group", "what", "moved", "about")
    list_select_related = ("group",)
    list_filter = ("kind", ("group", VisibleFilter))
    search_fields = ("job_id", "by", "note")
    search_help_text = "Id of a job, who granted, or part of the note"
    ordering = ("-at", "-id")
    actions = ()
    fields = ("at", "group", "what", "moved", "about", "by", "note", "trace_id")
    readonly_fields = ("what", "moved", "about")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return RowsByRole.has_add_permission(self, request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        groups = self.groups_to_act_in(request)
        known = {"group": request.GET.get("group") or self.only_group(request)}
        form = GrantForm(request.POST if request.method == "POST" else None, groups=groups, initial=known)
        back = list_url(CreditEntry)
        if request.method == "POST" and form.is_valid():
            group, amount = form.cleaned_data["group"], form.cleaned_data["amount"]
            by = Requester.staff(request, group)
            try:
                with once(request):
                    balance = credits.grant(group, amount, by=by, note=form.cleaned_data["note"])
            except Refused as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
            else:
                told = f"{group} got {amount:,} credits and may spend {balance.available:,} now."
                self.message_user(request, told, messages.SUCCESS)
            return HttpResponseRedirect(back)
        return self.form_page(request, "Grant credits", form, back=back)

    @admin.display(description="what", ordering="kind")
    def what(self, entry: CreditEntry) -> SafeString:
        return _kind(entry)

    @admin.display(description="available, reserved")
    def moved(self, entry: CreditEntry) -> SafeString:
        return format_html(
            '{}<br><span class="quiet">{}</span>', _moved(entry.available), _moved(entry.reserved)
        )  # fmt: skip

    @admin.display(description="for")
    def about(self, entry: CreditEntry) -> object:
        return _about(entry)


def _kind(entry: CreditEntry) -> SafeString:
    return badge(entry.get_kind_display(), *_KINDS[CreditKind(entry.kind)])


def _moved(credits: int) -> str:
    return f"{credits:+,}" if credits else "0"


def _about(entry: CreditEntry) -> object:
    """The job, by way of its events, or who granted and why."""
    if not entry.job_id:
        return f"{entry.by}: {entry.note}" if entry.note else entry.by
    events = reverse("admin:jobs_jobevent_changelist", query={"q": entry.job_id})
    return format_html('<a href="{}">{} {}</a>', events, entry.job_kind.replace("_", " "), entry.job_id[-6:])


def _balances(account: CreditAccount, newest: list[CreditEntry]) -> object:
    """What could be spent after each of the newest movements."""
    left, points = account.available, []
    for entry in newest:
        points.append(Point(f"{entry.at:%Y-%m-%d}", left, f"{entry.at:%Y-%m-%d %H:%M}: {left:,}"))
        left -= entry.available
    most = max((point.value for point in points), default=0)
    return line(points[::-1], title="Available credits after each movement", low=0, high=most)
