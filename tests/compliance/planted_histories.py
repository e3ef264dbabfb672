"""Faults to plant in the kinds that look back, in arithmetic, lists and context; registered with those of `planted`."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from compliance.engine import arithmetic, baselines, plan, predicates, ratios, run, sequences, sql
from compliance.engine.facts import Facts
from compliance.engine.inputs import Inputs
from tests.compliance.planted import Patch, change_windows, fault, wrap


def _turned(tree: Any, kinds: dict[type[exp.Expr], type[exp.Expr]]) -> Any:
    return tree.transform(lambda node: kinds[type(node)](**node.args) if type(node) in kinds else node)


@fault("sequence")
def exactly_within_hours_is_soon_enough(patch: Patch) -> None:
    wrap(patch, sequences, "window_us", lambda original, hours: original(hours) + 1)


@fault("sequence")
def the_earliest_first_counts(patch: Patch) -> None:
    def earliest(original: Any, sequence: Any) -> Any:
        return [(name, _turned(select, {exp.Max: exp.Min})) for name, select in original(sequence)]

    wrap(patch, sequences._Sequence, "_latest", earliest)


@fault("sequence")
def a_first_of_the_same_instant_is_before(patch: Patch) -> None:
    _until_now(patch)


@fault("sequence")
def the_bounds_of_a_ratio_are_outside(patch: Patch) -> None:
    exclusive: dict[type[exp.Expr], type[exp.Expr]] = {exp.GTE: exp.GT, exp.LTE: exp.LT}
    wrap(patch, sequences, "in_ratio", lambda original, ratio: _turned(original(ratio), exclusive))


@fault("sequence")
def a_ratio_compares_the_wrong_way_round(patch: Patch) -> None:
    def swapped(original: Any, table: Any, times: Any) -> Any:
        return original({"found": "firsts", "firsts": "found"}.get(table), times)

    wrap(patch, ratios, "_scaled", swapped)


@fault("sequence", first=14)
def one_equal_field_is_enough(patch: Patch) -> None:
    wrap(
        patch,
        plan,
        "sequence_query",
        lambda original, rule, index, places: original(rule, index, _first_field_only(places)),
    )


def _first_field_only(places: Any) -> Any:
    return type(places)(**{**vars(places), "groups": places.groups[:1], "first_groups": places.first_groups[:1]})


@fault("baseline")
def exactly_the_limit_is_above(patch: Patch) -> None:
    wrap(patch, baselines, "_is_above", lambda original, rule: _turned(original(rule), {exp.GT: exp.GTE}))


@fault("baseline")
def a_record_is_part_of_its_own_history(patch: Patch) -> None:
    _until_now(patch)


@fault("baseline")
def a_tie_in_time_is_history(patch: Patch) -> None:
    def rows(spec: exp.Expr, start: Any, end: Any) -> None:
        if end == -1:
            spec.set("exclude", "CURRENT ROW")
            spec.set("end", "CURRENT ROW")
            spec.set("end_side", None)

    change_windows(patch, rows)


@fault("baseline")
def history_begins_exactly_history_days_ago(patch: Patch) -> None:
    def longer(spec: exp.Expr, start: Any, end: Any) -> None:
        if isinstance(start, int) and start < 0:
            spec.set("start", exp.Literal.number(str(1 - start)))

    change_windows(patch, longer)


@fault("baseline")
def a_little_less_history_is_enough(patch: Patch) -> None:
    def fewer(original: Any, rule: Any, places: Any) -> Any:
        return original(rule.model_copy(update={"min_history": max(1, rule.min_history - 1)}), places)

    wrap(patch, plan, "judged_query", fewer)


@fault("baseline", first=5)
def the_deviation_is_that_of_a_sample(patch: Patch) -> None:
    def sample(original: Any, source: str) -> Any:
        *steps, (name, last) = original(source)
        for alias in last.find_all(exp.Alias):
            if alias.alias == "deviation":
                others = exp.Nullif(this=sql.sub(sql.col("n"), sql.whole(1)), expression=sql.whole(0))
                more = exp.Sqrt(this=exp.Div(this=sql.cast(sql.col("n"), sql.FLOAT), expression=others))
                grown = exp.Round(this=sql.binary(exp.Mul, sql.cast(alias.this, sql.FLOAT), more))
                alias.set("this", sql.cast(grown, sql.WIDE))
        return [*steps, (name, last)]

    wrap(patch, baselines, "deviation_steps", sample)


@fault("baseline", first=42)
def a_mean_is_cut_off_instead_of_rounded(patch: Patch) -> None:
    wrap(patch, baselines, "_mean", lambda original: _cut_off())


def _cut_off() -> Any:
    return sql.binary(
        exp.IntDiv, sql.binary(exp.Mul, sql.col("total"), sql.whole(100)), sql.cast(sql.col("n"), sql.WIDE)
    )


@fault("share")
def one_record_more_than_min_records_is_needed(patch: Patch) -> None:
    def more(original: Any, rule: Any, index: int, places: Any) -> Any:
        return original(rule.model_copy(update={"min_records": rule.min_records + 1}), index, places)

    wrap(patch, plan, "share_query", more)


@fault("share")
def exactly_the_threshold_crosses_it(patch: Patch) -> None:
    def inclusive(original: Any, rule: Any, index: int, places: Any) -> Any:
        turned = {">": ">=", "<": "<="}.get(rule.operator, rule.operator)
        return original(rule.model_copy(update={"operator": turned}), index, places)

    wrap(patch, plan, "share_query", inclusive)


@fault("record", first=21)
def a_list_is_looked_up_in_any_case(patch: Patch) -> None:
    patch.setattr(predicates, "_fold", lambda leaf: "lower")


@fault("record")
def missing_is_not_on_a_list(patch: Patch) -> None:
    def known(original: Any, inputs: Any, value: Any, *more: Any) -> Any:
        return exp.Coalesce(this=original(inputs, value, *more), expressions=[exp.Boolean(this=False)])

    wrap(patch, Inputs, "listed", known)


@fault("record", first=14)
def divided_by_zero_is_zero(patch: Patch) -> None:
    def harmless(original: Any, compiler: Any, left: Any, right: Any) -> Any:
        divisor = compiler.column(right)
        quotient = compiler.column(original(compiler, left, divisor))
        is_zero = sql.binary(exp.EQ, divisor.tree.copy(), sql.whole(0))
        tree = sql.when(is_zero, sql.cast(sql.whole(0), sql.WIDE), quotient.tree)
        return arithmetic.Scaled(tree, quotient.places, quotient.largest, quotient.layer)

    wrap(patch, arithmetic._Compiler, "quotient", harmless)


@fault("record", first=40)
def half_of_a_quotient_goes_up(patch: Patch) -> None:
    def half_up(original: Any, quotient: Any, top: Any, bottom: Any) -> Any:
        rest = sql.binary(exp.Mod, top.copy(), bottom.copy())
        up = sql.binary(exp.GTE, rest, sql.sub(bottom.copy(), rest.copy()))
        return sql.add(quotient, sql.when(up, sql.whole(1), sql.whole(0)))

    wrap(patch, arithmetic, "_half_even", half_up)


@fault("aggregate")
def findings_of_context_alone_are_kept(patch: Patch) -> None:
    wrap(patch, plan, "_with_a_scanned_record", lambda original, rule, query: query)


@fault("aggregate")
def records_of_context_are_counted(patch: Patch) -> None:
    wrap(
        patch,
        plan,
        "is_scanned",
        lambda original, row: sql.true() if row.name == "row" else original(row),
    )


@fault("aggregate", first=9)
def the_same_row_of_two_uploads_is_one_account(patch: Patch) -> None:
    wrap(patch, Facts, "_subject", lambda original, facts: original(facts)[:2])


@fault("sequence", first=17)
def a_history_as_long_as_the_data_is_short(patch: Patch) -> None:
    wrap(patch, run, "_is_short", lambda original, rule, reach: reach is not None and original(rule, reach - 1))


def _until_now(patch: Patch) -> None:
    """Windows that end just before a record's time end with it."""

    def now(spec: exp.Expr, start: Any, end: Any) -> None:
        if end == -1:
            spec.set("end", "CURRENT ROW")
            spec.set("end_side", None)

    change_windows(patch, now)
