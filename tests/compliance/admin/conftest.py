"""The cast of the staff pages: the administrator, a colleague, one who may only look, and the stranger."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.enums import Role
from jobs import wires
from tests.compliance import factories

EVERYTHING = ("compliance", "jobs")


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids published, instead of messages that no worker of this test would read."""
    ids: list[str] = []
    monkeypatch.setattr(wires, "send", lambda task, queue, job_id: ids.append(job_id) or True)
    return ids


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """Two groups, and a browser for each person; all but the reader may do everything in their groups."""
    acme, neighbour = factories.group("Acme"), factories.group("Neighbour")
    codes = Permission.objects.filter(content_type__app_label__in=EVERYTHING).values_list("codename", flat=True)
    looking = [code for code in codes if code.startswith("view_")]
    people = {
        "administrator": factories.staff("administrator", superuser=True),
        "colleague": factories.staff("colleague", acme, permissions=codes),
        "reader": factories.staff("reader", acme, permissions=looking, role=Role.AUDITOR),
        "stranger": factories.staff("stranger", neighbour, permissions=codes),
    }
    return SimpleNamespace(acme=acme, neighbour=neighbour, **{name: _browser(user) for name, user in people.items()})


def _browser(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client
