"""The versions of a policy over REST, and what changed between two of them."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from compliance.api import documents
from compliance.api.answers import listed
from compliance.api.answers.versions import VersionAnswer, VersionDifference, VersionItem
from compliance.api.policies import find_policy
from compliance.engine.difference import difference
from compliance.errors import PolicyNotFound, VersionNotFound
from compliance.models import Policy, PolicyVersion
from web.pagination import paginate


class Versions(PartnerView):
    """GET /api/policies/{id}/versions"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses=listed("versions", VersionItem))
    def get(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        versions = PolicyVersion.objects.filter(policy=find_policy(request, policy_id))
        page = paginate(request, versions)
        return Response(page.compliance("versions", map(version_item, page.items)))


class VersionDetail(PartnerView):
    """GET /api/policies/{id}/versions/{n}"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"GET": "compliance:read"}

    @extend_schema(responses=VersionAnswer)
    def get(self, request: PartnerRequest, policy_id: uuid.UUID, number: str) -> Response:
        version = find_version(find_policy(request, policy_id), number)
        return Response({"policy_id": str(policy_id), **version_item(version), "rules": version.rules})


class Difference(PartnerView):
    """GET /api/policies/{id}/versions/{a}/diff/{b}"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"GET": "compliance:read"}

    @extend_schema(responses=VersionDifference)
    def get(self, request: PartnerRequest, policy_id: uuid.UUID, before: str, after: str) -> Response:
        policy = find_policy(request, policy_id)
        sides = [find_version(policy, number) for number in (before, after)]
        found = difference(sides[0].rules, sides[1].rules)
        changed = [
            {"rule_id": now["rule_id"], "name": now["name"], "changes": [vars(change) for change in changes]}
            for _, now, changes in found.changed
        ]
        answer = {
            "policy_id": str(policy_id), "before": version_item(sides[0]), "after": version_item(sides[1]),
            "added": found.added, "removed": found.removed, "changed": changed, "reordered": found.reordered,
        }  # fmt: skip
        return Response(answer)


def find_version(policy: Policy, number: str) -> PolicyVersion:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise VersionNotFound
    version: PolicyVersion | None = policy.versions.filter(number=int(number)).first()
    if version is None:
        raise VersionNotFound
    return version


def version_item(version: PolicyVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "content_hash": version.content_hash,
        "rule_count": len(version.rules),
        "created_at": documents.time(version.created_at),
        "created_by": version.created_by,
    }
