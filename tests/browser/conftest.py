"""A real Chromium before the running system. Where none is installed these tests are skipped, in CI they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.models import User

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# It asks nobody but the system that is tested.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 60_000  # ms: no verdict on how fast the machine is

Visit = Callable[..., "Visitor"]


class Visitor:
    """One person's browser: `page` as Playwright has it, and what went wrong on the pages it saw."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.complaints: list[str] = []
        self._deaf = False
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda fault: self.complaints.append(f"{page.url}: {fault}"))
        page.on("requestfailed", lambda request: self._failed(request))
        page.on("request", lambda request: self._asked(request.url))

    def open(self, path: str) -> Page:
        """The page at `path`, complete; its answer was 200."""
        answer = self.page.goto(f"{self.base}{path}")
        assert answer
        assert answer.status == 200, f"{path}: {answer.status}"
        self.page.wait_for_load_state("load")
        return self.page

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """While inside, what the page complains of is ours: a tool that looks at it breaks its policy."""
        self._deaf = True
        yield
        self.page.evaluate("0")  # what was said before has been heard
        self._deaf = False

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not self._deaf:
            self.complaints.append(f"{self.page.url}: {message.text} {message.location.get('url', '')}")

    def _failed(self, request: Any) -> None:
        if "ERR_ABORTED" not in str(request.failure):  # left by going to another page
            self.complaints.append(f"{self.page.url}: {request.url} {request.failure}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:", "about:")):
            self.complaints.append(f"{self.page.url} asked another host: {url}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI needs a Chromium for the browser tests: .ci/run installs one."
        pytest.skip("No Chromium is installed: apt install chromium, or another of that name on PATH.")
    with pytest.MonkeyPatch.context() as patch:
        # Playwright's own event loop runs in this thread, and Django would refuse the database beside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            yield browser
            browser.close()


@pytest.fixture
def visit(chromium: Browser, system_db: None, web_server: str) -> Iterator[Visit]:
    """`visit(user, theme="dark", width=390)`: a browser in which the user is logged in. At the end of the test no page
    that any of them saw may have had an error, broken the Content-Security-Policy or asked another host.
    """
    visitors: list[Visitor] = []

    def enter(user: User, *, theme: Any = "light", width: int = 1280, height: int = 900) -> Visitor:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": web_server}])
        visitors.append(Visitor(context.new_page(), web_server))
        return visitors[-1]

    yield enter
    for visitor in visitors:
        visitor.page.context.close()
    assert not [complaint for visitor in visitors for complaint in visitor.complaints]


def session_of(user: User) -> str:
    """A session in which the user is logged in, as if by the form."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key
    return session.session_key
