"""docs/staff.md says of each role what its members read when it is given, and names the keys of the review."""

from __future__ import annotations

import re

import pytest

from accounts.enums import Role
from accounts.roles import WORDS
from compliance.admin.reviewing import DECISIONS
from config.processes import PROJECT

PAGE = (PROJECT / "docs" / "staff.md").read_text()
KEYS = set(re.findall(r"<kbd>(.)</kbd>", (PROJECT / "templates/admin/compliance/violation/page.html").read_text()))


@pytest.mark.parametrize("role", Role)
def test_every_role_is_told_in_the_same_words(role: Role) -> None:
    assert f"| {role.label.lower()} | {WORDS[role]} |" in PAGE


def test_the_keys_it_names_are_keys_of_the_review() -> None:
    assert set(re.findall(r"`(.)`", PAGE)) <= KEYS | {decision.key for decision in DECISIONS}
