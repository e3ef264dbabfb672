"""Journeys: somebody with a role out of the box begins at the home of the staff site and goes on by what is written.

Nothing here knows an address, an id of an element or a table: links and buttons are found by their names, fields by
their labels, as people and screen readers find them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from accounts.enums import Role
from accounts.models import AccountGroup
from tests.browser.conftest import PATIENCE, Visit, Visitor
from tests.compliance import factories

Enter = Callable[..., "Person"]


class Person:
    """Member of staff of `group`; `page` is where they are."""

    def __init__(self, visitor: Visitor, group: AccountGroup) -> None:
        self.visitor, self.group, self.page = visitor, group, visitor.open("/admin/")

    def follow(self, *names: str | re.Pattern[str]) -> None:
        """Click the links of these names, one after the other."""
        for name in names:
            self._act(self.page.get_by_role("link", name=name, exact=True).first)

    def first_of_list(self) -> None:
        """Open the first row of the list."""
        self._act(self.page.get_by_role("main").get_by_role("rowheader").get_by_role("link").first)

    def press(self, name: str) -> None:
        """A button that sends a form."""
        self._act(self.page.get_by_role("button", name=name, exact=True).first)

    def key(self, key: str) -> None:
        """A key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def home(self) -> None:
        self.follow("Home")

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True).or_(self.page.get_by_label(f"{label}:", exact=True)).first

    def fill(self, by_label: dict[str, Any]) -> None:
        """Fields by label: True ticks; of a menu the choice that begins so is taken."""
        for label, value in by_label.items():
            self.put(label, value)

    def put(self, label: str, value: Any) -> None:
        field = self.field(label)
        if value is True:
            field.check()
        elif field.evaluate("element => element.tagName") == "SELECT":
            offered = [each.strip() for each in field.locator("option").all_inner_texts()]
            field.select_option(label=next(each for each in offered if each.startswith(value)))
        elif isinstance(value, dict):
            field.set_input_files(value)
        else:
            field.fill(str(value))

    def reads(self, text: str | re.Pattern[str]) -> None:
        """It is written on the page, or will be without the page being asked for anew by them."""
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible(timeout=PATIENCE)

    def section(self, title: str) -> Locator:
        """The part of the page under this heading."""
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.locator(".module, section, fieldset, figure").filter(has=heading).last

    def fact(self, name: str) -> Locator:
        """What the page says of this."""
        term = self.page.get_by_role("term").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\s*$"))
        return term.locator("xpath=following-sibling::dd[1]")

    def row(self, text: str) -> str:
        """The row of a table in which this stands, its cells between tabs."""
        return self.page.get_by_role("row").filter(has_text=text).inner_text().strip()

    def _act(self, control: Locator) -> None:
        with self.page.expect_navigation():
            control.click()


def file(name: str, text: str) -> dict[str, Any]:
    """As a person chooses one from their disk."""
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


@pytest.fixture
def enter(visit: Visit) -> Enter:
    """`enter(Role.AUDITOR)`: somebody of a new account group, and of no other; `enter(role, group)`: of that one."""

    def made(role: Role, group: AccountGroup | None = None) -> Person:
        group = group or factories.group("Acme")
        user = factories.staff(f"{role}-{group.pk}", group, role=role)
        return Person(visit(user), group)

    return made
