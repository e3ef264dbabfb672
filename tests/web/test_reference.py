"""GET /docs: the reference works in a real browser, with nothing from elsewhere and nothing its policy forbids."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.django_db  # a file that has been read closes the connections
def test_the_page_takes_nothing_from_elsewhere_and_runs_nothing_of_its_own(client: Client) -> None:
    answer = client.get("/docs")
    page, policy = answer.content.decode(), answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"(https?:)?//", re.sub(r"<!doctype.*?>", "", page))
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", page)
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        file = client.get(address)
        assert file.status_code == 200, address
        file.close()


@pytest.mark.system
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
@pytest.mark.parametrize("document", ["v1", "compliance"])
def test_a_browser_shows_every_operation_and_refuses_nothing(web_server: str, document: str, tmp_path: Path) -> None:
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
        f"--user-data-dir={tmp_path}", "--virtual-time-budget=60000", "--dump-dom",
        f"{web_server}/docs?document={document}",
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    complaints = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    assert ran.stdout.count('class="opblock ') > 20
    assert 'aria-current="page"' in ran.stdout
