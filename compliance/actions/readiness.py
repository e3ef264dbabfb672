"""Can this policy run on this upload with this mapping? Asked before a mapping is confirmed and when a scan starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from compliance import files
from compliance.actions.lists import lists_now
from compliance.engine.fields import Binding
from compliance.engine.models import Rule, hours_looked_back
from compliance.engine.readiness import Dependencies, dependencies_of, hours_reached
from compliance.engine.rules import lists_used, parse_rules
from compliance.enums import UploadStatus
from compliance.models import Upload
from compliance.scales import hours_of
from compliance.uploads.mapping import (
    Mapping,
    MappingRefused,
    Quality,
    check_mapping,
    misspelt,
    normalised_sample,
    value_quality,
)


@dataclass(frozen=True)
class Readiness:
    """`state`: ready, warning (some active rules will not be applicable) or blocked (none can run, or a mapped
    column does not exist).
    """

    state: str
    missing_required: list[str]
    invalid_columns: list[dict[str, str]]
    warnings: list[str]
    required_fields: list[str]
    rule_dependencies: list[Dependencies]
    mapping: Mapping | None
    qualities: list[Quality]

    def document(self, upload: Upload) -> dict[str, Any]:
        """The answer of POST /api/data/mapping/readiness, with the first records as rules will see them."""
        return {
            "state": self.state,
            "missing_required": self.missing_required,
            "invalid_columns": self.invalid_columns,
            "warnings": self.warnings,
            "required_fields": self.required_fields,
            "rule_dependencies": [
                {
                    "rule_id": rule.rule_id, "rule_name": rule.rule_name, "is_active": rule.is_active,
                    "required_fields": list(rule.required_fields), "ready": rule.ready,
                }
                for rule in self.rule_dependencies
            ],
            "value_quality": [
                {"field": quality.field, "column": quality.column, "kind": quality.kind, "share": quality.share}
                for quality in self.qualities
            ],
            "sample_normalized_rows": _sample(self.mapping, upload),
        }  # fmt: skip


def assess(rules: list[dict[str, Any]], upload: Upload, mapping_config: Any, overrides: Any = None) -> Readiness:
    """Look at every rule, and at the values of every mapped column. Faults of the mapping do not raise: they block."""
    columns = upload.facts().columns
    mapping, invalid = None, []
    try:
        columns = upload.columns(overrides or {})
        mapping = check_mapping(mapping_config, columns)
    except MappingRefused as refused:
        invalid = [{"path": problem.path, "message": problem.message} for problem in refused.problems]
    binding = Binding.of(columns, mapping.to_dict() if mapping else {})
    parsed = parse_rules(rules)
    names = frozenset[str]().union(*map(lists_used, parsed))
    lists = lists_now(group=upload.group, names=names) if names else {}
    needs = [dependencies_of(rule, binding, lists) for rule in parsed]
    active = [rule for rule in needs if rule.is_active]
    able = [rule for rule in active if rule.ready]
    warnings = [*_warnings(binding, active), *_short_histories(binding, parsed, upload)]
    qualities = value_quality(mapping, columns, row_count=upload.row_count) if mapping else []
    warnings += [quality.warning for quality in qualities if quality.warning]
    if mapping:
        read = {name for rule in needs for name in rule.required_fields}
        warnings += [*_doubtful(mapping), *misspelt(mapping.columns, read)]
    blocked = bool(invalid) or not able
    return Readiness(
        state="blocked" if blocked else "warning" if warnings else "ready",
        missing_required=sorted({name for rule in active if not rule.ready for name in rule.missing_fields}),
        invalid_columns=invalid,
        warnings=warnings,
        required_fields=sorted({name for rule in active for name in rule.required_fields}),
        rule_dependencies=needs,
        mapping=mapping,
        qualities=qualities,
    )


def _sample(mapping: Mapping | None, upload: Upload) -> list[dict[str, Any]]:
    if mapping is None or upload.status == UploadStatus.DELETED:
        return []
    with files.scratch() as scratch:
        return normalised_sample(mapping, files.fetch(upload.records, scratch))


def _doubtful(mapping: Mapping) -> list[str]:
    return [
        f'{field} (column "{column.name}"): could be read in two ways; overrides say which'
        f"{', decimal_mark' if len({other.decimal_mark for other in (column, *column.alternatives)}) > 1 else ''}"
        f"{', day_first' if len({other.day_first for other in (column, *column.alternatives)}) > 1 else ''}."
        for field, column in mapping.columns.items()
        if column.ambiguous
    ]


def _warnings(binding: Binding, active: list[Dependencies]) -> list[str]:
    found = [f"{rule.rule_id} will not be applicable: {_lacking(rule)}." for rule in active if not rule.ready]
    found += [
        f"{rule.rule_id} names a reference list that there is not: {', '.join(rule.missing_lists)}. "
        "A scan is refused until it is created (POST /api/lists)."
        for rule in active
        if rule.missing_lists
    ]
    if binding.column("account") is None:
        found.append("No account is mapped: each record is an account of its own, not to be followed across scans.")
    return found


def _lacking(rule: Dependencies) -> str:
    if rule.missing_fields:
        return f"no column is mapped to {', '.join(rule.missing_fields)}"
    return (
        "no reference list " + ", ".join(rule.missing_lists) if rule.missing_lists else "no value its condition reads"
    )


def _short_histories(binding: Binding, rules: Iterable[Rule], upload: Upload) -> list[str]:
    """Rules that look back further than the file reaches; context uploads of a scan may make up for it."""
    reach = hours_reached(binding, hours_of(upload.profile["temporal_scale"]))
    return [
        f"{rule.rule_id} looks back {back:f} hours, further than the {reach:.1f} hours of this upload."
        for rule in rules
        if rule.is_active and reach is not None and (back := hours_looked_back(rule)) is not None and back > reach
    ]
