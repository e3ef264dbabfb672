"""The reference provider: invented people, always the same, and faults on demand. It keeps nothing but its scans.

A fault is asked for in any text of a request: a search address with `fault=500`, a saved search `fault=broken`, or the
header X-Sandbox-Fault. docs/providers.md lists them.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

PAGE = 25
PEOPLE = 60  # of a search that does not say `people=N`
SLOW = 3.0  # seconds
HANG = 120.0
_FIRST = (
    "Ada", "Bruno", "Chloe", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Keiko", "Lars", "Mina",
    "Noor", "Otto", "Priya",
)  # fmt: skip
_LAST = (
    "Abel", "Brandt", "Costa", "Dvorak", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanov", "Jansen", "Kowalski",
    "Larsen", "Moreau",
)  # fmt: skip
_TITLES = ("Head of Sales", "Chief Financial Officer", "Software Engineer", "Marketing Manager", "VP Operations")
_COMPANIES = (
    "Alderline", "Brightfen", "Corvane", "Dunmere", "Eastholm", "Fernwick", "Glasdale", "Harrowgate", "Inverly",
    "Jorvale",
)  # fmt: skip
LISTS = [{"id": "list-1", "name": "Customers in Austria"}, {"id": "list-2", "name": "Trade fair 2026"}]
SEARCHES = [{"id": "search-1", "name": "CFOs in Spain"}, {"id": "search-2", "name": "Heads of sales, 50+ people"}]


@dataclass(frozen=True)
class Said:
    """An answer: `content` is sent as it is, after `delay` seconds."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0

    @classmethod
    def json(cls, body: Any, status: int = 200, **more: Any) -> Said:
        return cls(status, json.dumps(body).encode(), **more)

    @classmethod
    def error(cls, status: int, code: str, **headers: str) -> Said:
        message = {"error": {"code": code, "message": f"The sandbox answers {status} here."}}
        return cls(status, json.dumps(message).encode(), headers)


class Sandbox:
    """`answer` is safe from many threads."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._scans: dict[str, dict[str, Any]] = {}
        self._asked: dict[str, str] = {}
        self._faults: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Said:
        with self._lock:
            self.calls[path] += 1
            if not headers.get("Authorization", "").startswith("Bearer "):
                return Said.error(401, "UNAUTHORIZED")
            wanted = headers.get("X-Sandbox-Fault", "") or _fault(body) or _fault(path)
            return self._faulty(wanted, body) or self._route(method, path, body or {}, headers, wanted)

    def _faulty(self, wanted: str, body: Any) -> Said | None:
        if wanted.isdigit():
            return Said.error(int(wanted), "FAULT", **{"Retry-After": "1"})
        if wanted.endswith("once") and wanted[:-4].isdigit():
            self._faults[text := json.dumps(body)] += 1
            return Said.error(int(wanted[:-4]), "FAULT", **{"Retry-After": "1"}) if self._faults[text] == 1 else None
        match wanted:
            case "slow":
                return Said.json({"people": [], "cursor": None}, delay=SLOW)
            case "hang":
                return Said(200, b"{}", delay=HANG)
            case "broken":
                return Said(200, b'{"people": [')
            case "types":
                return Said.json({"people": {"id": 5}, "cursor": 7, "items": "x", "email": [], "person": 1})
        return None

    def _route(self, method: str, path: str, body: dict[str, Any], headers: Mapping[str, str], wanted: str) -> Said:
        match method, *path.strip("/").split("/"):
            case "POST", "people", "search":
                return _search(body, wanted)
            case "POST", "people", "lookup":
                return Said.json({"person": None})
            case "POST", "people", "email":
                return Said.json({"email": _email(body)})
            case "GET", "sales-navigator", "lead-lists":
                return Said.json({"items": LISTS})
            case "GET", "sales-navigator", "saved-searches":
                return Said.json({"items": SEARCHES})
            case "POST", "activity-scans":
                return self._start(body, headers.get("Idempotency-Key", ""))
            case _, "activity-scans", scan_id, *deed if scan_id in self._scans:
                return self._scan(method, self._scans[scan_id], deed)
        return Said.error(404, "NOT_FOUND")

    def _start(self, body: dict[str, Any], key: str) -> Said:
        if key not in self._asked:
            self._asked[key] = scan_id = str(uuid4())
            about = {"polls": 0, "people": body.get("publicIdentifiers", []), "types": body.get("types", [])}
            self._scans[scan_id] = {"id": scan_id, "status": "running", **about}
        return Said.json(_shown(self._scans[self._asked[key]]), 202)

    def _scan(self, method: str, scan: dict[str, Any], deed: list[str]) -> Said:
        people = " ".join(scan["people"])
        match method, *deed:
            case ("GET",):
                scan["polls"] += 1
                if scan["status"] == "running" and scan["polls"] >= 2 and "endless" not in people:
                    scan["status"] = "failed" if "failing" in people else "completed"
                return Said.json(_shown(scan))
            case "POST", "activities":
                return Said.json({"activities": list(_activities(scan)), "cursor": None})
            case "POST", "cancel":
                if scan["status"] != "running" or "stubborn" in people:
                    return Said.error(409, "NOT_CANCELLABLE")
                scan["status"] = "cancelled"
                return Said.json(_shown(scan))
        return Said.error(404, "NOT_FOUND")


def person(number: int) -> dict[str, str]:
    """The invented person of that number."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    company = _COMPANIES[number % len(_COMPANIES)]
    handle = f"{first}-{last}-{number}".lower()
    return {
        "id": f"sandbox-{number}", "personId": f"person-{number}", "firstName": first, "lastName": last,
        "name": f"{first} {last}", "title": _TITLES[number % len(_TITLES)], "companyName": company,
        "companyDomain": f"{company.lower()}.example.com", "publicIdentifier": handle,
        "linkedinUrl": f"https://www.linkedin.com/in/{handle}", "location": "Vienna, Austria", "country": "AT",
    }  # fmt: skip


def _search(body: dict[str, Any], wanted: str) -> Said:
    text = next(
        (str(body[name]) for name in ("searchUrl", "savedSearchId", "leadListId", "postUrl") if body.get(name)), ""
    )
    if not text or "unknown" in text:
        return Said.error(404, "NOT_FOUND")
    found = re.search(r"people=(\d{1,6})", text)
    total = int(found[1]) if found else PEOPLE
    first = int(body.get("cursor") or 0)
    if wanted == "late" and first:
        return Said.error(500, "FAULT")
    if body.get("limit") == 0:
        return Said.json({"people": [], "cursor": None})
    last = min(total, first + PAGE, first + int(body.get("limit") or PAGE))
    people = [person(number) for number in range(first, last)]
    if wanted == "duplicates" and first:
        people = [person(first - 1), *people][:PAGE]
    cursor = None if last >= total else str(first if wanted == "loop" and first else last)
    return Said.json({"people": people, "cursor": cursor})


def _email(body: dict[str, Any]) -> str | None:
    first, last, domain = (str(body.get(name, "")).lower() for name in ("firstName", "lastName", "companyDomain"))
    return f"{first}.{last}@{domain}" if first and last and domain else None


def _activities(scan: dict[str, Any]) -> list[dict[str, Any]]:
    at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    return [
        {
            "id": f"{kind}-{who}", "type": kind, "publicIdentifier": who, "url": f"https://social.example.com/{who}/{kind}",
            "text": f"We are hiring and opening a new office. Thoughts on expansion by {who}.", "postedAt": at,
            "totalLikes": 12, "totalComments": 3,
        }
        for who in scan["people"]
        for kind in scan["types"]
    ]  # fmt: skip


def _shown(scan: Mapping[str, Any]) -> dict[str, str]:
    return {"id": scan["id"], "status": scan["status"]}


def _fault(said: Any) -> str:
    found = re.search(r"fault=([a-z0-9]+)", said if isinstance(said, str) else json.dumps(said or {}))
    return found[1] if found else ""
