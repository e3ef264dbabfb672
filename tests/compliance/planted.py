"""Faults to plant in the real engine, each a small named change, and the scans on which it must show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any, TypeAlias

import pytest
from sqlglot import exp

from compliance.engine import (
    aggregates,
    content,
    duplicates,
    facts,
    findings,
    inputs,
    plan,
    predicates,
    score,
    sql,
)
from compliance.engine.operators import Operator
from tests.compliance.agreement import Result, oracle_result
from tests.compliance.edge_histories import WRITTEN
from tests.compliance.policies import KINDS
from tests.compliance.strategies import Case, scan

Patch: TypeAlias = pytest.MonkeyPatch
Plant: TypeAlias = Callable[[Patch], None]
FAULTS: dict[str, tuple[str | None, int, Plant]] = {}
"""Name -> (the kind of rule that shows it, None for any, the scan to begin with, and how it is planted)."""


def fault(kind: str | None, first: int = 0) -> Callable[[Plant], Plant]:
    """`first`: the place of a scan known to show it, to be looked at before the others. Only to be quick."""

    def register(plant: Plant) -> Plant:
        FAULTS[plant.__name__] = kind, first, plant
        return plant

    return register


@cache
def scans(kind: str | None) -> tuple[Case, ...]:
    """The same scans on every run, of rules of `kind` (None: of all kinds): generated ones, then written ones."""
    kinds = KINDS if kind is None else (kind,)
    written = tuple(case for case in WRITTEN.values() if {rule["kind"] for rule in case.rules} <= set(kinds))
    return tuple(scan(Random(number), kinds=kinds) for number in range(40)) + written


@cache
def verdict(kind: str | None, place: int) -> Result:
    """What the oracle says of the scan at `place`."""
    return oracle_result(scans(kind)[place])


def wrap(patch: Patch, owner: Any, name: str, change: Callable[..., Any]) -> None:
    """Replaces `owner.name` by `change(original, *its arguments)`."""
    original = getattr(owner, name)
    patch.setattr(owner, name, lambda *args, **named: change(original, *args, **named))


def replaced(tree: exp.Expr, old: type[exp.Expr], new: type[exp.Expr], within: str) -> exp.Expr:
    """`tree` with `old` nodes turned into `new` inside the column named `within`."""
    for alias in list(tree.find_all(exp.Alias)):
        if alias.alias == within:
            for node in list(alias.find_all(old)):
                node.replace(new(**node.args))
    return tree


def change_windows(patch: Patch, change: Callable[[exp.Window, Any, Any], None]) -> None:
    def changed(
        original: Any,
        function: Any,
        partition: Any,
        order: Any = None,
        start: Any = "start",
        end: Any = "here",
    ) -> Any:
        window = original(function, partition, order, start, end)
        if window.args.get("spec"):
            change(window.args["spec"], start, end)
        return window

    wrap(patch, sql, "over", changed)


@fault("aggregate")
def exactly_a_window_apart_is_inside(patch: Patch) -> None:
    def longer(spec: exp.Expr, start: Any, end: Any) -> None:
        if isinstance(start, int) and start < 0:
            spec.set("start", exp.Literal.number(str(1 - start)))

    change_windows(patch, longer)


@fault("aggregate")
def a_tie_in_time_is_split(patch: Patch) -> None:
    def alone(spec: exp.Expr, start: Any, end: Any) -> None:
        if isinstance(start, int) and start < 0:
            spec.set("exclude", "TIES")

    change_windows(patch, alone)


@fault("record")
def missing_under_not_is_taken_for_false(patch: Patch) -> None:
    def known(original: Any, tree: Any) -> Any:
        return original(exp.Coalesce(this=sql.paren(tree), expressions=[exp.Boolean(this=False)]))

    wrap(patch, sql, "negate", known)


@fault("aggregate")
def missing_accounts_are_joined_into_one(patch: Patch) -> None:
    patch.setattr(facts, "_made_up", lambda: sql.text("row:"))


@fault("aggregate", first=19)
def an_episode_ends_at_a_record_that_does_not_trigger(patch: Patch) -> None:
    def broken(original: Any, sliding: Any) -> Any:
        select = original(sliding)
        for alias in select.find_all(exp.Alias):
            if alias.alias == "start":
                alias.set("this", sql.when(sql.is_null(sql.col("hit")), sql.whole(1), alias.this.copy()))
        return select

    wrap(patch, aggregates._Sliding, "_starts", broken)


@fault("aggregate")
def sliding_windows_are_tumbling(patch: Patch) -> None:
    patch.setattr(plan, "aggregate_query", aggregates._grouped)


@fault("aggregate")
def an_episode_shows_its_least_trigger(patch: Patch) -> None:
    def swapped(original: Any, sliding: Any) -> Any:
        operator = sliding.rule.operator
        turned = {">": "<", ">=": "<", "<": ">", "<=": ">"}[operator]
        steps = sliding._steps()
        patch_rule = sliding.rule.model_copy(update={"operator": turned})
        other = aggregates._Sliding(patch_rule, sliding.index, sliding.facts)
        other._steps = lambda: steps
        return original(other)

    wrap(patch, aggregates._Sliding, "query", swapped)


@fault("dormancy")
def half_goes_up_instead_of_to_even(patch: Patch) -> None:
    def half_up(original: Any, numerator: Any, denominator: Any) -> Any:
        twice = sql.add(sql.binary(exp.Mul, numerator, sql.whole(2)), denominator)
        return sql.binary(exp.IntDiv, twice, sql.binary(exp.Mul, denominator.copy(), sql.whole(2)))

    wrap(patch, sql, "half_even", half_up)


@fault("aggregate")
def min_records_is_ignored(patch: Patch) -> None:
    patch.setattr(aggregates, "_enough", lambda rule, count: sql.true())


@fault("aggregate")
def tumbling_days_begin_at_midnight_utc(patch: Patch) -> None:
    patch.setattr(inputs.Inputs, "local_time", inputs.Inputs.record_time)


@fault(None)
def stamps_without_a_zone_are_read_as_utc(patch: Patch) -> None:
    patch.setattr(inputs, "offsets_by_wall_time", lambda zone: ((0, 0),))


@fault("aggregate")
def evidence_rows_are_counted_twice(patch: Patch) -> None:
    def twice(original: Any, rules: Any, places: Any) -> Iterator[plan.Stage]:
        for stage in original(rules, places):
            yield plan.Stage(stage.name, stage.rules * 2, stage.queries * 2)

    wrap(patch, plan, "_stages", twice)


@fault("dormancy")
def a_record_of_the_same_instant_ends_the_quiet(patch: Patch) -> None:
    def rows(spec: exp.Expr, start: Any, end: Any) -> None:
        if end == -1:
            spec.set("kind", "ROWS")

    change_windows(patch, rows)


@fault("dormancy")
def any_record_ends_the_quiet(patch: Patch) -> None:
    patch.setattr(facts.Facts, "_quiet", lambda self, rule: sql.is_present(self.inputs.record_time()))


@fault("duplicate")
def duplicates_exactly_a_window_apart_chain(patch: Patch) -> None:
    wrap(patch, duplicates, "window_us", lambda original, hours: original(hours) + 1)


@fault("duplicate")
def across_accounts_the_largest_account_is_named(patch: Patch) -> None:
    wrap(
        patch,
        plan,
        "duplicate_query",
        lambda original, *rule: replaced(original(*rule), exp.Min, exp.Max, "first_account"),
    )


@fault("record")
def a_type_is_not_upper_cased(patch: Patch) -> None:
    patch.setattr(inputs, "UPPER_FIELD", "")


@fault("record", first=4)
def between_leaves_out_its_upper_bound(patch: Patch) -> None:
    def exclusive(original: Any, leaf: Any, operator: str, value: Any, given_inputs: Any) -> Any:
        is_upper = leaf.operator is Operator.BETWEEN and operator == "<="
        return original(leaf, "<" if is_upper else operator, value, given_inputs)

    wrap(patch, predicates, "_order", exclusive)


@fault("record")
def zero_is_round(patch: Patch) -> None:
    wrap(
        patch,
        predicates,
        "_is_round",
        lambda original, leaf, values: exp.Or(
            this=sql.paren(original(leaf, values)),
            expression=sql.binary(exp.EQ, predicates.term(leaf.subject, values), sql.whole(0)),
        ),
    )


@fault("record", first=14)
def exactly_n_days_is_older(patch: Patch) -> None:
    def inclusive(original: Any, leaf: Any, values: Any) -> Any:
        tree = original(leaf, values)
        return exp.LTE(**tree.args) if isinstance(tree, exp.LT) else exp.GT(**tree.args)

    wrap(patch, predicates, "_age", inclusive)


@fault("record")
def keys_hold_row_numbers(patch: Patch) -> None:
    def numbered(original: Any, value: Any, hashes: Any) -> Any:
        made = exp.Column(this=exp.to_identifier("made", quoted=True))
        return original(value, hashes).transform(lambda node: exp.Boolean(this=False) if node == made else node)

    wrap(patch, findings, "finding_key_tree", numbered)


@fault(None)
def blanks_around_text_are_not_part_of_a_record(patch: Patch) -> None:
    wrap(patch, content, "_measured", lambda original, value: original(exp.Trim(this=value)))


@fault(None)
def unknown_counts_as_evaluated(patch: Patch) -> None:
    wrap(patch, plan, "tallies", lambda original, places: original(places).limit(1).transform(_nothing_counted))


def _nothing_counted(node: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Null()) if isinstance(node, exp.Count) else node


@fault(None)
def a_severity_weighs_too_little_in_the_score(patch: Patch) -> None:
    patch.setitem(score.WEIGHTS, "MEDIUM", 1)


@fault(None)
def a_violation_weighs_once_however_many_findings(patch: Patch) -> None:
    patch.setattr(score, "open_weight", lambda violations: sum(score.WEIGHTS[severity] for severity, _ in violations))
