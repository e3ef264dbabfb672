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
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from jobs import kinds
from jobs.enums import Status
from tests.contract import test_routes, v1_calls
from tests.contract.calls import Call, send
from web.schema import compliance_document, v1_document

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db", "served_provider")]

CASES = int(os.environ.get("SCHEMATHESIS_CASES", "30"))
"""Of each mode, valid and invalid; so at least twice as many an operation."""
WITHOUT_KEY = 2  # cases are sent without and with a wrong key, too: whether one is asked for depends on no body
# A cursor is signed, so that no schema can say which text is one; a group named at random is refused before all else.
# Of Prefer and If-None-Match any text is good, and some of it makes the answer wait.
ELSEWHERE = ("cursor", "X-Account-Group", "Prefer", "If-None-Match")
# What a schema cannot say: a mapping names columns of its upload, a policy's rules agree with each other.
SEMANTIC = {"POST", "PATCH", "PUT"}
# Two parameters that need each other.
ENTANGLED = {"GET api/violations", "GET api/export"}
# Refuses bad items one by one, in an answer that says which, and takes the others.
ITEM_BY_ITEM = {"POST v1/accounts/<object_id:accountGroupId>/activities"}
CALLS: dict[str, tuple[Any, Any]] = {
    **{route: (test_routes.Owner, make) for route, make in test_routes.CALLS.items()},
    **{route: (v1_calls.Owner, make) for route, make in v1_calls.CALLS.items()},
}


@pytest.mark.parametrize("route", sorted(CALLS))
def test_no_request_the_document_describes_or_forbids_breaks_a_route(route: str, web_server: str) -> None:
    owner_of, make = CALLS[route]
    owner = owner_of()
    method, call = route.split()[0], make(owner)
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
    again = owner_of()
    assert 200 <= send(method, make(again), again.key()).status_code < 300


def is_sent_as_made(case: Any) -> bool:
    """An empty list in a query is not sent at all, a path ends where a # begins, and any text is CSV: what was to be
    wrong with them is not.
    """
    empty = any(value in ([], {}, None) for value in (case.query or {}).values())
    cut = any(mark in str(value) for value in (case.path_parameters or {}).values() for mark in "#?/")
    return not empty and not cut and case.media_type != "text/csv"


def excluded(route: str) -> list[Any]:
    if "<anything:" in route:  # any text may be an id of a provider's, and all of a path is text
        return [negative_data_rejection]
    semantic = route.split()[0] in SEMANTIC or route in ENTANGLED
    return [positive_data_acceptance] * semantic + [negative_data_rejection] * (route in ITEM_BY_ITEM)


def template(route: str) -> str:
    return "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.split()[1])


def linked(route: str, call: Call) -> dict[str, Any]:
    """The document, in which ids are mostly those of things that are there."""
    document = v1_document if " v1/" in route else compliance_document
    whole: dict[str, Any] = copy.deepcopy(json.loads(document()))
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
            if isinstance(call.body, dict) and name in call.body and (kind.get("format") == "uuid" or is_id(kind)):
                schema["properties"][name] = {"type": "string", "enum": [call.body[name]]}
    return whole


def is_id(kind: dict[str, Any]) -> bool:
    return str(kind.get("pattern", "")).startswith("^[0-9a-f]{24}")


@pytest.fixture(autouse=True)
def nothing_left_queued(system_db: None) -> Iterator[None]:
    yield
    for kind in kinds.every():
        kind.model.objects.filter(status=Status.QUEUED).update(status=Status.CANCELLED, completed_at=Now())
