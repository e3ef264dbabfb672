"""A partner of v1, as the demo plays one: every step goes through the REST API, with a key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx


class Partner:
    """The calls of one partner of one account group. An answer that is no success raises, with its text."""

    def __init__(self, address: str, key: str, group: str) -> None:
        base = f"{address}/v1/accounts/{group}"
        self._http = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=120)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def send_file(self, path: Path) -> dict[str, Any]:
        with path.open("rb") as content:
            return self._call("POST", "/files", files={"file": (path.name, content, "text/csv")})

    def import_file(self, file_id: str, audience: str) -> dict[str, Any]:
        """The finished job that imports the file."""
        body = {"source": "file_upload", "fileId": file_id, "audienceName": audience}
        return self._over(f"/prospecting/{self._call('POST', '/prospecting', json=body)['jobId']}")

    def import_errors(self, job_id: str) -> list[dict[str, Any]]:
        return list(self._items(f"/prospecting/{job_id}/errors"))

    def specify(self, name: str, items: list[dict[str, Any]]) -> str:
        return str(self._call("POST", "/signal-specifications", json={"name": name, "specifications": items})["id"])

    def scan(self, specification: str, audience: str) -> dict[str, Any]:
        """The finished scan."""
        body = {"signalSpecificationId": specification, "audienceId": audience}
        return self._over(f"/signals/scans/{self._call('POST', '/signals/scans', json=body)['scanId']}")

    def signals(self, scan_id: str) -> list[dict[str, Any]]:
        """Each signal once, though it is listed for everybody who works at its company; the highest score first."""
        found = {item["signalId"]: item for item in self._items(f"/signals/scans/{scan_id}/results")}
        return sorted(found.values(), key=lambda item: (-item["score"], item["signalId"]))

    def _over(self, path: str) -> dict[str, Any]:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            job = self._call("GET", path, headers={"Prefer": "wait=10"})
            if job["status"] not in ("queued", "running"):
                return job
        raise RuntimeError(f"{path} is not over after 300 s: {job}")

    def _items(self, path: str) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"limit": 100}
        while True:
            page = self._call("GET", path, params=query)
            yield from page["items"]
            if not page["hasMore"]:
                return
            query["cursor"] = page["nextCursor"]

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = self._http.request(method, path, **request)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        data: dict[str, Any] = answer.json()["data"]
        return data
