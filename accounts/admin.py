"""Staff pages of accounts. Staff see the groups they are members of. Every change is audited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from accounts import actions, errors, roles
from accounts import attention as attention  # registers what it says on the home
from accounts import credit_admin as credit_admin  # registers its pages
from accounts import key_admin as key_admin
from accounts import user_admin as user_admin
from accounts.audit import Actor
from accounts.audited import Audited, is_superuser
from accounts.enums import Role
from accounts.models import AccountGroup, ApiKey, AuditEntry, CreditAccount, CreditEntry, Grant, Membership, User
from accounts.queries import live_key
from accounts.rows import RowsByRole
from accounts.shown import Table, actor_names
from accounts.staff import GroupAdmin, ReadOnlyAdmin, RecentFilter, VisibleFilter, link, list_url, may_see, visible
from config import env

_SHOWN = 50  # members and keys on the page of a group


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
        return is_superuser(request)

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
    # Written, not chosen from a list: it would name the members of every other group.
    user = forms.ModelChoiceField(
        User.objects.all(), to_field_name="username", widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="The name with which they log in, in full.",
        error_messages={"invalid_choice": "Nobody logs in with that name. A superuser makes new users."},
    )  # fmt: skip
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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return RowsByRole.has_delete_permission(self, request, obj)

    def lock(self, obj: Membership) -> None:
        AccountGroup.objects.select_for_update(no_key=True).get(pk=obj.group_id)  # two do not remove each other

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        with _still_administered(request, obj):
            super().save_model(request, obj, form, change)
        if not (obj.user.is_staff and obj.user.is_active):
            told = f"They cannot log in here yet: a superuser must mark {obj.user} as active staff."
            self.message_user(request, told, messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        with _still_administered(request, obj):
            super().delete_model(request, obj)


@contextmanager
def _still_administered(request: HttpRequest, of: Membership) -> Iterator[None]:
    """Around a change of a membership. Only superusers may leave a group without an administrator."""
    yield
    left = Membership.objects.filter(group=of.group_id, role=Role.ADMINISTRATOR, user__is_active=True)
    if not (request.user.is_superuser or left.filter(user__is_staff=True).exists()):
        raise errors.LastAdministrator


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """To be read, never written."""

    nothing_here = "Nothing has been done in the groups whose audit log you may read."
    group_path = "chain"
    actions = None
    list_display = ("at", "who", "action", "what", "of")
    list_filter = (("action", RecentFilter), ("object_type", RecentFilter))
    search_fields = ("actor__startswith", "object_id__exact", "object_name__startswith", "trace_id__exact")
    search_help_text = "The beginning of who did it (user:anna, key:its id) or of what it was done to; a whole id"
    fields = ("at", "who", "actor", "address", "action", "what", "object_id", "of", "number", "trace_id", "hash",
              "previous_hash")  # fmt: skip
    readonly_fields = ("who", "what", "of")

    def group_of(self, row: AuditEntry) -> str:
        return row.chain

    def sections(self, request: HttpRequest, row: AuditEntry) -> dict[str, Any]:
        before, after = row.before or {}, row.after or {}
        lines = [(name, before.get(name, "-"), after.get(name, "-")) for name in {**before, **after}]
        return {"tables": [Table("What changed", ("Field", "Before", "After"), lines, "It says no more.")]}

    def listed(self, rows: Iterable[Any]) -> None:
        names = actor_names(entry.actor for entry in rows)
        groups = AccountGroup.objects.in_bulk({entry.chain for entry in rows})
        for entry in rows:
            entry.who, entry.group = names[entry.actor], groups.get(entry.chain)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        entry = super().get_object(request, object_id, from_field)
        self.listed([entry] if entry else [])
        return entry

    @admin.display(description="who", ordering="actor")
    def who(self, entry: Any) -> str:
        return str(entry.who)

    @admin.display(description="what", ordering="object_name")
    def what(self, entry: AuditEntry) -> str:
        """The kind of row and its name, of a long one the beginning."""
        try:
            kind = apps.get_model(entry.object_type)._meta.verbose_name
        except (LookupError, ValueError):  # a model there is no more
            kind = entry.object_type
        return Truncator(f"{kind} {entry.object_name or entry.object_id}").chars(120)

    @admin.display(description="account group", ordering="chain")
    def of(self, entry: Any) -> object:
        """The installation itself has a chain, too: users and groups are in it."""
        return link(entry.group) if entry.group else entry.chain or "the installation"


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
