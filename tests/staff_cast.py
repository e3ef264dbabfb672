"""The cast of the staff pages of prospecting and signal scans: two groups, and a browser for each kind of person."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.enums import Role
from accounts.models import AccountGroup, User
from jobs import wires
from tests.compliance import factories

EVERYTHING = ("prospecting", "scans", "accounts", "jobs")


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids published, instead of messages that no worker of this test would read."""
    ids: list[str] = []
    monkeypatch.setattr(wires, "send", lambda task, queue, job_id: ids.append(job_id) or True)
    return ids


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """Everybody but the superuser has every permission of Django's: what they see and do follows from their role."""
    acme, neighbour = factories.group("Acme"), factories.group("Neighbour")
    permissions = list(Permission.objects.filter(content_type__app_label__in=EVERYTHING))
    people = {
        "superuser": factories.staff("superuser", superuser=True),
        "operator": _person("operator", acme, Role.PROSPECTING_OPERATOR, permissions),
        "auditor": _person("auditor", acme, Role.AUDITOR, permissions),
        "analyst": _person("analyst", acme, Role.COMPLIANCE_ANALYST, permissions),
        "stranger": _person("stranger", neighbour, Role.ADMINISTRATOR, permissions),
    }
    return SimpleNamespace(acme=acme, neighbour=neighbour, **{name: _browser(user) for name, user in people.items()})


def _person(name: str, of: AccountGroup, role: Role, permissions: list[Permission]) -> User:
    user = factories.staff(name)
    user.memberships.create(group=of, role=role)
    user.user_permissions.set(permissions)
    return user


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
