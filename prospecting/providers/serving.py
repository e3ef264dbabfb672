"""The sandbox provider as an HTTP server on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prospecting.providers.sandbox import Said, Sandbox

MOST_BYTES = 4 * 1024 * 1024


def server(sandbox: Sandbox, port: int = 0, *, patient: threading.Event | None = None) -> ThreadingHTTPServer:
    """A server that is not yet running; with port 0 the system chooses one. `patient` ends all delays when set."""
    ending = patient or threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MOST_BYTES:
                self._send(Said.error(413, "TOO_LARGE"))
                return
            try:
                body = json.loads(self.rfile.read(length) or b"{}")
            except ValueError:
                self._send(Said.error(400, "NO_JSON"))
                return
            self._answer(body if isinstance(body, dict) else {})

        def _answer(self, body: dict[str, Any] | None) -> None:
            said = sandbox.answer(self.command, self.path, body, self.headers)  # type: ignore[arg-type]
            if said.delay:
                ending.wait(said.delay)
            self._send(said)

        def _send(self, said: Said) -> None:
            self.send_response(said.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(said.content)), **said.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.content)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: callers log what they call."""

    made = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    made.daemon_threads = True
    return made
