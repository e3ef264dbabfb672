"""Rows of prospecting for tests, and a partner who speaks v1 to the views themselves."""

from __future__ import annotations

import json
import secrets
from ipaddress import IPv4Address
from typing import Any

from django.test import Client

from accounts.actions import create_group, issue_key
from accounts.audit import Actor
from accounts.enums import Permission
from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs.enums import Status
from prospecting.enums import JobSource
from prospecting.models import Audience, AudienceMember, Company, Prospect, ProspectingJob

ACTOR = Actor("tests")


def group(name: str = "Acme") -> AccountGroup:
    return create_group(name=name, actor=ACTOR)


def by(of: AccountGroup) -> Requester:
    return Requester.command("tests", of)


def company(of: AccountGroup, **fields: Any) -> Company:
    return Company.objects.create(
        group=of, **{"key": "example.com", "name": "Example", "domain": "example.com"} | fields
    )


def prospect(of: AccountGroup, **fields: Any) -> Prospect:
    return Prospect.objects.create(group=of, **fields)


def audience(of: AccountGroup, *members: Prospect, **fields: Any) -> Audience:
    made = Audience.objects.create(group=of, **{"name": "Leads", "prospect_count": len(members)} | fields)
    for member in members:
        AudienceMember.objects.create(audience=made, prospect=member)
    return made


def job(of: Audience, status: str = Status.QUEUED, **fields: Any) -> ProspectingJob:
    return ProspectingJob.objects.create(
        group=of.group, audience=of, **{"source": JobSource.RECORDS, "status": status} | fields
    )


class V1:
    """A key's calls below /v1/accounts/{its group}; answers (status, body)."""

    def __init__(self, of: AccountGroup, permissions: Any = Permission.values) -> None:
        self.root = f"/v1/accounts/{of.pk}"
        self.key = issue_key(groups=[of], permissions=permissions, name="tests", actor=ACTOR)[1]
        self.client = Client(REMOTE_ADDR=str(IPv4Address(secrets.randbits(32))))

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        content = b"" if body is None else json.dumps(body)
        path = path if path.startswith("/v1") else self.root + path
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.generic(method, path, content, "application/json", headers=headers)
        return answer.status_code, answer.json()

    def data(self, method: str, path: str, body: Any = None) -> Any:
        """`data` of a call that goes well."""
        status, answer = self(method, path, body)
        assert 200 <= status < 300, answer
        return answer["data"]

    def code(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of a call that fails."""
        status, answer = self(method, path, body)
        assert answer["data"] is None
        return status, answer["error"]["code"]
