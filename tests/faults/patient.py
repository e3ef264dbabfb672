"""A partner who does as docs/partner-api.md advises: asks again when the connection breaks or the answer is 503."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx

from tests.until import until

AGAIN = (429, 502, 503, 504)


class Patient:
    """`tries` counts what came of each request: the status, or the name of the error of the connection.

    `given_up`: it asks nothing any more.
    """

    def __init__(self, address: str, key: str) -> None:
        self.given_up = False
        self.http = httpx.Client(base_url=address, timeout=60, headers={"Authorization": f"Bearer {key}"})
        self.tries: Counter[str] = Counter()

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """The first answer that is neither a broken connection nor a request to come again."""
        return until(lambda: self._once(method, path, how), f"an answer to {method} {path}")

    def document(self, method: str, path: str, **how: Any) -> Any:
        """Of an answer that must be a success; in v1 its `data`."""
        answer = self.ask(method, path, **how)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()["data"] if path.startswith("/v1/") else answer.json()

    def _once(self, method: str, path: str, how: dict[str, Any]) -> httpx.Response | None:
        assert not self.given_up, "another part of the run has failed"
        try:
            answer = self.http.request(method, path, **how)
        except httpx.TransportError as fault:
            self.tries[type(fault).__name__] += 1
            return None
        self.tries[str(answer.status_code)] += 1
        if answer.status_code not in AGAIN:
            return answer
        assert "Retry-After" in answer.headers, f"{answer.status_code} without Retry-After: {answer.text}"
        return None
