"""Why a violation is one, in words a reviewer can check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from compliance.engine.describe import describe
from compliance.engine.fields import FIELD_ALIASES, TIME_FIELDS, field_name
from compliance.engine.models import hours_looked_back
from compliance.engine.rules import fields_judged, parse_rule
from compliance.models import Violation
from compliance.scales import EPOCH


def threshold_of(rule: Mapping[str, Any]) -> Decimal | None:
    """The number a rule compares with; for a record rule the first one its condition names."""
    match rule["kind"]:
        case "aggregate":
            return Decimal(str(rule["threshold"]))
        case "dormancy":
            return Decimal(str(rule["quiet_days"]))
        case "duplicate":
            return Decimal(2)
        case "share":
            return Decimal(str(rule["threshold"]))
        case "sequence":
            return Decimal(str(rule["within_hours"]))
        case "baseline":
            return None  # differs from record to record
    return _first_number(rule.get("where"))


def explanation(rule: Mapping[str, Any], violation: Violation) -> str:
    """One or two sentences: the rule in words, what was found, and when."""
    return f"{words_of(rule)} {found_words(violation)}"


def words_of(rule: Mapping[str, Any]) -> str:
    """The rule in words."""
    return describe(parse_rule(dict(rule)))


def columns_read(rule: Mapping[str, Any], mapping: Mapping[str, str]) -> frozenset[str]:
    """The columns of the file that the rule looks at, its time included, under a mapping {field: column}."""
    parsed = parse_rule(dict(rule))
    fields = set(fields_judged(parsed))
    if hours_looked_back(parsed) is not None:
        fields.add(next((field for field in TIME_FIELDS if field in mapping), TIME_FIELDS[0]))
    columns = {field_name(field): column for field, column in mapping.items()}
    spellings = {name: alias for alias, name in FIELD_ALIASES.items()}
    return frozenset(columns.get(field) or name for field in fields for name in (field, spellings.get(field, field)))


def found_words(violation: Violation) -> str:
    """What was found, on which account, and when: a sentence."""
    times = "once" if violation.finding_count == 1 else f"{violation.finding_count:,} times"
    found = f"Found {times} on account {violation.account}"
    when = when_words(violation)
    return f"{found}, {when}." if when else f"{found}."


def when_words(violation: Violation) -> str:
    """The day, or from when to when; empty where no time is known."""
    if not (violation.first_at and violation.last_at):
        return ""
    first, last = (_moment(violation, at) for at in (violation.first_at, violation.last_at))
    return first if first == last else f"{first} to {last}"


def _moment(violation: Violation, at: datetime) -> str:
    """A date; or the hour of the file, when the file counts steps and knows no calendar."""
    if "timestamp" in violation.scan.mapping_config:
        return str(at.date())
    return f"hour {(at - EPOCH) // timedelta(hours=1):,}"


def _first_number(condition: Any) -> Decimal | None:
    if not isinstance(condition, Mapping):
        return None
    for word in ("AND", "OR"):
        for part in condition.get(word, ()):
            if (number := _first_number(part)) is not None:
                return number
    if "NOT" in condition:
        return _first_number(condition["NOT"])
    value = condition.get("value")
    ordered = condition.get("operator") in (">", ">=", "<", "<=")
    return Decimal(str(value)) if ordered and isinstance(value, int | float) and not isinstance(value, bool) else None
