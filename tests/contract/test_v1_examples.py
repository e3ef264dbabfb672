"""The examples of the v1 document are answers of a real run. `V1_EXAMPLES=write` writes them anew from this one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract import openapi
from tests.contract.calls import send
from tests.contract.shapes import shape
from tests.contract.v1_calls import CALLS, Owner
from web import schema_v1

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox_provider")]
KEPT = Path(schema_v1.__file__).with_name("examples_v1.json")
WRITE = os.environ.get("V1_EXAMPLES") == "write"


@pytest.mark.parametrize("route", sorted(CALLS))
def test_the_example_of_an_operation_is_what_it_answers(route: str) -> None:
    owner = Owner()
    body = send(route.split()[0], CALLS[route](owner), owner.key()).json()
    name = re.sub(r"<\w+:(\w+)>", r"{\1}", route).replace(" ", " /")
    if WRITE:
        keep(name, body)
    method, path = name.split()
    answers = openapi.document("/v1/")["paths"][path][method.lower()]["responses"]
    shown = [body["content"]["application/json"] for status, body in answers.items() if status.startswith("2")]
    for content in shown:
        example = json.loads(KEPT.read_text())[name] if WRITE else content["example"]
        assert shape(example) == shape(body), "V1_EXAMPLES=write pytest tests/contract/test_v1_examples.py"
        assert [fault.message for fault in openapi.validator(path, content["schema"]).iter_errors(example)] == []


def test_there_is_no_example_of_an_operation_that_is_gone() -> None:
    paths = openapi.document("/v1/")["paths"]
    assert set(json.loads(KEPT.read_text())) == {f"{m.upper()} {path}" for path, known in paths.items() for m in known}


def keep(name: str, body: dict[str, Any]) -> None:
    known = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    KEPT.write_text(json.dumps(dict(sorted({**known, name: body}.items())), indent=1, ensure_ascii=False) + "\n")
