"""A partner, as the demo plays one: every step goes through the REST API, with a key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

POLL = 0.05  # seconds


class Partner:
    """The calls of one partner. An answer that is no success raises, with the text of the refusal."""

    def __init__(self, address: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=120)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def upload(self, path: Path) -> dict[str, Any]:
        """Send a file; a large one is read by a job, which is waited for."""
        with path.open("rb") as content:
            upload = self._call("POST", "/api/data/upload", files={"file": (path.name, content, "text/csv")})
        while upload["status"] == "processing":
            time.sleep(POLL)
            upload = self._call("GET", f"/api/data/{upload['upload_id']}")
        if upload["status"] != "ready":
            raise RuntimeError(f"The upload {upload['status']}: {upload['error']}")
        return upload

    def received(self, upload: dict[str, Any], *, poll: float = POLL) -> dict[str, Any]:
        """The upload once it is read: a large one is read by a job."""
        while upload["status"] == "processing":
            time.sleep(poll)
            upload = self._call("GET", f"/api/data/{upload['upload_id']}")
        return upload

    def confirm(self, upload: dict[str, Any]) -> str:
        """Confirm the mapping that the upload suggested; returns its id."""
        body = {
            "upload_id": upload["upload_id"],
            "mapping_config": upload["suggested_mapping"],
            "temporal_scale": upload["temporal_scale"],
        }
        return str(self._call("POST", "/api/data/mapping/confirm", json=body)["mapping_id"])

    def policy_from_pack(self, pack: str) -> str:
        return str(self._call("POST", "/api/policies/prebuilt", json={"type": pack})["id"])

    def scan(
        self, policy: str, upload: str, mapping: str, audit_name: str, progress: Callable[[int, int], None],
        *, poll: float = POLL,
    ) -> dict[str, Any]:  # fmt: skip
        """Start a scan and poll its status every `poll` seconds until it is over.

        `progress` is told every new count of rules processed, and their total.
        """
        body = {"policy_id": policy, "upload_id": upload, "mapping_id": mapping, "audit_name": audit_name}
        started = self._call("POST", "/api/scan/run", json=body, headers={"Prefer": "respond-async"})
        seen = -1
        while True:
            status = self._call("GET", f"/api/scan/{started['scan_id']}")
            if status["rules_processed"] != seen:
                seen = status["rules_processed"]
                progress(seen, status["rules_total"])
            if status["status"] not in ("pending", "running"):
                return status
            time.sleep(poll)

    def violations(self, scan_id: str) -> Iterator[dict[str, Any]]:
        """All violations of a scan, page by page."""
        query = {"scan_id": scan_id, "limit": "100"}
        while True:
            page = self._call("GET", "/api/violations", params=query)
            yield from page["violations"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def _call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        answer = self._http.request(method, path, **parts)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return dict(answer.json())
