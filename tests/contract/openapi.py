"""Holds real answers against the OpenAPI document: a status it does not name, a field too many or of another type."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from web.schema import compliance_document, v1_document


def check(answer: httpx.Response) -> None:
    """Raises AssertionError unless the answer is one the document describes; what is not in it (405, 404) passes."""
    path = answer.request.url.path
    operation = _operation(answer.request.method, path)
    if operation is None or answer.request.method == "HEAD":
        return
    where = f"{answer.request.method} {path}"
    assert str(answer.status_code) in operation["responses"], f"{where}: {answer.status_code} is not documented"
    content = operation["responses"][str(answer.status_code)].get("content")
    if answer.status_code == 304 or not content:
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in content, f"{where}: {media_type} is not documented"
    if media_type != "application/json" or content[media_type]["schema"].get("format") == "binary":
        return
    answer.read()
    faults = [
        f"{'/'.join(map(str, fault.instance_path))}: {fault.message[:300]}"
        for fault in validator(path, content[media_type]["schema"]).iter_errors(answer.json())
    ]
    assert not faults, f"{where} {answer.status_code} is not as documented: {faults[:5]}"


@cache
def document(prefix: str = "/api/") -> dict[str, Any]:
    """The document of /api/ or /v1/, with every described object closed: a field it does not name is a fault."""
    written = {"/api/": compliance_document, "/v1/": v1_document}[prefix]()
    whole: dict[str, Any] = copy.deepcopy(json.loads(written))
    for schema in whole["components"]["schemas"].values():
        _close(schema)
    return whole


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for part in schema:
            _close(part)
    elif isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)


def validator(path: str, schema: dict[str, Any]) -> Any:
    """Judges JSON by a schema that stands in the document of `path`."""
    return _validator(_prefix(path), json.dumps(schema, sort_keys=True))


@cache
def _validator(prefix: str, schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(schema) | {"components": document(prefix)["components"]})


def _prefix(path: str) -> str:
    return "/v1/" if path.startswith("/v1") else "/api/"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    # Fixed words before ids, as in the URL table.
    for template, operations in sorted(document(_prefix(path))["paths"].items(), key=lambda item: item[0].count("{")):
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern.replace("by\\-provider\\-id/[^/]+", "by\\-provider\\-id/.+"), path):
            found: dict[str, Any] | None = operations.get(method.lower())
            return found
    return None
