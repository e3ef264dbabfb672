"""Serving a sandbox while a block runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from prospecting.providers.sandbox import Sandbox
from prospecting.providers.serving import server


@contextmanager
def served(sandbox: Sandbox, ending: threading.Event, port: int = 0) -> Iterator[tuple[Sandbox, str]]:
    with server(sandbox, port, patient=ending) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        try:
            yield sandbox, f"http://127.0.0.1:{serving.server_port}"
        finally:
            serving.shutdown()
            thread.join()
