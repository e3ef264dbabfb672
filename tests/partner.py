"""A partner for tests: speaks to the running system over HTTP, as partners do."""

from __future__ import annotations

from typing import Any

import httpx

from accounts.models import AccountGroup
from tests.until import until


class Partner:
    """The five calls of the quickstart, each asserting that it went well."""

    def __init__(self, http: httpx.Client, key: str, group: AccountGroup) -> None:
        self.http = http
        self.group = group
        self.http.headers["Authorization"] = f"Bearer {key}"

    def upload(self, content: str | bytes, name: str = "file.csv") -> dict[str, Any]:
        return self.ok(self.http.post("/api/data/upload", files={"file": (name, content)}))

    def confirm(self, upload: dict[str, Any], config: dict[str, str], **more: Any) -> str:
        body = {"upload_id": upload["upload_id"], "mapping_config": config, **more}
        return self.ok(self.http.post("/api/data/mapping/confirm", json=body))["mapping_id"]

    def policy(self, *rules: dict[str, Any], **more: Any) -> str:
        body = {"name": "Policy", "rules": list(rules), **more}
        return self.ok(self.http.post("/api/policies", json=body))["id"]

    def pack(self, name: str = "aml") -> str:
        return self.ok(self.http.post("/api/policies/prebuilt", json={"type": name}))["id"]

    def run(
        self, policy: str, upload: dict[str, Any], mapping: str, *, prefer: str = "wait=25", **more: Any
    ) -> dict[str, Any]:
        """The finished scan's document."""
        body = {"policy_id": policy, "upload_id": upload["upload_id"], "mapping_id": mapping, **more}
        started = self.ok(self.http.post("/api/scan/run", json=body, headers={"Prefer": prefer}))
        return self.finished(started["scan_id"])

    def status(self, scan_id: str) -> dict[str, Any]:
        return self.ok(self.http.get(f"/api/scan/{scan_id}"))

    def finished(self, scan_id: str) -> dict[str, Any]:
        def over() -> dict[str, Any] | None:
            answer = self.http.get(f"/api/scan/{scan_id}", headers={"Prefer": "wait=10"})
            return None if (status := self.ok(answer))["status"] in ("pending", "running") else status

        return until(over, f"the end of scan {scan_id}")

    def violations(self, **query: Any) -> list[dict[str, Any]]:
        found, query = [], {"limit": 100, **query}
        while True:
            page = self.ok(self.http.get("/api/violations", params=query))
            found += page["violations"]
            if not page["has_more"]:
                return found
            query["cursor"] = page["next_cursor"]

    @staticmethod
    def ok(answer: httpx.Response) -> dict[str, Any]:
        assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        return answer.json()
