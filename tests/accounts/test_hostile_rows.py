"""Whatever partners, files and people of other minds have written is shown as text, on every page there is."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from accounts.enums import Role
from compliance.models import ComplianceScan
from jobs import wires
from tests.accounts.staff_addresses import MAKERS, list_of, mark_everything, pages_of, paths
from tests.accounts.test_roles import label_of
from tests.accounts.test_staff_addresses import text
from tests.compliance import factories

pytestmark = pytest.mark.django_db
EVIL = "\"'><script>alert(7)</script>\u202e\r\n"
PLAIN = {"compliance.referencelist", "prospecting.provider"}  # the database takes plain names only
every_model = pytest.mark.parametrize(
    "model", sorted((each for each in admin.site._registry if label_of(each) not in PLAIN), key=label_of), ids=label_of
)


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that no worker of this test would read."""
    monkeypatch.setattr(wires, "send", lambda *_: True)


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(factories.staff("root", superuser=True))
    return client


class Scripts(HTMLParser):
    """What a browser would run, or fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        source = given.get("src") or ""
        if tag == "script" and not source.startswith("/") or tag in ("iframe", "object", "embed"):
            self.found.append(f"<{tag} {given}>")
        self.found += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        self.found += [value for value in given.values() if (value or "").lower().startswith("javascript:")]


def scripts(answer: Any) -> list[str]:
    page = Scripts()
    if answer["Content-Type"].startswith("text/html"):
        page.feed(answer.content.decode())
    return page.found


@every_model
def test_names_are_text(root: Client, model: type[Model]) -> None:
    acme = factories.group("Acme")
    factories.staff("Ann", acme, role=Role.ADMINISTRATOR)
    row = MAKERS[label_of(model).replace(".", "_")](acme)
    mark_everything(EVIL)
    row.refresh_from_db()
    shown = 0
    for path in (list_of(row), f"{list_of(row)}?q={row.pk}", *paths(type(row), row), "/admin/"):
        answer = root.get(path)
        assert answer.status_code < 500, path
        shown += "&lt;script&gt;alert(7)" in text(answer)
        assert answer.streaming or scripts(answer) == [], path
    assert shown, "otherwise nothing above could fail"


def test_what_files_hold_is_text(root: Client) -> None:
    acme = factories.group("Acme")
    column, value = '"><script>alert(7)</script>', "<img src=x onerror=alert(7)>\u202e"
    content = f"Account,Amount,{_quoted(column)}\n{_quoted(value)},500,{_quoted('=1+1')}\n"
    scan = factories.executed(acme, content.encode(), {"account": "Account", "amount": "Amount"})
    assert scan.status == "completed", scan.traceback
    upload, violation = scan.upload, scan.violations.get()
    addresses = [
        *(pages_of(row).url_of(row) for row in (scan, upload, violation)),
        pages_of(upload).url_of(upload, "deed", "map_columns"), pages_of(upload).url_of(upload, "deed", "scan"),
        pages_of(ComplianceScan()).url_of(scan, "compare"),
    ]  # fmt: skip
    seen = [root.get(address) for address in addresses]
    assert [scripts(answer) for answer in seen] == [[]] * len(seen)
    assert sum("&lt;img src=x" in answer.content.decode() for answer in seen) >= 2
    assert sum("&lt;script&gt;alert(7)" in answer.content.decode() for answer in seen) >= 3


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
