"""The first pass of a plan: every rule's test on every record, once, as bits; everything else reads these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from compliance.columns import ColumnType
from compliance.engine import sql
from compliance.engine.conditions import Condition
from compliance.engine.fields import UPPER_FIELD
from compliance.engine.inputs import Inputs
from compliance.engine.models import (
    AggregateRule,
    BaselineRule,
    DormancyRule,
    DuplicateRule,
    Rule,
    SequenceRule,
    ShareRule,
    hours_looked_back,
)
from compliance.engine.parts import Match
from compliance.engine.predicates import predicate
from compliance.engine.sources import SPAN
from compliance.engine.sql import COUNT, FLAG, TEXT, Tree

BITS = 63
"""Bits of a BIGINT mask that can be set without touching its sign."""
Mask: TypeAlias = tuple[str, int]
"""(mask column, bit)."""


@dataclass(frozen=True)
class RuleFacts:
    """Where `facts` holds what a rule needs.

    `hit`: the record takes part (for a record rule: is a finding; for a sequence: as `then`; for a share: in the
    whole). `unknown`: it could not be evaluated. `other`: its second role, where the rule has one: it ends a
    dormancy, comes first in a sequence, is in the counted part of a share. `subject`: the columns that tell accounts
    apart. `groups`: the other key columns; of a sequence those of the `then` record, `first_groups` those of the
    `first`. `of`: the measured column. `clock`: the time that tumbling buckets are cut from.
    """

    hit: Mask
    unknown: Mask
    subject: tuple[str, ...]
    other: Mask | None = None
    groups: tuple[str, ...] = ()
    first_groups: tuple[str, ...] = ()
    of: str | None = None
    clock: str = "t"

    @property
    def second(self) -> Mask:
        """`other` of a rule that has one."""
        if self.other is None:
            raise TypeError("this kind of rule has one role only")
        return self.other


@dataclass
class Facts:
    """Builds `facts`: row, account, made, t, amount, the rules' key columns, and mask columns.

    `made` marks an account invented for a record without one (`row:<row>`): a group of its own. With several sources
    `origin` tells the made ones of one upload from those of another.
    """

    inputs: Inputs
    tests: list[Tree] = field(default_factory=list)
    unknowns: list[Tree] = field(default_factory=list)
    extra: dict[str, Tree] = field(default_factory=dict)

    def add(self, rule: Rule) -> RuleFacts:
        """Registers a rule's tests; returns where `facts` will hold their outcome."""
        match rule:
            case SequenceRule():
                return self._sequence(rule)
            case ShareRule():
                return self._share(rule)
        needs = [self.inputs.record_time()] if needs_time(rule) else []
        groups: tuple[str, ...] = ()
        of, clock = None, "t"
        if isinstance(rule, AggregateRule | DuplicateRule):
            needs += [self.inputs.key(name) for name in rule.groups]
            groups = self._columns(self.inputs.key(name) for name in rule.groups)
        if isinstance(rule, DuplicateRule) and "account" in rule.key:
            needs.append(self.inputs.text("account"))
        if isinstance(rule, AggregateRule | BaselineRule) and rule.of is not None:
            needs.append(self._measured(rule.of, getattr(rule, "function", "avg")))
            of = self._measure(needs[-1])
        if isinstance(rule, AggregateRule) and rule.window and rule.window.mode == "tumbling":
            local = self.inputs.local_time()
            clock = "t" if local == self.inputs.record_time() else self._column(local)
        hit = self._test(_with_all(self._where(rule.where), needs))
        unknown = self._unknown()
        quiet = self._test(self._quiet(rule)) if isinstance(rule, DormancyRule) else None
        return RuleFacts(hit, unknown, self._subject(), quiet, groups, (), of, clock)

    def _sequence(self, rule: SequenceRule) -> RuleFacts:
        """A record may be `first` and `then`; it is evaluated as `then`."""
        time, where = self.inputs.record_time(), self._where(rule.where)
        of = [self.inputs.number(rule.ratio.of)] if rule.ratio else []
        thens, firsts = zip(*(self._matched(pair) for pair in rule.match_on), strict=True)
        then = _with_all(sql.every([where, self._where(rule.then)]), [time, *thens, *of])
        hit, unknown = self._test(then), self._unknown()
        first = _with_all(sql.every([where.copy(), self._where(rule.first)]), [time, *firsts, *of])
        measure = self._measure(of[0]) if of else None
        return RuleFacts(
            hit, unknown, self._subject(), self._test(first), self._columns(thens), self._columns(firsts), measure
        )

    def _share(self, rule: ShareRule) -> RuleFacts:
        """What is unknown takes no part: neither in the part nor in the whole."""
        keys = [self.inputs.key(name) for name in rule.groups]
        part, whole = self._where(rule.where), self._where(rule.of_where)
        hit, unknown = self._test(_with_all(whole, [*keys, part])), self._unknown()
        counted = self._test(_with_all(sql.every([part, whole.copy()]), keys))
        return RuleFacts(hit, unknown, self._subject(), counted, self._columns(keys))

    def _matched(self, pair: Match) -> tuple[Tree, Tree]:
        """The `then` and the `first` value of a pair: as numbers when both are, else as times, else as text; a type is
        compared in upper case."""
        kinds = {self.inputs.binding.kind(pair.first), self.inputs.binding.kind(pair.then)}
        read = {
            frozenset({ColumnType.NUMBER}): self.inputs.number,
            frozenset({ColumnType.TIME}): self.inputs.time,
        }.get(frozenset(kinds), self.inputs.text)
        values = read(pair.then), read(pair.first)
        if read == self.inputs.text and UPPER_FIELD in (pair.then, pair.first):
            return exp.Upper(this=values[0]), exp.Upper(this=values[1])
        return values

    def _where(self, condition: Condition | None) -> Tree:
        return sql.true() if condition is None else predicate(condition, self.inputs)

    def _test(self, test: Tree) -> Mask:
        return _mask("hits", self.tests, test)

    def _unknown(self) -> Mask:
        """Set where the test registered last is unknown."""
        return _mask("unknown", self.unknowns, sql.is_null(sql.col(f"w{len(self.tests) - 1}")))

    def _measure(self, value: Tree) -> str:
        return "amount" if value == self.inputs.number("amount") else self._column(value)

    def _columns(self, trees: Iterable[Tree]) -> tuple[str, ...]:
        return tuple(self._column(tree) for tree in trees)

    def select(self) -> exp.Select:
        """The whole pass: values, then tests, then masks; records that no rule looks at are left out."""
        account = self.inputs.text("account")
        base = {
            "account": exp.Coalesce(
                this=account, expressions=[_made_up() if len(self.inputs.sources) == 1 else _made_up_apart()]
            ),
            "made": sql.is_null(account.copy()),
            **({"origin": self._origin(account)} if "origin" in self._subject() else {}),
            "t": self.inputs.record_time(),
            "amount": self.inputs.number("amount"),
            **self.extra,
        }
        tests = {f"w{index}": test for index, test in enumerate(self.tests)}
        named = [sql.named(tree.copy(), name) for name, tree in {**base, **tests}.items()]
        tested = sql.query(["row", *named], self.inputs.select())
        hits = [sql.col(name) for name in tests]
        masks = {**_masks("hits", hits), **_masks("unknown", self.unknowns)}
        masked = sql.query(["row", *base, *(sql.named(tree, name) for name, tree in masks.items())], tested)
        looked_at = sql.some([exp.GT(this=sql.col(name), expression=sql.whole(0)) for name in masks])
        return sql.query([exp.Star()], masked, where=looked_at)

    def _subject(self) -> tuple[str, ...]:
        columns = [source.binding.column("account") for source in self.inputs.sources]
        if all(column is not None and column.nulls == 0 for column in columns):
            return ("account",)
        return ("account", "made") if len(columns) == 1 else ("account", "made", "origin")

    def _origin(self, account: Tree) -> Tree:
        source = sql.binary(exp.IntDiv, sql.col("row"), sql.whole(SPAN))
        return sql.when(sql.is_null(account.copy()), source, sql.whole(0))

    def _measured(self, of: str, function: str) -> Tree:
        return self.inputs.key(of) if function in ("count", "distinct") else self.inputs.number(of)

    def _quiet(self, rule: DormancyRule) -> Tree:
        has_time = sql.is_present(self.inputs.record_time())
        if rule.quiet_where is None:
            return has_time
        return sql.every([predicate(rule.quiet_where, self.inputs), has_time])

    def _column(self, tree: Tree) -> str:
        """The name under which `facts` keeps a value."""
        found = next((name for name, other in self.extra.items() if other == tree), None)
        if found is None:
            found = f"k{len(self.extra)}"
            self.extra[found] = tree.copy()
        return found


def needs_time(rule: Rule) -> bool:
    """Whether a record without a readable time takes no part in the rule."""
    return hours_looked_back(rule) is not None


def tallies(facts: Mapping[int, RuleFacts]) -> exp.Select:
    """One row: how many records each rule could not evaluate, as u<index>."""
    counts = [
        sql.named(
            exp.Count(this=sql.when(sql.has_bit(rule.unknown), sql.whole(1))),
            f"u{index}",
        )
        for index, rule in facts.items()
    ]
    return sql.query(counts, "facts")


def _made_up() -> Tree:
    return exp.DPipe(this=sql.text("row:"), expression=sql.cast(sql.col("row"), TEXT))


def _made_up_apart() -> Tree:
    """The same where rows of several uploads are numbered apart."""
    row = sql.binary(exp.Mod, sql.col("row"), sql.whole(SPAN))
    return exp.DPipe(this=sql.text("row:"), expression=sql.cast(row, TEXT))


def _with_all(test: Tree, needs: Sequence[Tree]) -> Tree:
    """The test where the record has all it needs, else unknown (or false, where the test is false)."""
    if not needs:
        return test
    has_all = sql.every([sql.is_present(need.copy()) for need in needs])
    return sql.every([test, sql.when(has_all, sql.true(), sql.null(FLAG))])


def _mask(name: str, tests: list[Tree], test: Tree) -> Mask:
    tests.append(test)
    return f"{name}{(len(tests) - 1) // BITS}", (len(tests) - 1) % BITS


def _masks(name: str, tests: Sequence[Tree]) -> dict[str, Tree]:
    """Columns name0, name1, ... with one bit a test, set where it is true."""
    masks = {}
    for start in range(0, len(tests), BITS):
        bits = [
            sql.when(test.copy(), sql.whole(1 << bit), sql.whole(0))
            for bit, test in enumerate(tests[start : start + BITS])
        ]
        masks[f"{name}{start // BITS}"] = _sum(bits)
    return masks


def _sum(parts: Sequence[Tree]) -> Tree:
    total = parts[0]
    for part in parts[1:]:
        total = sql.add(total, part)
    return sql.cast(total, COUNT)
