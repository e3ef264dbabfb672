"""schemathesis against the running server: whatever the OpenAPI document allows, and what it does not."""

from __future__ import annotations

import copy
import itertools
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.db.models.functions import Now
from hypothesis import HealthCheck
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from compliance.models import ComplianceScan
from jobs.enums import Status
from tests.contract.calls import Call, send
from tests.contract.test_routes import CALLS, Owner
from web.schema import compliance_document

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]

CASES = int(os.environ.get("SCHEMATHESIS_CASES", "30"))
"""Of each mode, valid and invalid; so at least twice as many an operation."""
WITHOUT_KEY = 10  # cases are sent without and with a wrong key, too: whether one is asked for depends on no body
# A cursor is signed, so that no schema can say which text is one; a group named at random is refused before all else.
ELSEWHERE = ("cursor", "X-Account-Group")
# What a schema cannot say: a mapping names columns of its upload, a policy's rules agree with each other.
SEMANTIC = {"POST", "PATCH", "PUT"}
# Two parameters that need each other.
ENTANGLED = {"GET api/violations", "GET api/export"}


@pytest.mark.parametrize("route", sorted(CALLS))
def test_no_request_the_document_describes_or_forbids_breaks_a_route(route: str, web_server: str) -> None:
    owner = Owner()
    method, call = route.split()[0], CALLS[route](owner)
    operation = schemathesis.openapi.from_dict(linked(route, call))[template(route)][method]
    headers = {"Authorization": f"Bearer {owner.key()}", "Prefer": "respond-async"}
    tried = itertools.count()
    for mode in GenerationMode:

        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        @hypothesis.settings(
            max_examples=CASES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        def holds(case: Any) -> None:
            hypothesis.assume(is_sent_as_made(case))
            without = [*excluded(route), *([] if next(tried) < WITHOUT_KEY else [ignored_auth])]
            case.call_and_validate(base_url=web_server, headers=headers, excluded_checks=without)

        holds()
    assert 200 <= send(method, CALLS[route](owner), owner.key()).status_code < 300


def is_sent_as_made(case: Any) -> bool:
    """An empty list in a query is not sent at all, and any text is CSV: what was to be wrong with them is not."""
    empty = any(value in ([], {}, None) for value in (case.query or {}).values())
    return not empty and case.media_type != "text/csv"


def excluded(route: str) -> list[Any]:
    semantic = route.split()[0] in SEMANTIC or route in ENTANGLED
    return [positive_data_acceptance] if semantic else []


def template(route: str) -> str:
    return "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.split()[1])


def linked(route: str, call: Call) -> dict[str, Any]:
    """The document, in which ids are mostly those of things that are there."""
    whole: dict[str, Any] = copy.deepcopy(json.loads(compliance_document()))
    found = re.fullmatch(
        re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template(route))), call.path.partition("?")[0]
    )
    assert found
    operation = whole["paths"][template(route)][route.split()[0].lower()]
    operation["parameters"] = [known for known in operation.get("parameters", []) if known["name"] not in ELSEWHERE]
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            parameter["schema"] = {"enum": [found[parameter["name"]]]}
    for schema in whole["components"]["schemas"].values():
        for name, kind in schema.get("properties", {}).items():
            if isinstance(call.body, dict) and name in call.body and kind.get("format") == "uuid":
                schema["properties"][name] = {"type": "string", "enum": [call.body[name]]}
    return whole


@pytest.fixture(autouse=True)
def nothing_left_queued(system_db: None) -> Iterator[None]:
    yield
    ComplianceScan.objects.filter(status=Status.QUEUED).update(status=Status.CANCELLED, completed_at=Now())
