"""Compiles the active rules of a policy to an ordered list of stages of SQL trees.

`facts` reads the records once: every rule's condition, as bits, beside account, time and amount. Then come
the stages: up to four record rules share one, which only picks bits; every other rule is a stage of its own,
because dropping the groups that cannot pass (a hash aggregation) before sorting the rest costs a fraction of
one sort shared by all. So a boundary comes at least every four rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlglot import exp

from compliance.columns import Column
from compliance.engine import sql
from compliance.engine.aggregates import aggregate_query
from compliance.engine.baselines import baseline_query, judged_query, unjudged_query
from compliance.engine.dormancy import dormancy_query
from compliance.engine.duplicates import duplicate_query
from compliance.engine.evidence import EVIDENCE, evidence
from compliance.engine.facts import Facts, RuleFacts, tallies
from compliance.engine.fields import Binding
from compliance.engine.inputs import HOUR, Inputs, ListTable, PatternTable
from compliance.engine.models import (
    AggregateRule,
    BaselineRule,
    DormancyRule,
    DuplicateRule,
    RecordRule,
    Rule,
    SequenceRule,
    ShareRule,
)
from compliance.engine.parts import Window
from compliance.engine.sequences import sequence_query
from compliance.engine.shares import share_query
from compliance.engine.sources import ContextUpload, Source, is_scanned, table_of

RULES_A_STAGE = 4


@dataclass(frozen=True)
class Stage:
    """Rules that end together. `queries[i]` yields the evidence of the rule with index `rules[i]`.

    `tables` are filled before; `unjudged`, of a stage of one rule, counts the records it could not judge after all.
    """

    name: str
    rules: tuple[int, ...]
    queries: tuple[exp.Select, ...]
    tables: tuple[tuple[str, exp.Select], ...] = ()
    unjudged: exp.Select | None = None


@dataclass(frozen=True)
class Plan:
    """What to run, in order: `facts` from `records`, `tallies` from `facts`, then the stages.

    `rules` are the active ones; stages and evidence name them by their index here. `sources` are the uploads, the
    scanned one first; `lists` the names of the reference lists there are. `span` gives the first and the last time.
    `re2`: whether the engine speaks RE2; for one that does not, `patterns` are tables to fill before, each with the
    query of the values among which its pattern is looked for.
    """

    rules: tuple[Rule, ...]
    sources: tuple[Source, ...]
    hours_per_step: Decimal
    zone: str
    created_at_us: int
    lists: frozenset[str] = frozenset()
    re2: bool = True
    span: exp.Select = field(default_factory=exp.Select)
    list_tables: tuple[ListTable, ...] = ()
    patterns: tuple[tuple[PatternTable, exp.Select], ...] = ()
    facts: exp.Select = field(default_factory=exp.Select)
    tallies: exp.Select = field(default_factory=exp.Select)
    stages: tuple[Stage, ...] = ()

    @property
    def binding(self) -> Binding:
        """Of the scanned upload."""
        return self.sources[0].binding

    def only(self, indexes: Iterable[int]) -> Plan:
        """The same plan for some of the rules, which keep their indexes; to find one that fails."""
        return _compile(self, tuple(indexes))


def compile_plan(
    rules: Sequence[Rule],
    *,
    columns: Sequence[Column],
    mapping: Mapping[str, str],
    hours_per_step: Decimal,
    time_zone: str,
    created_at_us: int,
    compat: bool = False,
    context: Sequence[ContextUpload] = (),
    lists: Collection[str] = (),
    re2: bool = True,
) -> Plan:
    """Compiles the active rules for one upload; inactive ones are left out.

    `context` are earlier uploads whose records enter windows and history, under the same mapping; `lists` the names
    of the reference lists there are. `re2`: whether the engine's regular expressions are RE2.

    `mapping` is {field: column}; `hours_per_step` the length of a `step`; `time_zone` an IANA name for stamps
    without a zone; `created_at_us` the scan's time in microseconds since the epoch; `compat` makes every
    aggregate window tumbling. Raises ValueError on an unknown zone or a step that is no whole microsecond.
    """
    unit = hours_per_step * HOUR
    if unit <= 0 or unit != int(unit) or unit > 100_000 * HOUR:
        raise ValueError(f"hours_per_step must be above 0, at most 100000, in whole microseconds: {hours_per_step}")
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as unknown:
        raise ValueError(f"unknown time zone {time_zone!r}; use an IANA name such as Europe/Berlin") from unknown
    active = tuple(_tumbling(rule) if compat else rule for rule in rules if rule.is_active)
    uploads = [ContextUpload("", columns), *context]
    sources = tuple(
        Source(number, table_of(number), Binding.of(upload.columns, mapping), upload.upload_id)
        for number, upload in enumerate(uploads)
    )
    plan = Plan(active, sources, hours_per_step, time_zone, created_at_us, frozenset(lists), re2)
    return _compile(plan, tuple(range(len(active))))


def _tumbling(rule: Rule) -> Rule:
    if isinstance(rule, AggregateRule) and rule.window is not None:
        return rule.model_copy(update={"window": Window(hours=rule.window.hours, mode="tumbling")})
    return rule


def _compile(plan: Plan, chosen: Sequence[int]) -> Plan:
    inputs = _inputs(plan)
    facts, several = Facts(inputs), len(plan.sources) > 1
    places = {index: facts.add(plan.rules[index]) for index in chosen}
    found = _stages(plan.rules, places)
    stages = tuple(_scanned_only(stage, plan.rules) if several else stage for stage in found)
    if not places:
        return replace(plan, stages=stages)
    counts = tallies(places)
    if several:
        counts.set("where", exp.Where(this=is_scanned(sql.col("row"))))
    tables = list(dict.fromkeys(table for _, table in inputs.joins))
    return replace(
        plan,
        facts=facts.select(),
        tallies=counts,
        stages=stages,
        span=_span(_inputs(plan)),
        list_tables=tuple(table for table in tables if isinstance(table, ListTable)),
        patterns=tuple((each, inputs.values_query(each.column)) for each in tables if isinstance(each, PatternTable)),
    )


def _inputs(plan: Plan) -> Inputs:
    return Inputs(plan.sources, plan.zone, plan.hours_per_step, plan.created_at_us, plan.lists, plan.re2)


def _span(inputs: Inputs) -> exp.Select:
    """The first and the last time of all records."""
    time = inputs.record_time()
    ends = [sql.named(exp.Min(this=time), "first_us"), sql.named(exp.Max(this=time.copy()), "last_us")]
    return sql.query(ends, inputs.select())


def _scanned_only(stage: Stage, rules: Sequence[Rule]) -> Stage:
    """Without findings that no record of the scanned upload belongs to."""
    queries = zip(stage.rules, stage.queries, strict=True)
    return replace(stage, queries=tuple(_with_a_scanned_record(rules[index], query) for index, query in queries))


def _with_a_scanned_record(rule: Rule, query: exp.Select) -> exp.Select:
    """Rows of context uploads are numbered above: the smallest of a finding, which leads it, tells."""
    if isinstance(rule, SequenceRule):  # is led by its `then` record
        first = sql.named(sql.over(exp.Min(this=sql.col("row")), ["lead"]), "first_row")
        marked = sql.query([exp.Star(), first], query)
        return sql.query([*EVIDENCE], marked, where=is_scanned(sql.col("first_row")))
    single = isinstance(rule, RecordRule | DormancyRule | BaselineRule)
    return sql.query([exp.Star()], query, where=is_scanned(sql.col("row" if single else "lead")))


def _stages(rules: Sequence[Rule], places: Mapping[int, RuleFacts]) -> Iterator[Stage]:
    records = [index for index in places if isinstance(rules[index], RecordRule)]
    for start in range(0, len(records), RULES_A_STAGE):
        chunk = tuple(records[start : start + RULES_A_STAGE])
        queries = tuple(_record_query(index, places[index]) for index in chunk)
        yield Stage(f"records-{start // RULES_A_STAGE + 1}", chunk, queries)
    for index, place in places.items():
        rule = rules[index]
        name = f"{rule.kind}-{index + 1}"
        if isinstance(rule, BaselineRule):
            table, query = f"judged{index}", baseline_query(f"judged{index}", index)
            judged, unjudged = judged_query(rule, place), unjudged_query(table, place)
            yield Stage(name, (index,), (query,), ((table, judged),), unjudged)
        elif not isinstance(rule, RecordRule):
            yield Stage(name, (index,), (_query(rule, index, place),))


def _query(
    rule: AggregateRule | DormancyRule | DuplicateRule | SequenceRule | ShareRule, index: int, places: RuleFacts
) -> exp.Select:
    match rule:
        case AggregateRule():
            return aggregate_query(rule, index, places)
        case DormancyRule():
            return dormancy_query(rule, index, places)
        case DuplicateRule():
            return duplicate_query(rule, index, places)
        case SequenceRule():
            return sequence_query(rule, index, places)
        case ShareRule():
            return share_query(rule, index, places)


def _record_query(index: int, places: RuleFacts) -> exp.Select:
    columns = evidence(index, lead=None, value=sql.col("amount"))
    return sql.query(columns, "facts", where=sql.has_bit(places.hit))
