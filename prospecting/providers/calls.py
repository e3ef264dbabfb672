"""One call of a provider: counted, guarded, repeated a little where that helps, and held against the protocol."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog

from prospecting.providers import protocol
from web import outbound
from web.errors import UpstreamError
from web.outbound import Answer, BadAnswer, Refused, Rules, TooLarge, Unreachable

log = structlog.get_logger(__name__)

MOST_BYTES = 4 * 1024 * 1024  # of one answer
TRIES = 3
LONGEST_PAUSE = 5.0  # seconds between two tries
_AGAIN = (429, 502, 503, 504)
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


class Unknown(Exception):
    """The provider knows nothing under that name (400, 404 or 422). The text is ours."""


@dataclass(frozen=True)
class Calls:
    """How to reach one provider. `count` is called before each try and may refuse it (the monthly cap)."""

    base_url: str
    token: Callable[[], str]
    seconds: float
    count: Callable[[], None]
    inside: bool = False  # the sandbox: plain HTTP to exactly this address of the operator's

    def get(self, path: str, shape: str) -> Any:
        return self._call("GET", path, None, shape, {})

    def post(self, path: str, body: Mapping[str, Any], shape: str, *, once: str = "") -> Any:
        """`once`: an Idempotency-Key, for what must not be done twice."""
        return self._call("POST", path, dict(body), shape, {"Idempotency-Key": once} if once else {})

    def _call(self, method: str, path: str, body: Any, shape: str, headers: Mapping[str, str]) -> Any:
        for left in reversed(range(TRIES)):
            self.count()
            answer = self._send(method, path, body, headers, last=not left)
            if answer is not None and answer.status not in _AGAIN:
                return self._read(answer, path, shape)
            if left:
                time.sleep(_pause(answer))
        raise UpstreamError("The provider of people data is busy or away. Try again later.")

    def _send(self, method: str, path: str, body: Any, headers: Mapping[str, str], *, last: bool) -> Answer | None:
        """None: it could not be reached, and may be tried again."""
        own = {"Authorization": f"Bearer {self.token()}", "Accept": "application/json", **headers}
        try:
            return outbound.send(
                method, self.base_url.rstrip("/") + path, json=body, headers=own, most=MOST_BYTES,
                seconds=self.seconds, rules=self._rules(),
            )  # fmt: skip
        except (Unreachable, Refused, TooLarge, BadAnswer) as fault:
            log.warning("provider_call_failed", path=path, fault=type(fault).__name__)
            if isinstance(fault, Unreachable) and not last:
                return None
            raise UpstreamError("The provider of people data does not answer as it should.") from fault

    def _read(self, answer: Answer, path: str, shape: str) -> Any:
        if answer.status in (400, 404, 422):
            raise Unknown(f"the provider does not know it (it answered {answer.status})")
        if answer.status == 409:
            raise UpstreamError("The provider of people data refuses that now.")
        try:
            if answer.status not in (200, 202):
                raise BadAnswer(f"status {answer.status}")
            said = _storable(answer.json())
        except (BadAnswer, RecursionError) as fault:
            log.warning("provider_answer_bad", path=path, status=answer.status)
            raise UpstreamError("The provider of people data does not answer as it should.") from fault
        if wrong := protocol.fault(shape, said):
            log.warning("provider_answer_strange", path=path, wrong=wrong)
            raise UpstreamError("The provider of people data does not answer as the protocol says.")
        return said

    def _rules(self) -> Rules | None:
        if not self.inside:
            return None
        parts = urlsplit(self.base_url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        return Rules(frozenset({(parts.hostname or "", port)}), http=True)


def _storable(said: Any) -> Any:
    """Without the characters the database does not take; nesting is what JSON's reader allowed."""
    if isinstance(said, str):
        return _UNSTORABLE.sub("", said)
    if isinstance(said, list):
        return [_storable(each) for each in said]
    return {_storable(name): _storable(each) for name, each in said.items()} if isinstance(said, dict) else said


def _pause(answer: Answer | None) -> float:
    wished = answer.headers.get("Retry-After", "") if answer is not None else ""
    return min(float(wished), LONGEST_PAUSE) if wished.isascii() and wished.isdigit() else 0.5
