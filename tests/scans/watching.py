"""A partner of the running system who starts and watches signal scans over a small world of companies."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import httpx

from prospecting.models import Company
from scans.demo.world import World
from tests.partner import Partner
from tests.scans import factories

LIMIT = 300  # seconds: the end of a wait in vain
SCANS = "/signals/scans"
PARTS = ("kept", "duplicate", "belowScore", "stale", "excluded")


def environment(*worlds: World, **more: str) -> dict[str, str]:
    """What a worker needs to read these worlds."""
    base = worlds[0].base
    allowed = ",".join(f"127.0.0.1:{world.port}" for world in worlds)
    boards = dict.fromkeys(("GREENHOUSE_URL", "LEVER_URL", "ASHBY_URL"), base)
    return {"OUTBOUND_ALLOW": allowed, "SIGNAL_INTERVAL_LEAST": "0", "SIGNAL_REQUESTS_PER_HOST": "64", **boards, **more}


class Watching:
    """`partner.http` below the account group's address, each answer's `data`."""

    def __init__(self, partner: Partner) -> None:
        self.http, self.group = partner.http, partner.group
        self.base = f"/v1/accounts/{partner.group.pk}"

    def get(self, path: str, **headers: str) -> Any:
        return _data(self.http.get(self.base + path, headers=headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return _data(self.http.post(self.base + path, json=body, headers=headers))

    def company(self, world: World, number: int, **fields: Any) -> Company:
        """The company of the world with this number, as enrichment would have left it, with a prospect."""
        known = world.companies[f"c{number}"]
        made = factories.company(self.group, **known.sources(world.base) | fields)
        factories.prospect(self.group, company=made)
        return made

    def body(self, companies: Sequence[Company], *items: dict[str, Any]) -> dict[str, str]:
        """Of a start over everybody who works at these companies."""
        people = [person for company in companies for person in company.prospects.all()]
        return {
            "signalSpecificationId": factories.specification(self.group, *items).pk,
            "audienceId": factories.audience(self.group, *people).pk,
        }

    def start(self, companies: Sequence[Company], *items: dict[str, Any]) -> str:
        scan_id: str = self.post(SCANS, self.body(companies, *items))["scanId"]
        return scan_id

    def status(self, scan_id: str, tag: str = "") -> tuple[Any, str]:
        """(the status, held against what must always be so; its ETag). With a tag, waits a moment for another one."""
        wish = {"Prefer": "wait=2", "If-None-Match": tag} if tag else {}
        answer = self.http.get(f"{self.base}{SCANS}/{scan_id}", headers=wish)
        if answer.status_code == 304:
            return self.status(scan_id)
        seen = _data(answer)
        counts = seen["counts"]
        assert counts["prospects"] == counts["evaluated"] + counts["failed"] + counts["remaining"]
        assert counts["found"] == sum(counts[part] for part in PARTS)
        return seen, answer.headers["ETag"]

    def over(self, scan_id: str) -> Any:
        """The status once it is final; looked at whenever it moves."""
        end, share = time.monotonic() + LIMIT, 0.0
        seen, tag = self.status(scan_id)
        while seen["status"] in ("queued", "running"):
            assert time.monotonic() < end, seen
            seen, tag = self.status(scan_id, tag)
            assert seen["progress"] >= share
            share = seen["progress"]
        return seen

    def results(self, scan_id: str) -> list[Any]:
        found: list[Any] = []
        query = "limit=100"
        while True:
            page = self.get(f"{SCANS}/{scan_id}/results?{query}")
            found += page["items"]
            if not page["hasMore"]:
                return found
            query = f"limit=100&cursor={page['nextCursor']}"


def _data(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json()["data"]
