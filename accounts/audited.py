"""Pages on which Django's own forms change rows: every change is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts import audit, errors
from accounts.audit import Actor
from accounts.models import AccountGroup, User

if TYPE_CHECKING:  # generic in the stubs only
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class Audited(_ModelAdmin):
    """Writes an audit entry for every change made through Django's own forms.

    The entry is written where Django writes its own log line: in the same transaction, after the change.
    Deleting in bulk has no transaction there, so that action is taken away.
    """

    def chain(self, obj: Any) -> AccountGroup | None:
        """The account group whose audit log an object belongs to."""
        return None

    def lock(self, obj: Any) -> None:
        """What a change of the row waits for: before the audit log, else two could wait for each other for ever."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.lock(obj)
        if change:
            # Locked: saving a row that is gone would bring it back.
            before = type(obj)._default_manager.select_for_update(no_key=True).filter(pk=obj.pk).first()
            if before is None:
                raise errors.Gone
            request._audit_before = audit.snapshot(before)  # type: ignore[attr-defined]
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
            self.lock(obj)
            self._record(request, obj, "deleted", before=audit.snapshot(obj))
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, obj: Model, verb: str, **fields: Any) -> None:
        action = f"{obj._meta.model_name}.{verb}"
        audit.record(actor=Actor.staff(request), action=action, obj=obj, group=self.chain(obj), **fields)


def is_superuser(request: HttpRequest) -> bool:
    """Also asked of those who have not logged in yet."""
    return isinstance(request.user, User) and request.user.is_active and request.user.is_superuser
