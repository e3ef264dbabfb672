"""Who of the staff sees prospecting and signal scans, and who may act there.

Administrators and prospecting operators act, auditors look; compliance analysts see nothing of it. Each still needs
Django's permission for the model.
"""

from __future__ import annotations

import re
from functools import reduce
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.enums import Role
from accounts.models import AccountGroup
from accounts.staff import Deed, GroupAdmin, ReadOnlyAdmin

LOOKS = (Role.ADMINISTRATOR, Role.PROSPECTING_OPERATOR, Role.AUDITOR)
ACTS = (Role.ADMINISTRATOR, Role.PROSPECTING_OPERATOR)
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def groups_of(request: HttpRequest, roles: tuple[Role, ...]) -> list[str]:
    """The ids of the account groups in which this member of staff has one of the roles; asked for once a request."""
    known: dict[Any, list[str]] = request.__dict__.setdefault("_groups_by_roles", {})
    if roles not in known:
        user: Any = request.user
        rows = AccountGroup.objects.filter(memberships__user=user, memberships__role__in=roles)
        known[roles] = list(rows.values_list("pk", flat=True).distinct())
    return known[roles]


def acts_somewhere(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser or groups_of(request, ACTS))


class StaffPages(GroupAdmin):
    """Rows of the account groups in which one may look; deeds and forms where one may act."""

    actions: Any = ()
    nothing_here = ""  # what an empty list says

    class Media:
        css: ClassVar = {"all": ["scanward/prospecting.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = admin.ModelAdmin.get_queryset(self, request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.group_path}__in": groups_of(request, LOOKS)})

    def list_tools(self, request: HttpRequest) -> list[tuple[str, str]]:
        """(label, address) of the buttons above the list."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"list_tools": self.list_tools(request), **(extra_context or {})})

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Without the account group where there is but one."""
        columns = list(super().get_list_display(request))
        alone = not request.user.is_superuser and len(groups_of(request, LOOKS)) <= 1
        return [name for name in columns if not (alone and name == "group")]

    def get_ordering(self, request: HttpRequest) -> Any:
        """Ids grow with time: where no index of one group helps, theirs does."""
        if request.user.is_superuser and tuple(self.ordering or ()) == ("-created_at", "-pk"):
            return ("-pk",)
        return super().get_ordering(request)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """An id finds its row; anything else is looked for in search_fields."""
        if _OBJECT_ID.fullmatch(term := search_term.strip().lower()):
            return queryset.filter(pk=term), False
        return super().get_search_results(request, queryset, search_term)

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        if db_field.remote_field.model is AccountGroup:
            return self.groups_to_act_in(request)
        return super().get_field_queryset(db, db_field, request)

    def groups_to_act_in(self, request: HttpRequest) -> QuerySet[AccountGroup]:
        rows: QuerySet[AccountGroup] = AccountGroup.objects.order_by("name")
        return rows if request.user.is_superuser else rows.filter(pk__in=groups_of(request, ACTS))

    def acts_on(self, request: HttpRequest, row: Any) -> bool:
        group = reduce(getattr, f"{self.group_path}_id".split("__"), row)
        return bool(request.user.is_superuser or group in groups_of(request, ACTS))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and acts_somewhere(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or self.acts_on(request, obj))

    def tools(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        return super().tools(request, row) if self.acts_on(request, row) else []

    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is not None and not self.acts_on(request, row):
            raise PermissionDenied
        return super().deed_view(request, object_id, name)

    def confirm_many(
        self, known: Deed, name: str, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        if not request.user.is_superuser:
            queryset = queryset.filter(**{f"{self.group_path}__in": groups_of(request, ACTS)})
        return super().confirm_many(known, name, request, queryset)


class LookedAt(ReadOnlyAdmin, StaffPages):
    """Rows that a worker or an action owns."""
