"""What a rule needs from an upload, and whether the upload has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from compliance.columns import Column, ColumnType
from compliance.engine.conditions import Branch, Condition, Leaf, Negation, leaf_fields
from compliance.engine.expressions import Field
from compliance.engine.facts import needs_time
from compliance.engine.fields import TIME_FIELDS, Binding
from compliance.engine.inputs import HOUR
from compliance.engine.literals import is_time, number_in_text, time_in_text
from compliance.engine.models import (
    AggregateRule,
    BaselineRule,
    DuplicateRule,
    Rule,
    SequenceRule,
    ShareRule,
)
from compliance.engine.operators import AGES, LISTS, ORDERING, PRESENCE, RANGES
from compliance.engine.rules import fields_used, lists_used


@dataclass(frozen=True)
class Dependencies:
    """What one rule needs. `ready`: it could evaluate some record of the upload.

    `required_fields` it reads, the subject and its time included, sorted; `missing_fields` of these have no
    column (`timestamp` stands for a time that is missing altogether); `missing_lists` are the reference lists it names
    that there are not.
    """

    rule_id: str
    rule_name: str
    is_active: bool
    required_fields: tuple[str, ...]
    missing_fields: tuple[str, ...]
    needs_time: bool
    time_field: str | None
    ready: bool
    missing_lists: tuple[str, ...] = ()


def dependencies(rule: Rule, mapping: Mapping[str, str], columns: Sequence[Column]) -> Dependencies:
    """What `rule` needs of an upload with these columns under this mapping {field: column}."""
    return dependencies_of(rule, Binding.of(columns, mapping))


def dependencies_of(rule: Rule, binding: Binding, lists: Collection[str] = ()) -> Dependencies:
    """The same for a binding already made; `lists` are the names of the reference lists there are."""
    timed, time_field = needs_time(rule), binding.time_field()
    fields = set(required_fields(rule))
    if timed and time_field:
        fields = fields - set(TIME_FIELDS) - fields_used(rule) | {time_field} | fields_used(rule)
    missing = tuple(sorted(name for name in fields if binding.column(name) is None and name != "account"))
    known = all(
        bool(_outcomes(part, binding, lists) & decided) for part, decided in _conditions_needed(rule, binding, lists)
    )
    has_needs = all(binding.column(name) is not None for name in _columns_needed(rule))
    return Dependencies(
        rule_id=rule.rule_id,
        rule_name=rule.name,
        is_active=rule.is_active,
        required_fields=tuple(sorted(fields)),
        missing_fields=missing,
        needs_time=timed,
        time_field=time_field if timed else None,
        ready=known and has_needs and not (timed and time_field is None),
        missing_lists=tuple(sorted(lists_used(rule) - set(lists))),
    )


def hours_reached(binding: Binding, hours_per_step: Decimal) -> Decimal | None:
    """From the first to the last record by the profile; None where that does not tell."""
    field = binding.time_field()
    column = binding.column(field) if field else None
    if column is None or column.min is None or column.max is None:
        return None
    if field == "step":
        first, last = number_in_text(column.min), number_in_text(column.max)
        return None if first is None or last is None else (last - first) * hours_per_step
    if not (is_time(column.min) and is_time(column.max)):
        return None
    utc = ZoneInfo("UTC")
    return Decimal(time_in_text(column.max, utc) - time_in_text(column.min, utc)) / HOUR


def why_idle(rule: Rule, needs: Dependencies) -> str:
    """Why a rule could evaluate no record, and what to do about it."""
    if needs.missing_lists:
        return f"there is no reference list {', '.join(needs.missing_lists)}"
    if needs.missing_fields:
        return f"no column is mapped to {', '.join(needs.missing_fields)}"
    fields = ", ".join([name for name in needs.required_fields if name != "account"] or ["account"])
    if isinstance(rule, BaselineRule):
        return f"no record has a readable value in {fields} and enough history before it"
    return f"no record has a readable value in {fields}"


def required_fields(rule: Rule) -> frozenset[str]:
    """The fields the rule names, the account, and `timestamp` where it needs time."""
    return fields_used(rule) | {"account"} | ({"timestamp"} if needs_time(rule) else set())


def _conditions_needed(
    rule: Rule, binding: Binding, lists: Collection[str]
) -> list[tuple[Condition, set[bool | None]]]:
    """Conditions without whose outcome no record is evaluated, and the outcomes that help."""
    decided: set[bool | None] = {True, False}
    match rule:
        case SequenceRule():
            # A record that is no `then` record is evaluated: it is no finding.
            parts = [rule.then] if rule.where is None else [Branch("AND", (rule.where, rule.then))]
            return [(part, decided) for part in parts]
        case ShareRule():
            if rule.of_where is None:
                return [(rule.where, decided)]
            # A record outside the whole is evaluated; one inside it needs to be known as part of it or not.
            helps: set[bool | None] = {False} if not _outcomes(rule.where, binding, lists) & decided else decided
            return [(rule.of_where, helps)]
    return [] if rule.where is None else [(rule.where, decided)]


def _columns_needed(rule: Rule) -> frozenset[str]:
    """Fields without which no record takes part, besides the condition's and the time."""
    match rule:
        case AggregateRule():
            return frozenset({*rule.groups, *([rule.of] if rule.of else [])})
        case DuplicateRule() | ShareRule():
            return frozenset(rule.groups)
        case SequenceRule():
            sides = {name for pair in rule.match_on for name in (pair.first, pair.then)}
            return frozenset(sides | ({rule.ratio.of} if rule.ratio else set()))
        case BaselineRule():
            return frozenset({rule.of})
    return frozenset()


def _outcomes(condition: Condition, binding: Binding, lists: Collection[str]) -> set[bool | None]:
    """What the condition can come out as on some record: true, false, unknown (None)."""
    match condition:
        case Leaf():
            return {True, False, None} if _readable(condition, binding, lists) else {None}
        case Negation(of):
            return {None if value is None else not value for value in _outcomes(of, binding, lists)}
    return _combined(condition, binding, lists)


def _combined(branch: Branch, binding: Binding, lists: Collection[str]) -> set[bool | None]:
    decisive = branch.kind == "OR"
    parts = [_outcomes(part, binding, lists) for part in branch.parts]
    outcomes: set[bool | None] = {None} if any(None in part for part in parts) else set()
    if any(decisive in part for part in parts):
        outcomes.add(decisive)
    if all((not decisive) in part for part in parts):
        outcomes.add(not decisive)
    return outcomes


def _readable(leaf: Leaf, binding: Binding, lists: Collection[str]) -> bool:
    """Whether some record has all values the comparison reads, in the type it reads them in."""
    columns = [binding.column(name) for name in leaf_fields(leaf)]
    present = [column for column in columns if column is not None]
    if len(present) < len(columns):
        return False
    if leaf.operator in PRESENCE:
        return True
    if leaf.operator in LISTS and leaf.value not in lists:
        return False
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return any(all(_has(column, leaf, value) for column in present) for value in values)


def _has(column: Column, leaf: Leaf, value: object) -> bool:
    if leaf.operator in AGES:
        return column.times > 0
    if isinstance(value, str) and leaf.operator in ORDERING | RANGES:
        return (column.numbers if number_in_text(value) is not None else column.times) > 0
    if isinstance(value, bool):
        return column.booleans > 0
    if isinstance(value, Decimal) or not isinstance(leaf.subject, Field):
        return column.numbers > 0
    return column.type is not ColumnType.EMPTY
