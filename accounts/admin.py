"""Staff pages of accounts. Staff see the groups they are members of. Every change is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import actions, audit
from accounts import credit_admin as credit_admin  # registers its pages
from accounts.audit import Actor
from accounts.enums import Permission
from accounts.models import AccountGroup, ApiKey, AuditEntry, Membership, User
from web.errors import Refused

if TYPE_CHECKING:  # generic in the stubs only
    _ModelAdmin = admin.ModelAdmin[Any]
    _UserAdmin = auth_admin.UserAdmin[User]
else:
    _ModelAdmin, _UserAdmin = admin.ModelAdmin, auth_admin.UserAdmin


class Audited(_ModelAdmin):
    """Writes an audit entry for every change made through Django's own forms.

    The entry is written where Django writes its own log line: in the same transaction, after the change.
    Deleting in bulk has no transaction there, so that action is taken away.
    """

    def chain(self, obj: Any) -> AccountGroup | None:
        """The account group whose audit log an object belongs to."""
        return None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            request._audit_before = audit.snapshot(type(obj)._default_manager.get(pk=obj.pk))  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, "added", after=audit.snapshot(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if (before := getattr(request, "_audit_before", None)) is None:  # a page of its own: the password
            self._record(request, obj, "password changed")
        else:
            moved = audit.changes(before, audit.snapshot(type(obj)._default_manager.get(pk=obj.pk)))
            self._record(request, obj, "changed", before=moved[0], after=moved[1])
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._record(request, obj, "deleted", before=audit.snapshot(obj))
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, obj: Model, verb: str, **fields: Any) -> None:
        action = f"{obj._meta.model_name}.{verb}"
        audit.record(actor=Actor.staff(request), action=action, obj=obj, group=self.chain(obj), **fields)


@admin.register(User)
class UserAdmin(Audited, _UserAdmin):
    """For superusers only: whoever edits users can make themselves one."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _superuser(request)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _superuser(request)


@admin.register(AccountGroup)
class AccountGroupAdmin(Audited):
    list_display = ("name", "id", "plan", "sandbox", "created_at")
    search_fields = ("name", "id")
    list_filter = ("plan", "sandbox")
    show_full_result_count = False

    def chain(self, obj: AccountGroup) -> AccountGroup:
        return obj

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountGroup]:
        return AccountGroup.objects.visible_to(request.user)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        new = ("name", "plan", "sandbox")
        return ("id", *new, "rate_limit", "jobs_running", "created_at") if obj else new

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A group never leaves the sandbox: its test keys would come along.
        return ("id", "sandbox", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: AccountGroup, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = actions.create_group(name=obj.name, plan=obj.plan, sandbox=obj.sandbox, actor=Actor.staff(request))
        obj.__dict__.update(made.__dict__)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return admin.ModelAdmin.log_addition(self, request, obj, message)  # create_group has audited it

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(Audited):
    list_display = ("user", "group", "role", "created_at")
    list_select_related = ("user", "group")
    list_filter = ("role",)
    search_fields = ("user__username", "group__name")

    def chain(self, obj: Membership) -> AccountGroup:
        return obj.group

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return Membership.objects.filter(group__in=AccountGroup.objects.visible_to(request.user))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user", "group") if obj else ()

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "group":
            kwargs["queryset"] = AccountGroup.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class IssueKey(forms.Form):
    """What a new key is to be. Offers only the groups that `user` sees."""

    name = forms.CharField(max_length=200)
    groups = forms.ModelMultipleChoiceField(AccountGroup.objects.none())
    permissions = forms.MultipleChoiceField(
        choices=Permission.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    test = forms.BooleanField(required=False, help_text="An sk_test_ key, for sandbox groups only.")
    expires_at = forms.DateTimeField(required=False, help_text="In UTC, like 2027-01-31 12:00. Empty: never.")
    rate_limit = forms.IntegerField(min_value=1, required=False, help_text="Requests a minute.")
    rate_limit_starts = forms.IntegerField(min_value=1, required=False, help_text="Jobs started a minute.")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["groups"]
        choices.queryset = AccountGroup.objects.visible_to(user)


@admin.register(ApiKey)
class ApiKeyAdmin(_ModelAdmin):
    """Keys are issued and revoked, never edited. Both go through accounts.actions, which audits them."""

    list_display = ("name", "masked", "reaches", "state", "created_at", "expires_at", "last_used_at")
    search_fields = ("name", "id", "last4")
    fields = readonly_fields = (
        "id", "name", "masked", "reaches", "permissions", "state", "rate_limit", "rate_limit_starts",
        "created_at", "created_by", "expires_at", "revoked_at", "revoked_by", "last_used_at",
    )  # fmt: skip
    actions = ("revoke",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return ApiKey.objects.visible_to(request.user).prefetch_related("groups")

    @admin.display(description="account groups")
    def reaches(self, key: ApiKey) -> str:
        return ", ".join(sorted(group.name for group in key.groups.all()))

    @admin.display
    def state(self, key: ApiKey) -> str:
        return "revoked" if key.revoked_at else "live" if key.live_at(timezone.now()) else "expired"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_revoke_permission(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return _staff(request).has_perm("accounts.change_apikey")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Issue a key and show it: once, uncached, on the answer to the form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = IssueKey(request.POST or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            try:
                key, text = actions.issue_key(**form.cleaned_data, actor=Actor.staff(request))
            except Refused as fault:
                form.add_error(None, fault.message)
            else:
                issued = {"key": key, "text": text, "groups": form.cleaned_data["groups"]}
                return self._page(request, "accounts/key_issued.html", "The new API key", **issued)
        return self._page(request, "accounts/issue_key.html", "Issue an API key", form=form)

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            return self._page(request, "accounts/revoke_keys.html", "Revoke API keys", keys=queryset)
        with transaction.atomic():
            for key in queryset:
                actions.revoke_key(key=key, actor=Actor.staff(request))
        self.message_user(request, f"Revoked: {len(queryset)}.", messages.SUCCESS)
        return None

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        answer = TemplateResponse(request, template, {**shared, "opts": self.opts, "title": title, **context})
        answer.headers["Cache-Control"] = "no-store"
        return answer


@admin.register(AuditEntry)
class AuditEntryAdmin(_ModelAdmin):
    """To be read, never written."""

    list_display = ("at", "actor", "action", "object_type", "object_name", "chain")
    list_filter = ("action", "object_type")
    search_fields = ("actor", "object_id", "object_name", "trace_id")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.visible_to(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _staff(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def _superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and _staff(request).is_superuser)
