"""README's five calls, run as they stand there."""

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
    pytest.mark.skipif(
        not (shutil.which("curl") and shutil.which("bash")), reason="README's example uses bash and curl"
    ),
]


def test_the_quickstart_ends_with_a_completed_scan(
    web_server: str, system_environment: dict[str, str], tmp_path: Path
) -> None:
    (script,) = re.findall(r"<!-- quickstart.*?-->\n```bash\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    for name in ("manage.py", "docs", ".venv"):
        (tmp_path / name).symlink_to(PROJECT / name)
    environment = {**os.environ, **system_environment, "API": web_server, "PYTHONPATH": str(PROJECT)}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    scan = json.loads((tmp_path / "scan.json").read_text())
    assert (scan["status"], scan["record_count"]) == ("completed", 36)
    critical = {
        (v["rule_id"], v["account"]) for v in json.loads((tmp_path / "violations.json").read_text())["violations"]
    }
    assert critical == {("STRUCTURING_PATTERN", "ACC-1001"), ("CTR_THRESHOLD", "ACC-1003")}
