"""Sequence rules as a query over `facts`: for each `then` record the latest `first` records it may follow."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.aggregates import millionths_as_value, window_us
from compliance.engine.evidence import evidence
from compliance.engine.facts import Mask, RuleFacts
from compliance.engine.inputs import HOUR
from compliance.engine.models import SequenceRule
from compliance.engine.ratios import in_ratio, latest_in_ratio
from compliance.engine.sql import COUNT, WIDE, Tree

_RECORD = ("row", "account", "made", "t", "amount")


def sequence_query(rule: SequenceRule, index: int, facts: RuleFacts) -> exp.Select:
    """The evidence: for each finding the `then` record, whose row leads it, and its firsts of the latest instant."""
    return _Sequence(rule, index, facts).query()


class _Sequence:
    def __init__(self, rule: SequenceRule, index: int, facts: RuleFacts) -> None:
        self.rule, self.index, self.facts = rule, index, facts
        self.size = window_us(rule.within_hours)
        self.keys = [f"m{number}" for number in range(len(facts.groups))]

    def query(self) -> exp.Select:
        rows = exp.Union(this=self._then_rows(), expression=self._first_rows(), distinct=False)
        return sql.with_steps(sql.query([exp.Star()], rows), self._steps())

    def _steps(self) -> list[tuple[str, exp.Select]]:
        ratio = self.rule.ratio
        found = [sql.all_of("thens"), sql.col("before", "latest")]
        return [
            ("ends", self._side(self.facts.hit, self.facts.groups)),
            ("starts", self._side(self.facts.second, self.facts.first_groups)),
            ("candidates", self._candidates()),
            ("their_ends", self._of_candidates("ends")),
            ("their_starts", self._of_candidates("starts")),
            ("near", self._near()),
            ("nearby", self._nearby()),
            ("thens", self._close("their_ends", "nearby")),
            ("firsts", self._close("their_starts", "near")),
            *(latest_in_ratio(ratio, self.keys, self.size) if ratio else self._latest()),
            ("found", sql.query(found, "thens", match=("latest", ["row"]))),
        ]

    def _side(self, mask: Mask, groups: Sequence[str]) -> exp.Select:
        """The records of one role; the match fields of both roles have the same names."""
        keys = [sql.named(sql.col(column), key) for column, key in zip(groups, self.keys, strict=True)]
        of = [sql.named(sql.col(self.facts.of), "of")] if self.facts.of else []
        return sql.query([*_RECORD, *keys, *of], "facts", where=sql.has_bit(mask))

    def _candidates(self) -> exp.Select:
        """Matches that have records of both roles."""
        sides = self._roles([("ends", 1, None), ("starts", 0, None)], piece=False)
        return sql.query(self.keys, sides, group=self.keys, having=_both())

    def _roles(self, sides: Sequence[tuple[str, int, Tree | None]], *, piece: bool = True) -> exp.Select | exp.Union:
        """All sides (table, whether it is the end, its piece if that is another), one below the other."""
        united: exp.Select | exp.Union | None = None
        for side, end, other in sides:
            at: list[Tree | str] = ([sql.named(other, "piece")] if other else ["piece"]) if piece else []
            one = sql.query([*self.keys, *at, sql.named(sql.whole(end), "is_end")], side)
            united = one if united is None else exp.Union(this=united, expression=one, distinct=False)
        return united or exp.Select()

    def _of_candidates(self, side: str) -> exp.Select:
        columns = [*(sql.col(name, side) for name in self._names()), self._piece(side)]
        return sql.query(columns, side, match=("candidates", self.keys))

    def _names(self) -> list[str]:
        return [*_RECORD, *self.keys, *(["of"] if self.facts.of else [])]

    def _piece(self, side: str) -> Tree:
        """Time in pieces as long as may lie between first and then: these are in one, or in two next to each other."""
        return sql.named(sql.binary(exp.IntDiv, sql.col("t", side), sql.whole(self.size)), "piece")

    def _near(self) -> exp.Select:
        """Pieces of a match's time with firsts in them, and thens in them or in the next."""
        earlier = sql.sub(sql.col("piece"), sql.whole(1))
        each = self._roles([("their_ends", 1, None), ("their_ends", 1, earlier), ("their_starts", 0, None)])
        return sql.query([*self.keys, "piece"], each, group=[*self.keys, "piece"], having=_both())

    def _nearby(self) -> exp.Select:
        """Those pieces and the next ones, each once."""
        later = sql.add(sql.col("piece"), sql.whole(1))
        pieces = exp.Union(
            this=sql.query([*self.keys, "piece"], "near"),
            expression=sql.query([*self.keys, sql.named(later, "piece")], "near"),
            distinct=True,
        )
        return sql.query([exp.Star()], pieces)

    def _close(self, side: str, pieces: str) -> exp.Select:
        return sql.query([sql.col(name, side) for name in self._names()], side, match=(pieces, [*self.keys, "piece"]))

    def _latest(self) -> list[tuple[str, exp.Select]]:
        """`latest`: row of a `then` record, and the time `before` of its latest first."""
        ends = sql.query([*self.keys, "t", "row", sql.named(sql.null(COUNT), "start")], "thens")
        nobody, start = sql.named(sql.null(COUNT), "row"), sql.named(sql.col("t"), "start")
        starts = sql.query([*self.keys, "t", nobody, start], "firsts")
        before = sql.over(exp.Max(this=sql.col("start")), self.keys, "t", 1 - self.size, -1)
        is_found = sql.every([sql.is_present(sql.col("row")), sql.is_present(sql.col("before"))])
        events = exp.Union(this=ends, expression=starts, distinct=False)
        return [
            ("looked", sql.query(["row", sql.named(before, "before")], events)),
            ("latest", sql.query(["row", "before"], "looked", where=is_found)),
        ]

    def _then_rows(self) -> exp.Select:
        return sql.query(evidence(self.index, lead=sql.col("row"), value=_hours()), "found")

    def _first_rows(self) -> exp.Select:
        """All firsts of the latest instant: which of them stands first in the file must not matter."""
        columns = evidence(
            self.index,
            lead=sql.col("row", "found"),
            value=_hours(),
            table="firsts",
            account=sql.col("account", "found"),
            made=sql.col("made", "found"),
        )
        same: list[Tree] = [exp.EQ(this=sql.col(key, "found"), expression=sql.col(key, "firsts")) for key in self.keys]
        same.append(exp.EQ(this=sql.col("t", "firsts"), expression=sql.col("before", "found")))
        if self.rule.ratio:
            same.append(in_ratio(self.rule.ratio))
        rows = sql.query(columns, "found")
        rows.set("joins", [exp.Join(this=sql.table("firsts"), on=sql.every(same))])
        return rows


def _both() -> Tree:
    return exp.GT(this=exp.Max(this=sql.col("is_end")), expression=exp.Min(this=sql.col("is_end")))


def _hours() -> Tree:
    """From first to then in hours, rounded half-even to 6 places: a millionth of an hour is 3,600 microseconds."""
    gap = sql.sub(sql.cast(sql.col("t", "found"), WIDE), sql.cast(sql.col("before", "found"), WIDE))
    return millionths_as_value(sql.half_even(gap, sql.whole(HOUR // 1_000_000)))
