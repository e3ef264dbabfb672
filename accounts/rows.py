"""Whose rows a member of staff sees, and in whose rows they may change something: their role in each group decides."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import roles
from accounts.models import AccountGroup

if TYPE_CHECKING:  # generic in the stubs only
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class RowsByRole(_ModelAdmin):
    """`group_path` leads from a row to its account group. Superusers see and change everything."""

    group_path: ClassVar[str] = "group"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.group_path}__in": self._looking_groups(request)})

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        """A form offers what belongs to the groups in which one may act."""
        model = db_field.remote_field.model
        if model is AccountGroup:
            return self.groups_to_act_in(request)
        pages = self.admin_site.get_model_admin(model)
        return pages.acting(request) if isinstance(pages, RowsByRole) else pages.get_queryset(request)

    def acting(self, request: HttpRequest, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """Of the rows one sees, those one may do something with."""
        rows = self.get_queryset(request) if rows is None else rows
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.group_path}__in": self._acting_groups(request)})

    def groups_to_act_in(self, request: HttpRequest) -> QuerySet[AccountGroup]:
        rows: QuerySet[AccountGroup] = AccountGroup.objects.order_by("name")
        return rows if request.user.is_superuser else rows.filter(pk__in=self._acting_groups(request))

    def only_group(self, request: HttpRequest) -> AccountGroup | None:
        """The account group to act in where there is but one: what a form may fill in."""
        groups = self.groups_to_act_in(request)[:2]
        return groups[0] if len(groups) == 1 else None

    def acts_on(self, request: HttpRequest, row: Any) -> bool:
        return bool(request.user.is_superuser or self.group_of(row) in self._acting_groups(request))

    def group_of(self, row: Any) -> str:
        """The id of its account group."""
        return str(reduce(getattr, f"{self.group_path}_id".split("__"), row))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        somewhere = request.user.is_superuser or bool(self._looking_groups(request))
        return somewhere and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._acts(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._acts(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._acts(request, obj) and super().has_delete_permission(request, obj)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Whoever may see no such row is refused before it is looked for, as on every other page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def _acts(self, request: HttpRequest, row: Any = None) -> bool:
        """On this row, or somewhere at all."""
        if row is not None:
            return self.acts_on(request, row)
        return request.user.is_superuser or bool(self._acting_groups(request))

    def _looking_groups(self, request: HttpRequest) -> list[str]:
        return roles.groups_of(request.user, roles.looks(self.opts.label))

    def _acting_groups(self, request: HttpRequest) -> list[str]:
        return roles.groups_of(request.user, roles.acts(self.opts.label))
