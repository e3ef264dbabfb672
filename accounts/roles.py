"""What each role may do: Django's permissions follow from it, and in which account groups they count does, too.

Nobody needs a permission by hand, and nothing has to be kept in step: a membership is all there is. A permission given
by hand counts as well, in the groups in which one's role looks at such rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.backends import BaseBackend
from django.db.models import Model

from accounts.enums import Role
from accounts.models import User

_ADMINISTRATOR, _ANALYST, _OPERATOR, _AUDITOR = (
    Role.ADMINISTRATOR, Role.COMPLIANCE_ANALYST, Role.PROSPECTING_OPERATOR, Role.AUDITOR,
)  # fmt: skip

# By app: who looks at its rows, and who does with them whatever can be done.
LOOKS: dict[str, tuple[Role, ...]] = {
    "compliance": (_ADMINISTRATOR, _ANALYST, _AUDITOR),
    "prospecting": (_ADMINISTRATOR, _OPERATOR, _AUDITOR),
    "scans": (_ADMINISTRATOR, _OPERATOR, _AUDITOR),
    "jobs": (_ADMINISTRATOR, _ANALYST, _OPERATOR, _AUDITOR),
}
ACTS: dict[str, tuple[Role, ...]] = {
    "compliance": (_ADMINISTRATOR, _ANALYST),
    "prospecting": (_ADMINISTRATOR, _OPERATOR),
    "scans": (_ADMINISTRATOR, _OPERATOR),
}
# Accounts differ from model to model.
_ACCOUNTS: dict[Role, tuple[str, ...]] = {
    _ADMINISTRATOR: (
        "view_accountgroup", "change_accountgroup", "view_membership", "add_membership", "change_membership",
        "delete_membership", "view_apikey", "add_apikey", "change_apikey", "view_creditaccount", "view_creditentry",
        "add_creditentry", "view_auditentry",
    ),
    _ANALYST: ("view_accountgroup",),
    _OPERATOR: ("view_accountgroup", "view_creditaccount", "view_creditentry"),
    _AUDITOR: (
        "view_accountgroup", "view_membership", "view_apikey", "view_creditaccount", "view_creditentry",
        "view_auditentry",
    ),
}  # fmt: skip
WORDS: dict[Role, str] = {
    _ADMINISTRATOR: "does everything in the group, and decides on its members, keys and credits",
    _ANALYST: "uploads, writes policies, scans and reviews; sees nothing of prospects and signals",
    _OPERATOR: "imports, merges and erases people, scans for signals; sees nothing of compliance",
    _AUDITOR: "looks at everything of the group, the audit log too, and changes nothing",
}


@cache
def permissions_of(role: str) -> frozenset[str]:
    """As Django names them: app.action_model."""
    found = {f"accounts.{name}" for name in _ACCOUNTS[Role(role)]}
    for model in apps.get_models():
        app = model._meta.app_label
        if role in ACTS.get(app, ()):
            found |= {f"{app}.{name}" for name in _every(model)}
        elif role in LOOKS.get(app, ()):
            found.add(f"{app}.view_{model._meta.model_name}")
    return frozenset(found)


@cache
def looks(label: str) -> tuple[Role, ...]:
    """The roles in whose groups one sees rows of the model with this label."""
    app, _, name = label.lower().partition(".")
    return tuple(role for role in Role if f"{app}.view_{name}" in permissions_of(role))


@cache
def acts(label: str) -> tuple[Role, ...]:
    """The roles in whose groups one does something with rows of the model with this label."""
    model = apps.get_model(label)
    app, name = model._meta.app_label, model._meta.model_name
    wanted = {f"{app}.{each}" for each in _every(model)} - {f"{app}.view_{name}"}
    return tuple(role for role in Role if wanted & permissions_of(role))


def groups_of(user: Any, roles: Collection[str]) -> list[str]:
    """The ids of the account groups in which somebody has one of the roles."""
    return [group for role, group in _memberships(user) if role in roles]


class RoleBackend(BaseBackend):
    """Adds to Django's own backend what one's roles allow; nobody logs in by it."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        roles = {role for role, _ in _memberships(user_obj)}
        return set().union(*map(permissions_of, roles))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj))


def _memberships(user: User) -> list[tuple[str, str]]:
    """(role, group), asked for once; a request has its user for itself."""
    if not hasattr(user, "_memberships"):
        user._memberships = list(user.memberships.values_list("role", "group_id"))  # type: ignore[attr-defined]
    return user._memberships  # type: ignore[attr-defined, no-any-return]


def _every(model: type[Model]) -> Iterable[str]:
    meta = model._meta
    usual = [f"{action}_{meta.model_name}" for action in meta.default_permissions]
    return [*usual, *(name for name, _ in meta.permissions)]
