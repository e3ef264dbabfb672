"""docs/quickstart.md from the beginning: a clean copy of the checkout, `make run`, then every command of the page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from config import processes
from config.processes import PROJECT
from tests.docs.pages import blocks
from tests.docs.running import USABLE, links, run_page

PAGE = PROJECT / "docs" / "quickstart.md"
OURS = ("DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "SECRET_KEY", "ENCRYPTION_KEYS", "SIGNING_KEY", "MEDIA_ROOT")
NOT_CLONED = shutil.ignore_patterns(".*", "__pycache__", "media", "collected")

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not (USABLE and shutil.which("make")), reason="the page uses make, bash and curl"),
]


def test_a_new_user_gets_a_scored_scan_and_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone, port = tmp_path / "scanward", processes.free_port()
    shutil.copytree(PROJECT, clone, ignore=NOT_CLONED)
    links(clone, ".venv")
    for name in OURS:
        monkeypatch.delenv(name, raising=False)  # what the suite has made for itself
    (server,) = (block.code.split() for block in blocks(PAGE) if "server" in block.marks)
    # Installed it is: a new user's make would do that first.
    installed = [server[0], "--directory", str(clone), "--old-file", ".venv/.installed", *server[1:]]
    with (
        (tmp_path / "log").open("wb") as log,
        processes.running(installed, environment={"PORT": str(port)}, log=log) as (made,),
    ):
        processes.wait_until_served(f"http://127.0.0.1:{port}/livez", made)
        run_page(PAGE, clone, {"API": f"http://127.0.0.1:{port}", "PYTHONPATH": str(clone)})
    assert f"Scanward serves http://127.0.0.1:{port}/" in (tmp_path / "log").read_text()
    assert os.path.lexists(clone / ".local")
