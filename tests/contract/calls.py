"""One request to a route, and how the tests of all routes send it."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.test import Client

from web.identifiers import new_object_id


@dataclass(frozen=True)
class Call:
    """One request. `named`: ids of the owner in its path or body; `shown`: ids that the owner's answer must hold."""

    path: str
    body: Any = None
    content_type: str = "application/json"
    named: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    def with_unknown_ids(self) -> Call:
        path, body = self.path, json.dumps(self.body)
        for named in self.named:
            unknown = str(uuid.uuid4()) if "-" in named else new_object_id()
            path, body = path.replace(named, unknown), body.replace(named, unknown)
        return replace(self, path=path, body=json.loads(body))


def at(path: str, named: str, *, shown: bool = True, body: Any = None) -> Call:
    """A call whose path names one id, `{}`."""
    return Call(path.format(named), body, named=(named,), shown=(named,) if shown else ())


def listing(path: str, shown: str) -> Call:
    return Call(path, shown=(shown,))


def by_body(path: str, body: dict[str, Any], *names: str) -> Call:
    """A call whose body names ids, in the fields `names`."""
    return Call(path, body, named=tuple(body[name] for name in names))


def without_ids(answer: Any) -> str:
    """The body of an answer that may name the ids it was asked about, and in v1 the request."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}", "ID", answer.content.decode())


def send(method: str, call: Call, key: str | None = None, **headers: str) -> Any:
    """Each from a client address of its own: failed attempts are counted by address."""
    sent = {"Prefer": "respond-async", **headers, **({"Authorization": f"Bearer {key}"} if key else {})}
    body = call.body if isinstance(call.body, bytes) else b"" if call.body is None else json.dumps(call.body)
    address = str(uuid.uuid4().int % 2**32 // 2**24) + ".".join(["", *(str(byte) for byte in uuid.uuid4().bytes[:3])])
    answer = Client().generic(method, call.path, body, call.content_type, headers=sent, REMOTE_ADDR=address)
    if answer.streaming:  # a file: read and closed, as a client does
        answer.getvalue()
        answer.close()
    return answer
