"""`make run`: web server, worker and beat together, with one log, until Ctrl-C."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser, call_command

from config import env, processes
from terminal.command import Failed, Refused


class Command(BaseCommand):
    help = "Migrate, then run web server, worker and beat until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"), help="Default: PORT, else 8000.")
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *, port: str, host: str, **options: Any) -> None:
        self._check(host, port)
        try:
            self._serve(host, int(port))
        except (KeyboardInterrupt, SystemExit):
            self.stdout.write("Stopped.")

    def _check(self, host: str, port: str) -> None:
        """The web server shares a port with others that listen on it, so look before."""
        if not (port.isdecimal() and 0 < int(port) < 65536):
            raise Refused(f"PORT must be a number from 1 to 65535, not {port!r}.")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError as fault:
                raise Refused(f"Port {port} of {host} cannot be used ({fault.strerror}); set PORT.") from fault

    def _serve(self, host: str, port: int) -> None:
        call_command("migrate", verbosity=0)
        parts = {
            "web server": processes.web(port, host=host, processes=env.WEB_PROCESSES, threads=env.WEB_THREADS),
            "worker": processes.worker(concurrency=settings.CELERY_WORKER_CONCURRENCY),
            "beat": processes.beat(),
        }
        with processes.running(*parts.values()) as started:
            processes.wait_until_served(f"http://{host}:{port}/livez", started[0])
            self.stdout.write(f"Scanward serves http://{host}:{port}/ (admin at /admin/). Ctrl-C stops it.")
            self._watch(dict(zip(parts, started, strict=True)))

    def _watch(self, started: dict[str, Any]) -> None:
        while True:
            for name, process in started.items():
                if process.poll() is not None:
                    raise Failed(f"The {name} ended with code {process.returncode}; everything is stopped.")
            time.sleep(0.5)
