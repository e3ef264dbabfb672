"""`make screenshots`: the pictures in docs/pictures, of a new system after `make demo` with some decisions made in it.

Every picture is 1280 x 860 pixels; the browser is the one of the browser tests. Nothing outside docs/pictures changes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config import local_servers, processes
from config.processes import PROJECT

PICTURES = PROJECT / "docs" / "pictures"
WINDOW = {"width": 1280, "height": 860}
DECISIONS = "aafaadaafaaa"  # keys of the review: approve, false positive, dispute


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, _demo(Path(folder)) as base, _browser(base) as page:
        PICTURES.mkdir(exist_ok=True)
        for name, theme, show in SHOWN:
            page.emulate_media(color_scheme=theme)
            show(page, base)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
            print(f"docs/pictures/{name}.png")


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    """The address of a system of its own, in which both demos have run."""
    with local_servers.running(folder / "servers", lasting=False) as urls:
        os.environ |= {
            **urls, "DJANGO_SETTINGS_MODULE": "config.settings", "MEDIA_ROOT": str(folder / "media"),
            "SECRET_KEY": local_servers.secret_key(folder), "SIGNING_KEY": local_servers.signing_key(folder),
            "ENCRYPTION_KEYS": local_servers.encryption_key(folder), "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        import django

        django.setup()
        from django.core.management import call_command

        call_command("demo")  # each starts what it needs, and stops it
        call_command("demo_signals")
        port = processes.free_port()
        with (folder / "log").open("wb") as log, processes.running(processes.web(port), log=log) as (web,):
            processes.wait_until_served(f"http://127.0.0.1:{port}/livez", web)
            yield f"http://127.0.0.1:{port}"


@contextmanager
def _browser(base: str) -> Iterator[Any]:
    """A page in which a superuser is logged in."""
    from playwright.sync_api import sync_playwright

    from accounts.models import User
    from tests.browser.conftest import CHROMIUM, QUIET, session_of

    if CHROMIUM is None:
        raise SystemExit("No Chromium is installed: apt install chromium, or another of that name on PATH.")
    # Playwright's event loop runs in this thread, and Django would refuse the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(viewport=WINDOW, color_scheme="light")
        cookie = session_of(User.objects.create_superuser("anna"))
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
        yield context.new_page()
        browser.close()


def _home(page: Any, base: str) -> None:
    page.goto(f"{base}/admin/")


def _scan(page: Any, base: str) -> None:
    page.goto(f"{base}/admin/compliance/compliancescan/")
    page.click("#result_list tbody tr:first-child th a")


def _reviewed_scan(page: Any, base: str) -> None:
    """After a dozen decisions, so that the score has moved."""
    _review(page, base)
    for key in DECISIONS:
        with page.expect_navigation():
            page.keyboard.press(key)
    _scan(page, base)


def _review(page: Any, base: str) -> None:
    _scan(page, base)
    page.click("text=STRUCTURING_PATTERN")
    page.click("#result_list tbody tr:first-child th a")
    page.wait_for_selector("#review")


def _rule(page: Any, base: str) -> None:
    page.goto(f"{base}/admin/compliance/policy/")
    page.click("#result_list tbody th a")
    page.click("#rules >> text=CTR_AGGREGATION")


def _import(page: Any, base: str) -> None:
    """The wizard before the import: how the columns are read, and what would become of the rows."""
    page.goto(f"{base}/admin/")
    page.click("text=Import leads")
    page.select_option("#id_group", index=2)  # the second group of the demo
    page.set_input_files("#id_file", PROJECT / "docs" / "example-leads.csv")
    page.click("text=Send the file")


def _monitor(page: Any, base: str) -> None:
    """Every weekday in Vienna: in words, with the next runs."""
    page.goto(f"{base}/admin/scans/monitor/add/")
    page.select_option("#id_audience", index=1)
    page.select_option("#id_specification", index=1)
    page.fill("#id_time_zone", "Europe/Vienna")
    page.click(".submit-row input")


def _signal_scan(page: Any, base: str) -> None:
    page.goto(f"{base}/admin/scans/signalscan/")
    page.click("#result_list tbody tr:first-child th a")


def _person(page: Any, base: str) -> None:
    page.goto(f"{base}/admin/prospecting/prospect/?q=vera")
    page.click("#result_list tbody tr:first-child th a")


Show = Callable[[Any, str], None]
SHOWN: tuple[tuple[str, str, Show], ...] = (
    ("home", "light", _home), ("scan", "light", _reviewed_scan), ("review", "dark", _review), ("rule", "light", _rule),
    ("import", "light", _import), ("monitor", "light", _monitor), ("signal-scan", "light", _signal_scan),
    ("person", "dark", _person),
)  # fmt: skip

if __name__ == "__main__":
    main()
