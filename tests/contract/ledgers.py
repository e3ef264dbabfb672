"""Small files of transactions, and what it takes to scan them over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from tests.compliance import factories
from tests.partner import Partner

BIG = {**factories.RULE, "where": {"field": "amount", "operator": ">=", "value": 100}}
OFTEN = {
    "rule_id": "OFTEN", "name": "Often", "kind": "aggregate", "severity": "LOW", "function": "count", "operator": ">=",
    "threshold": 2, "window": {"hours": 24},
}  # fmt: skip
CONFIG = {"account": "Account", "amount": "Amount", "timestamp": "Date"}


def ledger(*violating: str, harmless: int = 5) -> str:
    """A file in which BIG is violated by exactly those accounts, once for each time they are named."""
    records = [f"{account},500,2024-01-01T00:00:00" for account in violating]
    records += [f"ok{n},5,2024-01-01T00:00:00" for n in range(harmless)]
    return "\n".join(["Account,Amount,Date", *records, ""])


def startable(partner: Partner, content: str, policy: str | None = None) -> dict[str, str]:
    """The body of a start: the file is uploaded and mapped, the policy (BIG) made."""
    upload = partner.upload(content)
    policy = policy or partner.policy(BIG)
    return {"policy_id": policy, "upload_id": upload["upload_id"], "mapping_id": partner.confirm(upload, CONFIG)}


def start(partner: Partner, body: dict[str, Any], **headers: str) -> httpx.Response:
    return partner.http.post("/api/scan/run", json=body, headers=headers)


def scanned(partner: Partner, policy: str, content: str) -> dict[str, Any]:
    """The status of a finished scan; needs a worker."""
    started = partner.ok(start(partner, startable(partner, content, policy), Prefer="wait=25"))
    return partner.finished(started["scan_id"])
