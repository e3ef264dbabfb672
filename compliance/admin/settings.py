"""The staff page of an account group's compliance settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts import audit
from accounts.models import AccountGroup, User
from accounts.requester import Requester
from accounts.staff import GroupAdmin, VisibleFilter
from compliance.actions.retention import foretold
from compliance.models import GroupSettings


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only staff who see the group can be told."""

    class Meta:
        model = GroupSettings
        fields = (
            "notified", "notify_score_drop", "notify_new_critical", "upload_days", "finding_days", "second_reviewer",
        )  # fmt: skip
        widgets = {"notified": forms.CheckboxSelectMultiple}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "notified" in self.fields:
            member = Q(account_groups=self.instance.group_id) | Q(is_superuser=True)
            notified: Any = self.fields["notified"]
            notified.queryset = User.objects.filter(member, is_active=True).distinct().order_by("username")
            notified.label_from_instance = lambda user: (
                f"{user.get_username()} ({user.email or 'has no e-mail address'})"
            )


class NewSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """First the group; then its page, which knows who may be told."""

    class Meta:
        model = GroupSettings
        fields = ("group",)


@admin.register(GroupSettings)
class GroupSettingsAdmin(GroupAdmin):
    list_display = ("group", "told", "notify_score_drop", "notify_new_critical", "upload_days", "finding_days",
                    "second_reviewer")  # fmt: skip
    list_filter = ("second_reviewer", ("group", VisibleFilter))
    ordering = ("group__name", "pk")
    actions = ()

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group").prefetch_related("notified")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("group",)})]
        return [
            (None, {"fields": ("group",)}),
            ("Told by e-mail after a scheduled run", {
                "description": "When it failed, the score fell or new CRITICAL violations appeared; only on change.",
                "fields": ("notified", "notify_score_drop", "notify_new_critical"),
            }),
            ("Kept", {"fields": ("upload_days", "finding_days", "next_deletion")}),
            ("Reviews", {"fields": ("second_reviewer",)}),
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group", "next_deletion") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs, form=SettingsForm if obj else NewSettingsForm)

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        if db_field.name != "group":
            return super().get_field_queryset(db, db_field, request)
        with_settings = GroupSettings.objects.values("group")
        return self.groups_to_act_in(request).exclude(pk__in=with_settings)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return queryset, False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """After the named staff are saved, too: the audit log has them."""
        row = form.instance
        before = form.initial if change else {}
        super().save_related(request, form, formsets, change)
        chosen = {name: form.cleaned_data[name] for name in form.changed_data}
        moved = {name: _plain(value) for name, value in chosen.items()}
        was = {name: _plain(before.get(name)) for name in chosen}
        if moved:
            by = Requester.staff(request, row.group)
            audit.record(
                actor=by.actor, action="settings.changed", obj=row, group=row.group, before=was, after=moved
            )  # fmt: skip

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return HttpResponseRedirect(self.url_of(obj))

    @admin.display(description="the next run deletes")
    def next_deletion(self, row: GroupSettings) -> str:
        return f"{foretold(row.group)} (manage.py apply_retention --dry-run lists it)"

    @admin.display(description="told")
    def told(self, row: GroupSettings) -> str:
        return ", ".join(user.get_username() for user in row.notified.all()) or "nobody"


def _plain(value: Any) -> Any:
    """As the audit log keeps it."""
    if isinstance(value, QuerySet | list | tuple):
        return sorted(str(each) for each in value)
    return str(value) if isinstance(value, AccountGroup) else value


def _with_address(user: User) -> str:
    return f"{user.get_username()} ({user.email or 'has no e-mail address'})"
