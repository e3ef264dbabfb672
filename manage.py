#!/usr/bin/env python
"""Django's command line, on the project's own local servers when none are configured."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from terminal.exits import Exit

LOCAL = Path(__file__).resolve().parent / ".local"
TRIES = ("demo", "serve")  # commands that may use a SECRET_KEY made for this checkout


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    if sys.argv[1:2] == ["verify_bundle"]:  # for auditors: without settings, servers and database
        from compliance.exports.verify import main as verify

        sys.exit(verify(sys.argv[2:]))
    from config import local_servers

    if sys.argv[1:2] and sys.argv[1] in TRIES:
        os.environ.setdefault("SECRET_KEY", local_servers.secret_key(LOCAL))
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        execute()
        return
    try:
        execute_on_local_servers()
    except local_servers.LocalServersError as fault:
        print(fault, file=sys.stderr)
        sys.exit(Exit.FAILED)


def execute_on_local_servers() -> None:
    from config import local_servers

    with local_servers.running(LOCAL) as urls:
        keys = {
            "SECRET_KEY": local_servers.secret_key(LOCAL), "ENCRYPTION_KEYS": local_servers.encryption_key(LOCAL),
            "SIGNING_KEY": local_servers.signing_key(LOCAL),
        }  # fmt: skip
        for name, value in {**urls, **keys}.items():
            os.environ.setdefault(name, value)
        os.environ["SCANWARD_LOCAL"] = "1"  # the demo may make itself a login here
        os.environ.setdefault("MEDIA_ROOT", str(LOCAL / "media"))
        os.environ.setdefault("LOG_FORMAT", "console")
        execute()


def leave(number: int, _: FrameType | None) -> None:
    """End in order; a second signal must not cut that short, or processes and servers would stay behind."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def execute() -> None:
    from environs.exceptions import EnvValidationError

    try:
        from config import env  # noqa: F401  read now, so that a fault is told in a line and not in a traceback
    except EnvValidationError as fault:
        for name, messages in fault.error_messages.items():
            print(f"{name}: {' '.join(messages)}", file=sys.stderr)
        print("These settings are wrong; config/env.py says what each one means.", file=sys.stderr)
        sys.exit(Exit.REFUSED)
    import django
    from django.core.management import execute_from_command_line

    gc.disable()  # nothing is garbage while modules are read: a seventh of the time it takes to start
    django.setup()
    gc.enable()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
