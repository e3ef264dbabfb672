"""The way through docs/partner-api.md, run as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.processes import PROJECT

pytestmark = [
    pytest.mark.system,
    pytest.mark.usefixtures("worker"),
    pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="the page uses bash and curl"),
]


def test_the_way_through_ends_with_a_completed_scan(
    web_server: str, system_environment: dict[str, str], tmp_path: Path
) -> None:
    page = (PROJECT / "docs" / "partner-api.md").read_text()
    (script,) = re.findall(r"<!-- quickstart.*?-->\n```bash\n(.*?)```", page, re.DOTALL)
    for name in ("manage.py", ".venv"):
        (tmp_path / name).symlink_to(PROJECT / name)
    environment = {**os.environ, **system_environment, "API": web_server, "PYTHONPATH": str(PROJECT)}
    command = ["bash", "-euo", "pipefail", "-c", script]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    scan = json.loads((tmp_path / "signal-scan.json").read_text())["data"]
    assert (scan["status"], scan["counts"]["prospects"], scan["counts"]["remaining"]) == ("completed", 1, 0)
    assert json.loads((tmp_path / "signals.json").read_text())["data"]["items"] == []  # nothing is known of example.com
