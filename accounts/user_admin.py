"""Staff pages of users: who may log in. What they may do follows from their memberships."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import errors, roles, second_factor
from accounts.audit import Actor
from accounts.audited import Audited, is_superuser
from accounts.enums import Role
from accounts.models import User
from accounts.sending import SentForms
from accounts.shown import Table
from accounts.staff import link

if TYPE_CHECKING:  # generic in the stubs only
    _UserAdmin = auth_admin.UserAdmin[User]
else:
    _UserAdmin = auth_admin.UserAdmin

admin.site.unregister(Group)  # roles (accounts.roles) say what one may do, and in which account group


@admin.register(User)
class UserAdmin(SentForms, Audited, _UserAdmin):
    """For superusers only: whoever edits users can make themselves one."""

    change_form_template = "admin/staff/edited.html"
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "member_of")
    list_filter = ("is_active", "is_staff", "is_superuser", "memberships__role")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Who it is", {"fields": ("first_name", "last_name", "email", "last_login", "date_joined")}),
        ("May", {
            "fields": ("is_active", "is_staff", "is_superuser", "second_factor_at"),
            "description": "What staff may do in an account group follows from their role there: see Memberships below."
            " A superuser may do everything everywhere.",
        }),
        ("Permissions by hand", {
            "fields": ("user_permissions",), "classes": ("collapse",),
            "description": "Rarely needed. They count in the groups in which one's role looks at such rows.",
        }),
    )  # fmt: skip
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "password1", "password2", "is_staff")}),)
    readonly_fields = ("last_login", "date_joined", "second_factor_at")
    actions = ("turn_off_second_factor",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(groups_joined=Count("memberships"))
        return rows

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}  # whoever is added here is to log in

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def render_change_form(
        self, request: HttpRequest, context: Any, add: bool = False, change: bool = False,
        form_url: str = "", obj: Any = None,
    ) -> HttpResponse:  # fmt: skip
        if obj is not None:
            join = reverse("admin:accounts_membership_add", query={"user": obj.username})
            history = reverse("admin:accounts_user_history", args=[obj.pk])
            context |= {"tools": [("Add a membership", join), ("History", history)], "tables": [_memberships(obj)]}
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.action(description="Turn off the second factor (device and recovery codes are lost)")
    def turn_off_second_factor(self, request: HttpRequest, users: QuerySet[Any]) -> None:
        on = users.filter(second_factor_at__isnull=False)
        names = [user.get_username() for user in on]
        for user in on:
            second_factor.turn_off(user=user, actor=Actor.staff(request))
        told = f"Turned off for {', '.join(names)}: the password is enough there." if names else "It was not turned on."
        self.message_user(request, told)

    def lock(self, obj: User) -> None:
        superusers = User.objects.filter(is_superuser=True).order_by("pk")
        list(superusers.select_for_update(no_key=True))  # two do not remove each other

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        with _still_a_superuser():
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        with _still_a_superuser():
            super().delete_model(request, obj)

    @admin.display(description="account groups")
    def member_of(self, user: Any) -> int:
        return int(user.groups_joined)


@contextmanager
def _still_a_superuser() -> Iterator[None]:
    """Around a change of a user: nobody else could make superusers again."""
    yield
    if not User.objects.filter(is_superuser=True, is_active=True).exists():
        raise errors.LastSuperuser


def _memberships(user: User) -> Table:
    rows = user.memberships.select_related("group").order_by("group__name", "pk")
    lines = [(link(each, each.group), each.get_role_display(), roles.WORDS[Role(each.role)]) for each in rows]
    return Table("Memberships", ("Account group", "Role", "Which means"), lines, "A member of no account group yet.")
