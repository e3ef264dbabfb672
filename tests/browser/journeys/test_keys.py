"""Journey: a key is issued, used, rotated with an overlap, and revoked."""

from __future__ import annotations

import re

import httpx
import pytest

from accounts.enums import Role
from accounts.models import ApiKey
from tests.browser.journeys.conftest import Enter, Person

pytestmark = pytest.mark.system


def asked_with(key: str, server: str) -> int:
    """What the REST API answers to the key."""
    return httpx.get(f"{server}/api/policies", headers={"Authorization": f"Bearer {key}"}, timeout=60).status_code


def shown(person: Person) -> str:
    """The key on the page that shows it, once: who comes back sees only its last characters."""
    person.reads("Copy it now")
    return person.page.locator(".secret code").inner_text()


def test_a_key_from_its_issue_to_its_end(enter: Enter, web_server: str) -> None:
    person = enter(Role.ADMINISTRATOR)
    person.follow("API keys", "Add API key")
    person.fill({"Name": "Ledger of Acme", "Read uploads, policies, scans and violations": True})
    person.press("Issue an API key")
    first = shown(person)
    assert asked_with(first, web_server) == 200

    person.follow("Its page")
    assert first not in person.page.content()
    person.follow("Rotate")
    person.put("The old key goes on", "an hour")
    person.press("Rotate")
    second = shown(person)
    assert (asked_with(first, web_server), asked_with(second, web_server)) == (200, 200)

    person.follow(re.compile("^Ledger of Acme"), "Revoke")  # the old one
    person.press("Revoke")
    person.reads("Revoked:")
    assert (asked_with(first, web_server), asked_with(second, web_server)) == (401, 200)
    assert ApiKey.objects.filter(groups=person.group, revoked_at=None).count() == 1
