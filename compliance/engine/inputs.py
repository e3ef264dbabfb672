"""The values a plan reads from `records`, each computed once and named v0, v1, ...; missing is NULL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from sqlglot import exp

from compliance.columns import Column, ColumnType, Zoned
from compliance.engine import sql
from compliance.engine.fields import TRIMMED_FIELDS, UPPER_FIELD, Binding
from compliance.engine.sources import Source
from compliance.engine.sql import COUNT, FLAG, NUMBER, TEXT, Tree
from compliance.engine.zones import offset_tree, offsets_by_instant, offsets_by_wall_time

BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
"""Every character that is only blank space; what `account` and `type` are trimmed of."""
HOUR = 3_600_000_000
"""Microseconds."""
LAST_TIME = 9_200_000_000_000_000_000
"""Times in microseconds stay this far inside 64 bits, which leaves a window's arithmetic its room."""

Fold: TypeAlias = Literal["", "upper", "lower"]
"""How both sides of a comparison of text are folded."""


@dataclass(frozen=True)
class ListTable:
    """A reference list as a table `value`: as it is, or with every text in upper or lower case."""

    table: str
    name: str
    fold: Fold


@dataclass(frozen=True)
class PatternTable:
    """The values of a column that a regular expression matches, as a table `value`: for engines without RE2."""

    table: str
    column: str
    pattern: str
    fold: Fold = ""


@dataclass
class Inputs:
    """Hands out columns for the values asked for, and remembers how each is read from a record of each source.

    What has no column in the scanned upload (the first source) is missing in all. `lists` are the reference lists
    there are. `layers` are columns calculated from those before them. `re2`: whether the engine speaks RE2.
    """

    sources: Sequence[Source]
    zone: str
    hours_per_step: Decimal
    created_at_us: int
    lists: Collection[str] = ()
    re2: bool = True
    trees: dict[tuple[str, str], tuple[str, str, list[Tree | None]]] = field(default_factory=dict)
    joins: dict[tuple[str, ListTable | PatternTable], str] = field(default_factory=dict)
    layers: list[dict[str, Tree]] = field(default_factory=list)

    @property
    def binding(self) -> Binding:
        return self.sources[0].binding

    def text(self, name: str) -> Tree:
        """The field as text: `account` and `type` trimmed, `type` in upper case, the rest as read."""
        return self._value("text", name, TEXT)

    def number(self, name: str) -> Tree:
        return self._value("number", name, NUMBER)

    def time(self, name: str) -> Tree:
        """The field as an instant in microseconds since the epoch."""
        return self._value("time", name, COUNT)

    def boolean(self, name: str) -> Tree:
        return self._value("boolean", name, FLAG)

    def present(self, name: str) -> Tree:
        """Whether the record has the field: never NULL, unless the upload has no such column."""
        return self._value("present", name, FLAG)

    def key(self, name: str) -> Tree:
        """The field as a key: its number, its instant or its text, by its kind."""
        match self.binding.kind(name):
            case ColumnType.NUMBER:
                return self.number(name)
            case ColumnType.TIME:
                return self.time(name)
        return self.text(name)

    def record_time(self) -> Tree:
        """The time of a record: `timestamp`, else `step` units."""
        match self.binding.time_field():
            case "timestamp":
                return self.time("timestamp")
            case "step":
                return self._value("steps", "step", COUNT)
        return sql.null(COUNT)

    def local_time(self) -> Tree:
        """The record's time shifted to the policy's zone, which aligns tumbling buckets; steps have none."""
        if self.binding.time_field() != "timestamp" or self.zone == "UTC":
            return self.record_time()
        instant = self.record_time()
        return sql.add(instant, offset_tree(instant, offsets_by_instant(self.zone)))

    def listed(self, value: Tree, name: str, fold: Fold) -> Tree:
        """Whether `value`, a text handed out here, is in the list; missing where it is, or where there is no list."""
        if name not in self.lists or not isinstance(value, exp.Column):
            return sql.null(FLAG)
        table = ListTable(f"list{sorted(self.lists).index(name)}{fold}", name, fold)
        flag = self.joins.setdefault((value.name, table), f"l{len(self.joins)}")
        return sql.col(flag)

    def matched(self, value: Tree, pattern: str) -> Tree:
        """Whether the pattern is found in `value`, a text handed out here; missing where it is."""
        if self.re2 or not isinstance(value, exp.Column):
            return exp.RegexpLike(this=value, expression=sql.text(pattern))
        for (column, table), flag in self.joins.items():
            if isinstance(table, PatternTable) and (column, table.pattern) == (value.name, pattern):
                return sql.col(flag)
        flag = f"l{len(self.joins)}"
        self.joins[value.name, PatternTable(f"matching{len(self.joins)}", value.name, pattern)] = flag
        return sql.col(flag)

    def values_query(self, column: str) -> exp.Select:
        """`value`: what a column handed out here holds, each once, missing left out."""
        held = sql.query([sql.named(sql.col(column), "value")], self._all(), where=sql.is_present(sql.col(column)))
        return sql.query(["value"], held, group=["value"])

    def calculated(self, tree: Tree, layer: int) -> Tree:
        """A column for `tree`, which reads columns of the first `layer` layers; equal trees share one."""
        while len(self.layers) <= layer:
            self.layers.append({})
        known = self.layers[layer]
        found = next((name for name, other in known.items() if other == tree), None)
        if found is None:
            found = f"x{sum(map(len, self.layers))}"
            known[found] = tree
        return sql.col(found)

    def select(self) -> exp.Select:
        """SELECT row and every value asked for so far FROM the records of all sources."""
        selected = self._all()
        if self.joins:
            selected = self._joined(selected)
        for layer in self.layers:
            named = [sql.named(tree.copy(), name) for name, tree in layer.items()]
            selected = sql.query([exp.Star(), *named], selected)
        return selected if isinstance(selected, exp.Select) else sql.query([exp.Star()], selected)

    def _all(self) -> exp.Select | exp.Union:
        first, *others = [self._select(source) for source in self.sources]
        selected: exp.Select | exp.Union = first
        for other in others:
            selected = exp.Union(this=selected, expression=other, distinct=False)
        return selected

    def _select(self, source: Source) -> exp.Select:
        row = sql.named(source.row(), "row") if source.number else "row"
        values = [sql.named(_or_null(trees[source.number], kind), name) for name, kind, trees in self.trees.values()]
        return sql.query([row, *values], source.table)

    def _joined(self, selected: exp.Select | exp.Union) -> exp.Select:
        """Adds a flag for every list a value is looked up in; a list has each value once, so no row is doubled."""
        flags: list[Tree | str] = [sql.all_of("inner")]
        joins = []
        for (value, table), flag in self.joins.items():
            found = sql.when(sql.is_present(sql.col(value, "inner")), sql.is_present(sql.col("value", flag)))
            flags.append(sql.named(found, flag))
            same = exp.EQ(this=_folded(sql.col(value, "inner"), table.fold), expression=sql.col("value", flag))
            known = exp.Table(
                this=exp.to_identifier(table.table, quoted=True),
                alias=exp.TableAlias(this=exp.to_identifier(flag, quoted=True)),
            )
            joins.append(exp.Join(this=known, on=same, side="LEFT"))
        joined = sql.query(flags, selected)
        joined.set("joins", joins)
        return joined

    def _value(self, reading: str, name: str, kind: str) -> Tree:
        if (reading, name) not in self.trees:
            trees = self._readings(reading, name)
            if all(tree is None for tree in trees):
                return sql.null(kind)
            self.trees[reading, name] = (f"v{len(self.trees)}", kind, trees)
        return sql.col(self.trees[reading, name][0])

    def _readings(self, reading: str, name: str) -> list[Tree | None]:
        """How each source's records are read; what the scanned upload has no column for is no field of the scan."""
        columns = [source.binding.column(name) for source in self.sources]
        if columns[0] is None:
            return []
        return [None if column is None else self._read(reading, name, column) for column in columns]

    def _read(self, reading: str, name: str, column: Column) -> Tree | None:
        """How the value is read, or None where no value of the column can be read so."""
        match reading:
            case "text":
                return self._text(name, column)
            case "number" if column.numbers:
                return sql.col(f"{column.stored}_n")
            case "time" if column.times:
                return self._instant(column)
            case "boolean" if column.booleans:
                return sql.col(f"{column.stored}_b")
            case "present":
                return sql.is_present(sql.col(column.origin))
            case "steps" if column.numbers:
                return self._steps(sql.col(f"{column.stored}_n"))
        return None

    def _text(self, name: str, column: Column) -> Tree:
        tree = sql.text_of(column)
        if name in TRIMMED_FIELDS and column.padded:
            tree = _trimmed(tree)
        return exp.Upper(this=tree) if name == UPPER_FIELD else tree

    def _instant(self, column: Column) -> Tree:
        stamp = sql.col(f"{column.stored}_t")
        if column.zoned is Zoned.ALL or self.zone == "UTC":
            return stamp
        shifted = sql.sub(stamp, offset_tree(stamp, offsets_by_wall_time(self.zone)))
        if column.zoned is Zoned.MIXED:
            return sql.when(sql.col(f"{column.stored}_z"), stamp.copy(), shifted)
        return shifted

    def _steps(self, number: Tree) -> Tree:
        unit = int(self.hours_per_step * HOUR)
        last = LAST_TIME // unit
        is_whole = sql.binary(exp.EQ, sql.binary(exp.Mod, number, sql.whole(1)), sql.whole(0))
        in_range = exp.Between(this=number.copy(), low=sql.whole(-last), high=sql.whole(last))
        time = sql.binary(exp.Mul, sql.cast(number.copy(), COUNT), sql.whole(unit))
        return sql.when(sql.every([is_whole, in_range]), time)


def shown_type(binding: Binding) -> Tree:
    """The type as people wrote it, trimmed; read straight from the records."""
    column = binding.column(UPPER_FIELD)
    if column is None:
        return sql.null(TEXT)
    return _trimmed(sql.text_of(column)) if column.padded else sql.text_of(column)


def _or_null(tree: Tree | None, kind: str) -> Tree:
    return sql.null(kind) if tree is None else tree


def _folded(text: Tree, fold: Fold) -> Tree:
    return exp.Lower(this=text) if fold == "lower" else text


def _trimmed(tree: Tree) -> Tree:
    """Without blanks around: only a value that has some is trimmed, which costs a quarter of trimming all."""
    blanks = [sql.text(blank) for blank in BLANKS]
    has_blank = sql.some(
        [
            exp.In(this=side(this=tree.copy(), expression=sql.whole(1)), expressions=[b.copy() for b in blanks])
            for side in (exp.Left, exp.Right)
        ]
    )
    trimmed = exp.Trim(this=tree.copy(), expression=sql.text(BLANKS))
    return sql.when(has_blank, exp.Nullif(this=trimmed, expression=sql.text("")), tree.copy())
