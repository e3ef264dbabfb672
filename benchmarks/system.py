"""The system that is measured: servers, a web server and a worker of its own, and a partner with a key."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compliance.demo.client import Partner
from config import local_servers, processes


@dataclass(frozen=True)
class System:
    partner: Partner
    web: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]


def started(stack: ExitStack, folder: Path) -> System:
    """Everything started and migrated, until `stack` closes; files lie under `folder`."""
    prepared(stack, folder)
    key, port = _key(), processes.free_port()
    log = stack.enter_context((folder / "log").open("wb"))
    web, worker = stack.enter_context(processes.running(processes.web(port), processes.worker(concurrency=1), log=log))
    processes.wait_until_served(f"http://127.0.0.1:{port}/livez", web)
    return System(stack.enter_context(Partner(f"http://127.0.0.1:{port}", key)), web, worker)


def prepared(stack: ExitStack, folder: Path, *, settings: str = "config.settings") -> None:
    """Servers, settings and a migrated database, for what is measured in this process."""
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        os.environ.update(stack.enter_context(local_servers.running(folder / "servers")))
    os.environ.setdefault("SECRET_KEY", "only-for-a-benchmark-on-this-machine-0123456789")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": settings, "MEDIA_ROOT": str(folder / "media"), "LOG_LEVEL": "WARNING",
        "RATE_LIMIT": "100000000", "RATE_LIMIT_STARTS": "100000000",
    }  # fmt: skip
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _key() -> str:
    from accounts.actions import create_group
    from accounts.audit import Actor

    return key_of(create_group(name="Benchmark", actor=Actor("command:bench")))


def key_of(group: Any) -> str:
    """A key that may do everything in compliance there."""
    from accounts.actions import issue_key
    from accounts.audit import Actor

    permissions = ["compliance:read", "compliance:write"]
    return issue_key(groups=[group], permissions=permissions, name="bench", actor=Actor("command:bench"))[1]
