"""The processes Scanward is made of, started and stopped together: by `manage.py serve`, the demo and the tests."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).resolve().parent.parent
GRACE = 20  # seconds a process has to stop by itself
PORTS = range(20_000, 32_000)


class ProcessEnded(RuntimeError):
    """A process ended that should not have."""


def web(port: int, *, processes: int = 1, threads: int = 16, host: str = "127.0.0.1") -> list[str]:
    """The HTTP server: as many requests at once as all its processes have threads."""
    options = [
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(port),
        "--no-ws",
        "--respawn-failed-workers",
    ]
    return [
        sys.executable,
        "-m",
        "granian",
        *options,
        "--workers",
        str(processes),
        "--blocking-threads",
        str(threads),
        "config.wsgi:application",
    ]


def worker(*, concurrency: int = 2, name: str = "worker") -> list[str]:
    """A Celery worker on both queues: `long` for scans and jobs, `short` for the sweeper and its like."""
    options = [
        "-Q",
        "long,short",
        "-c",
        str(concurrency),
        "-n",
        f"{name}@%h",
        "--without-gossip",
        "--without-mingle",
    ]
    return [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "-l", "WARNING", *options]


def beat() -> list[str]:
    """The one clock: publishes what is due. Never run two."""
    return [sys.executable, "-m", "celery", "--quiet", "-A", "config", "beat", "-l", "WARNING", "--pidfile="]


@contextmanager
def running(
    *commands: Sequence[str], environment: Mapping[str, str] | None = None, log: IO[bytes] | None = None
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the commands; stop them in reverse order, killing what does not stop within GRACE seconds.

    Each gets a session of its own: Ctrl-C reaches us, and we stop them in order.
    """
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:  # one by one: if one cannot be started, those before it are stopped
            process = _start(command, {**os.environ, **(environment or {})}, log)
            processes.append(process)
        yield processes
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            _stop(process)


def wait_until_served(url: str, process: subprocess.Popen[bytes], *, seconds: float = 180) -> None:
    """Return when `url` answers 200; ProcessEnded if its server ends before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ProcessEnded(f"The web server ended with code {process.returncode} before it answered {url}.")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  an address of ours
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise ProcessEnded(f"{url} did not answer within {seconds:.0f} seconds.")


def _start(command: Sequence[str], environment: Mapping[str, str], log: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its children, too: the session is its own
        process.wait()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that nobody else who asks here is given while we live.

    From below the ports that systems give to outgoing connections: none of those takes it before its server does.
    """
    while True:
        port = secrets.choice(PORTS)
        reserved, probe = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
        with suppress(OSError), probe:
            reserved.bind(("127.0.0.1", port))  # the UDP port of the same number, which no server of ours wants
            probe.bind(("127.0.0.1", port))
            reserved.detach()  # it stays bound for as long as we live
            return port
        reserved.close()
