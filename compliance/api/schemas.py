"""The rule language as JSON Schema, for editors and partners' own checks."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import PartnerView
from accounts.permissions import ANY_KEY
from compliance.engine.rules import rule_json_schema


class RuleSchema(PartnerView):
    """GET /api/schemas/rule.json"""

    permissions: ClassVar = ANY_KEY
    scoped: ClassVar = False

    def get(self, request: Request) -> Response:
        return Response(rule_json_schema())
