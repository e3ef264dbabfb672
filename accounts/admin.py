"""Staff pages of accounts. Staff see the groups they are members of. Every change is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts import actions, audit, roles
from accounts import attention as attention  # registers what it says on the home
from accounts import credit_admin as credit_admin  # registers its pages
from accounts import key_admin as key_admin
from accounts.audit import Actor
from accounts.enums import Role
from accounts.models import AccountGroup, ApiKey, AuditEntry, CreditAccount, CreditEntry, Grant, Membership, User
from accounts.queries import live_key
from accounts.rows import RowsByRole
from accounts.shown import Table
from accounts.staff import GroupAdmin, ReadOnlyAdmin, RecentFilter, VisibleFilter, link, list_url, may_see, visible
from config import env

if TYPE_CHECKING:  # generic in the stubs only
    _ModelAdmin = admin.ModelAdmin[Any]
    _UserAdmin = auth_admin.UserAdmin[User]
else:
    _ModelAdmin, _UserAdmin = admin.ModelAdmin, auth_admin.UserAdmin

_SHOWN = 50  # members and keys on the page of a group


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
class AccountGroupAdmin(Audited, GroupAdmin):
    nothing_here = "You are a member of no account group yet: ask an administrator of one."
    group_path = "pk"
    actions = None
    list_display = ("name", "plan", "sandbox", "people", "keys_live", "credits_left", "created_at")
    search_fields = ("name", "id")
    search_help_text = "Id, or part of the name"
    list_filter = ("plan", "sandbox")

    def chain(self, obj: AccountGroup) -> AccountGroup:
        return obj

    def group_of(self, row: AccountGroup) -> str:
        return row.pk

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Each count by itself: together they would multiply."""
        members = Membership.objects.filter(group=OuterRef("pk"))
        live = Grant.objects.filter(live_key(timezone.now(), "key__"), group=OuterRef("pk"))
        counted: QuerySet[Any] = rows.select_related("credits").annotate(
            member_count=_count(members), live_keys=_count(live)
        )
        return counted

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Counts for those who see what is counted."""
        counted = {"people": Membership, "keys_live": ApiKey, "credits_left": CreditAccount}
        return [
            name for name in self.list_display if name not in counted or may_see(request, counted[name])
        ]  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        new = ("name", "plan", "sandbox")
        return (*new, "rate_limit", "jobs_running", "created_at", "id") if obj else new

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A group never leaves the sandbox: its test keys would come along.
        return ("id", "sandbox", "created_at") if obj else ()

    def tools(self, request: HttpRequest, row: AccountGroup) -> list[tuple[str, str]]:
        """What begins with a group, for those who may."""
        pages = (("Add a member", Membership), ("Issue a key", ApiKey), ("Grant credits", CreditEntry))
        return [
            (label, reverse(f"admin:accounts_{model._meta.model_name}_add", query={"group": row.pk}))
            for label, model in pages
            if self.acts_on(request, row) and self.admin_site.get_model_admin(model).has_add_permission(request)
        ]

    def sections(self, request: HttpRequest, row: AccountGroup) -> dict[str, Any]:
        tables = [_limits(row)]
        if request.user.is_superuser or row.pk in roles.groups_of(request.user, roles.looks("accounts.Membership")):
            tables += [_members(visible(Membership, request), row), _keys(visible(ApiKey, request), row)]
        return {"tables": tables}

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

    @admin.display(description="members")
    def people(self, group: Any) -> int:
        return int(group.member_count)

    @admin.display(description="live keys")
    def keys_live(self, group: Any) -> int:
        return int(group.live_keys)

    @admin.display(description="credits")
    def credits_left(self, group: AccountGroup) -> str:
        account = getattr(group, "credits", None)
        return f"{account.available:,}" if account else "-"


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    role = forms.ChoiceField(
        choices=[(role.value, f"{role.label}: {words}") for role, words in roles.WORDS.items()],
        widget=forms.RadioSelect, help_text="It is all that is needed: what one may do follows from it at once.",
    )  # fmt: skip

    class Meta:
        model = Membership
        fields = ("user", "group", "role")


@admin.register(Membership)
class MembershipAdmin(Audited, GroupAdmin):
    nothing_here = "Nobody is a member yet."
    actions = None
    form = MembershipForm
    change_form_template = "admin/change_form.html"
    list_display = ("user", "group", "role", "created_at")
    list_select_related = ("user", "group")
    list_filter = ("role", ("group", VisibleFilter))
    search_fields = ("user__username", "group__name")
    search_help_text = "Part of the name of the user or of the account group"
    ordering = ("group__name", "user__username", "pk")

    def chain(self, obj: Membership) -> AccountGroup:
        return obj.group

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user", "group") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"group": self.only_group(request), **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return RowsByRole.has_delete_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not (obj.user.is_staff and obj.user.is_active):
            told = f"They cannot log in here yet: a superuser must mark {obj.user} as active staff."
            self.message_user(request, told, messages.WARNING)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """To be read, never written."""

    nothing_here = "Nothing has been done in the groups whose audit log you may read."
    group_path = "chain"
    actions = None
    list_display = ("at", "actor", "action", "what", "chain")
    list_filter = (("action", RecentFilter), ("object_type", RecentFilter))
    search_fields = ("actor__startswith", "object_id__exact", "object_name__startswith", "trace_id__exact")
    search_help_text = "The beginning of who did it or of the name of what it was done to; a whole id or trace id"
    fields = ("at", "actor", "address", "action", "what", "object_id", "chain", "number", "trace_id", "hash",
              "previous_hash")  # fmt: skip
    readonly_fields = ("what",)

    def group_of(self, row: AuditEntry) -> str:
        return row.chain

    def sections(self, request: HttpRequest, row: AuditEntry) -> dict[str, Any]:
        before, after = row.before or {}, row.after or {}
        lines = [(name, before.get(name, "-"), after.get(name, "-")) for name in {**before, **after}]
        return {"tables": [Table("What changed", ("Field", "Before", "After"), lines, "It says no more.")]}

    @admin.display(description="what", ordering="object_name")
    def what(self, entry: AuditEntry) -> str:
        return f"{entry.object_type.partition('.')[2]} {entry.object_name or entry.object_id}"


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("group").annotate(many=Count("pk")).values("many")
    return Coalesce(Subquery(counted), 0)


def _limits(row: AccountGroup) -> Table:
    shown = [
        ("Requests a minute, for each key", row.rate_limit, env.RATE_LIMIT),
        ("Jobs running at once", row.jobs_running, env.JOBS_RUNNING_PER_GROUP),
    ]
    lines = [(what, f"{own or usual:,}", "this group" if own else "the default") for what, own, usual in shown]
    return Table("Limits that hold", ("What", "Most", "From"), lines, "", frozenset({1}), "A key may have its own.")


def _members(rows: QuerySet[Any], group: AccountGroup) -> Table:
    members = rows.filter(group=group).select_related("user").order_by("user__username")[:_SHOWN]
    lines = [(link(each, each.user), each.get_role_display(), roles.WORDS[Role(each.role)]) for each in members]
    note = format_html('<a href="{}">All in a list</a>.', list_url(Membership, group__id__exact=group.pk))
    return Table("Members", ("Who", "Role", "Which means"), lines, "Nobody is a member yet.", note=note)


def _keys(rows: QuerySet[Any], group: AccountGroup) -> Table:
    pages: Any = admin.site.get_model_admin(ApiKey)
    keys = rows.filter(groups=group).order_by("-created_at", "-pk")[:_SHOWN]
    lines = [(link(each), pages.state(each), each.expires_at or "-", each.last_used_at or "never") for each in keys]
    return Table("Keys", ("Key", "State", "Expires", "Last used"), lines, "No key reaches this group yet.")


def _staff(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def _superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and _staff(request).is_superuser)
