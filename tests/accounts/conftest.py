"""The cast of accounts: Acme, its neighbour, and the keys they hold."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest
from django.test import Client

from accounts import actions
from accounts.audit import Actor
from accounts.enums import Permission
from accounts.models import AccountGroup, ApiKey

ALICE = Actor("user:alice", "192.0.2.1")
Issue = Callable[..., tuple[ApiKey, str]]


@pytest.fixture
def group(db: None) -> AccountGroup:
    return actions.create_group(name="Acme", actor=ALICE)


@pytest.fixture
def neighbour(db: None) -> AccountGroup:
    return actions.create_group(name="Neighbour", actor=ALICE)


@pytest.fixture
def sandbox(db: None) -> AccountGroup:
    return actions.create_group(name="Sandbox", actor=ALICE, sandbox=True)


@pytest.fixture
def issue(group: AccountGroup) -> Issue:
    """Issues a key; what is not said is ordinary: Acme's, with every permission."""

    def ordinary(*groups: AccountGroup, **told: Any) -> tuple[ApiKey, str]:
        usual: dict[str, Any] = {"permissions": Permission.values, "name": "ordinary", "actor": ALICE}
        return actions.issue_key(groups=groups or (group,), **usual | told)

    return ordinary


@pytest.fixture
def client() -> Client:
    """Each from an address of its own: failed keys are counted by address."""
    return Client(REMOTE_ADDR=_address())


@pytest.fixture
def browser() -> Client:
    """Answers 500 as a server would, instead of raising."""
    return Client(raise_request_exception=False, REMOTE_ADDR=_address())


def _address() -> str:
    return str(IPv4Address(secrets.randbits(32)))


def bearer(text: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}", **{name.replace("_", "-"): headers[name] for name in headers}}
