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
    method, path = answer.request.method, answer.request.url.path
    if (schema := _schema_for(method, path, answer.status_code, answer.headers.get("Content-Type", ""))) is not None:
        answer.read()
        _judge(f"{method} {path} {answer.status_code}", path, schema, answer.json())


def check_django(method: str, path: str, answer: Any) -> None:
    """The same of an answer of Django's test client."""
    schema = _schema_for(method, path, answer.status_code, answer.headers.get("Content-Type", ""))
    if schema is not None and not answer.streaming:
        _judge(f"{method} {path} {answer.status_code}", path, schema, answer.json())


def _schema_for(method: str, path: str, status: int, content_type: str) -> dict[str, Any] | None:
    """The schema of such an answer; None where there is nothing to judge."""
    operation = _operation(method, path)
    if operation is None or method == "HEAD":
        return None
    assert str(status) in operation["responses"], f"{method} {path}: {status} is not documented"
    content = operation["responses"][str(status)].get("content")
    if status == 304 or not content:
        return None
    media_type = content_type.partition(";")[0]
    assert media_type in content, f"{method} {path}: {media_type} is not documented"
    schema: dict[str, Any] = content[media_type]["schema"]
    return schema if media_type == "application/json" and schema.get("format") != "binary" else None


def _judge(where: str, path: str, schema: dict[str, Any], body: Any) -> None:
    faults = [
        f"{'/'.join(map(str, fault.instance_path))}: {fault.message[:300]}"
        for fault in validator(path, schema).iter_errors(body)
    ]
    assert not faults, f"{where} is not as documented: {faults[:5]}"


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
