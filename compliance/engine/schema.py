"""The rule language as JSON Schema (2020-12), for editors and clients."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from compliance.engine.foreign import FUNCTIONS, TYPES
from compliance.engine.models import KINDS, RuleBase
from compliance.engine.operands import MAX_LITERALS
from compliance.engine.operators import ALIASES, PRESENCE, Operator

_LITERAL = {"type": ["string", "number", "boolean"]}
_CONDITION: dict[str, Any] = {
    "description": "A comparison, or AND / OR / NOT of conditions, at most 32 deep. Missing is unknown.",
    "oneOf": [
        {"$ref": "#/$defs/Comparison"},
        *(
            {
                "type": "object",
                "properties": {word: {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}}},
                "required": [word],
                "additionalProperties": False,
            }
            for word in ("AND", "OR")
        ),
        {
            "type": "object",
            "properties": {"NOT": {"$ref": "#/$defs/Condition"}},
            "required": ["NOT"],
            "additionalProperties": False,
        },
    ],
}
_COMPARISON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "field": {"type": "string", "minLength": 1, "maxLength": 500},
        "expr": {"type": "string", "description": "+ - * / ( ) abs min max over fields and numbers"},
        "operator": {"enum": [*map(str, Operator), *ALIASES]},
        "value": {"anyOf": [_LITERAL, {"type": "array", "items": _LITERAL, "minItems": 1, "maxItems": MAX_LITERALS}]},
        "value_type": {"enum": ["literal", "field"], "default": "literal"},
        "ignore_case": {"type": "boolean", "default": False},
    },
    "required": ["operator"],
    "oneOf": [{"required": ["field"]}, {"required": ["expr"]}],
    "if": {"properties": {"operator": {"enum": sorted(map(str, PRESENCE))}}},
    "else": {"required": ["value"]},
    "additionalProperties": False,
}


_TEXT_OF_MATCHES = {
    "type": "string",
    "description": "first.recipient = then.account, with 'and' between two",
}
_CONDITIONS: dict[str, Any] = {
    "anyOf": [
        {"$ref": "#/$defs/Condition"},
        {"type": "array", "items": {"$ref": "#/$defs/Condition"}, "description": "All of them."},
        {"type": "object", "maxProperties": 0},
        {"type": "null"},
    ]
}
_NAME = {"type": "string", "minLength": 1, "maxLength": 500}


def _foreign(definitions: dict[str, Any]) -> dict[str, Any]:
    """A rule as the tool that this API comes from writes it; it is stored as one with a kind."""
    common = definitions["AggregateRule"]["properties"]
    ours = {name: common[name] for name in RuleBase.model_fields if name not in ("kind", "where")}
    return {
        "type": "object",
        "description": "Translated once, on save, into a rule with a kind.",
        "properties": {
            **ours,
            "type": {"enum": [*TYPES]},
            "conditions": _CONDITIONS,
            "threshold": {"type": ["number", "null"]},
            "time_window": {"type": ["number", "null"], "description": "Hours."},
            "aggregation_field": {"anyOf": [_NAME, {"type": "null"}]},
            "aggregation_function": {"enum": ["count", "sum", "avg", "min", "max", "distinct", *FUNCTIONS, None]},
            "group_by_field": {"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1}, {"type": "null"}]},
            "operator": common["operator"],
            "min_records": common["min_records"],
        },
        "required": ["rule_id", "name", "type", "severity"],
        "additionalProperties": False,
    }


@cache
def rule_json_schema() -> dict[str, Any]:
    """The schema of one rule of any kind. What it cannot say (RE2 patterns, text that reads as a time) is
    checked when a rule is saved."""
    models = [(model, "validation") for model in KINDS.values()]
    _, schema = models_json_schema(models)  # type: ignore[arg-type]
    definitions = _linked(schema["$defs"]) | {"Condition": _CONDITION, "Comparison": _COMPARISON}
    for kind in ("AggregateRule", "ShareRule"):
        operators = definitions[kind]["properties"]["operator"]["enum"]
        operators += [word for word, operator in ALIASES.items() if str(operator) in operators]
    pairs = definitions["SequenceRule"]["properties"]["match_on"]
    mixed = {**pairs, "items": {"anyOf": [pairs["items"], _TEXT_OF_MATCHES]}}
    definitions["SequenceRule"]["properties"]["match_on"] = {"anyOf": [mixed, _TEXT_OF_MATCHES]}
    definitions["ForeignRule"] = _foreign(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rule",
        "oneOf": [
            *({"$ref": f"#/$defs/{model.__name__}"} for model in KINDS.values()),
            {"$ref": "#/$defs/ForeignRule"},
        ],
        "$defs": definitions,
    }


def _linked(part: Any) -> Any:
    """`part` with a $ref where a model says `$comment: Condition`: pydantic links its own models only."""
    if isinstance(part, dict):
        if part.get("$comment") == "Condition":
            return {"$ref": "#/$defs/Condition"}
        return {name: _linked(value) for name, value in part.items()}
    return [_linked(item) for item in part] if isinstance(part, list) else part
