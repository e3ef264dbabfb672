"""What the staff pages of prospecting and signal scans share."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import roles
from accounts.enums import Role
from accounts.staff import GroupAdmin, ReadOnlyAdmin

LOOKS, ACTS = roles.LOOKS["prospecting"], roles.ACTS["prospecting"]  # those of scans are the same
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def groups_of(request: HttpRequest, of: tuple[Role, ...]) -> list[str]:
    """The ids of the account groups in which this member of staff has one of the roles."""
    return roles.groups_of(request.user, of)


def acts_somewhere(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser or groups_of(request, ACTS))


class StaffPages(GroupAdmin):
    """Pages whose rows have ids that grow with time."""

    actions: Any = ()
    nothing_here = ""  # what an empty list says

    class Media:
        css: ClassVar = {"all": ["scanward/prospecting.css"]}

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


class LookedAt(ReadOnlyAdmin, StaffPages):
    """Rows that a worker or an action owns."""
