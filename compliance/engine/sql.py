"""The few SQL building blocks of every stage. Trees only: no piece of SQL is ever put together as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Literal, TypeAlias

from sqlglot import exp

from compliance.columns import Column

Tree: TypeAlias = exp.Expr
NUMBER, SUM, VALUE, COUNT, TEXT, FLAG, WIDE, FLOAT = (
    "DECIMAL(18, 4)",
    "DECIMAL(38, 4)",
    "DECIMAL(38, 6)",
    "BIGINT",
    "TEXT",
    "BOOLEAN",
    "INT128",
    "DOUBLE",
)
"""Types a stage may use. WIDE is DECIMAL(38, 0) where a dialect has no 128-bit integer."""

NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Join, exp.Subquery, exp.With, exp.CTE,
        exp.Table, exp.TableAlias, exp.Column, exp.Identifier, exp.Alias, exp.Star,
        exp.Literal, exp.Null, exp.Boolean, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Paren, exp.Neg,
        exp.And, exp.Or, exp.Not, exp.Is, exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between,
        exp.Case, exp.If, exp.Add, exp.Sub, exp.Mul, exp.IntDiv, exp.Mod, exp.BitwiseAnd, exp.Abs, exp.Least,
        exp.Greatest, exp.Sqrt, exp.Coalesce, exp.Nullif, exp.DPipe, exp.Length, exp.Left, exp.Right, exp.Trim,
        exp.Upper, exp.Lower, exp.Contains, exp.StartsWith, exp.EndsWith, exp.RegexpLike, exp.SHA2,
        exp.Count, exp.Sum, exp.Min, exp.Max, exp.Distinct, exp.Lag, exp.Lead, exp.RowNumber, exp.Window,
        exp.WindowSpec, exp.Order, exp.Ordered, exp.Union, exp.Array, exp.ArrayAgg, exp.ArraySort, exp.ArrayToString,
    }
)  # fmt: skip
"""The closed list of node types: each is covered by a golden test per dialect and a run in the engine."""


LONG = "long"
"""Marks a division that needs all of 128 bits, see `divided`."""


def col(name: str, table: str | None = None) -> exp.Column:
    return exp.column(name, table=table, quoted=True)


def named(tree: Tree, name: str) -> exp.Alias:
    return exp.Alias(this=tree, alias=exp.to_identifier(name, quoted=True))


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def whole(value: int) -> Tree:
    """A whole number, as wide as it needs to be: every dialect reads it as INT or else BIGINT."""
    return exp.Literal.number(str(value))


def number(value: Decimal, kind: str = NUMBER) -> Tree:
    return cast(exp.Literal.number(f"{value:f}"), kind)


def cast(tree: Tree, kind: str) -> Tree:
    return exp.Cast(this=tree, to=_type(kind).copy())


@cache
def _type(kind: str) -> exp.DataType:
    return exp.DataType.build(kind)


def text_of(column: Column) -> Tree:
    """The text of a column of records."""
    if column.places is None:
        return col(column.stored)
    return cast(cast(col(column.origin), f"DECIMAL(18, {column.places})"), TEXT)


def null(kind: str) -> Tree:
    return cast(exp.Null(), kind)


def true() -> Tree:
    return exp.Boolean(this=True)


def paren(tree: Tree) -> Tree:
    simple = exp.Column | exp.Literal | exp.Cast | exp.Paren | exp.Func | exp.Boolean | exp.Null
    return tree if isinstance(tree, simple) and not isinstance(tree, exp.Connector) else exp.Paren(this=tree)


def every(parts: Sequence[Tree]) -> Tree:
    """All of `parts` (at least one), as a balanced tree so that a thousand parts nest ten deep."""
    return _balanced(exp.And, parts)


def some(parts: Sequence[Tree]) -> Tree:
    """Any of `parts`, balanced likewise."""
    return _balanced(exp.Or, parts)


def _balanced(kind: type[exp.And] | type[exp.Or], parts: Sequence[Tree]) -> Tree:
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _balanced(kind, parts[:middle]), _balanced(kind, parts[middle:])
    return kind(this=paren(left), expression=paren(right))


def negate(tree: Tree) -> Tree:
    return exp.Not(this=paren(tree))


def is_null(tree: Tree) -> Tree:
    return exp.Is(this=paren(tree), expression=exp.Null())


def is_present(tree: Tree) -> Tree:
    return exp.Not(this=is_null(tree))


def when(test: Tree, then: Tree, otherwise: Tree | None = None) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=test, true=then)], default=otherwise)


def binary(kind: type[exp.Binary], left: Tree, right: Tree) -> Tree:
    return kind(this=paren(left), expression=paren(right))


def add(left: Tree, right: Tree) -> Tree:
    return binary(exp.Add, left, right)


def sub(left: Tree, right: Tree) -> Tree:
    return binary(exp.Sub, left, right)


COMPARE: dict[str, type[exp.Binary]] = {
    "==": exp.EQ,
    ">": exp.GT,
    ">=": exp.GTE,
    "<": exp.LT,
    "<=": exp.LTE,
}


def compare(operator: str, left: Tree, right: Tree) -> Tree:
    return binary(COMPARE[operator], left, right)


def has_bit(mask: tuple[str, int], table: str | None = None) -> Tree:
    """Whether bit `mask[1]` of the mask column `mask[0]` is set."""
    bit = exp.BitwiseAnd(this=col(mask[0], table), expression=whole(1 << mask[1]))
    return exp.GT(this=paren(bit), expression=whole(0))


Bound: TypeAlias = int | Literal["start", "here"]


def over(
    function: Tree,
    partition: Iterable[str],
    order: str | None = None,
    start: Bound = "start",
    end: Bound = "here",
) -> Tree:
    """`function` over a window; with `order`, over the RANGE from `start` to `end`.

    A bound is "start" (unbounded), "here" (the current row and its peers), or a distance along `order`:
    negative before, positive after.
    """
    window = exp.Window(this=function, partition_by=[col(name) for name in partition])
    if order is not None:
        window.set("order", exp.Order(expressions=[exp.Ordered(this=col(order))]))
        if not isinstance(function, exp.Lag | exp.Lead):
            window.set("spec", exp.WindowSpec(kind="RANGE", **_bound("start", start), **_bound("end", end)))
    return window


def _bound(side: str, bound: Bound) -> dict[str, object]:
    if bound == "start":
        return {side: "UNBOUNDED", f"{side}_side": "PRECEDING"}
    if bound == "here":
        return {side: "CURRENT ROW"}
    direction = "PRECEDING" if bound < 0 else "FOLLOWING"
    return {side: exp.Literal.number(str(abs(bound))), f"{side}_side": direction}


def query(
    columns: Sequence[Tree | str],
    source: str | exp.Select | exp.Union,
    *,
    where: Tree | None = None,
    match: tuple[str, Sequence[str]] | None = None,
    group: Sequence[str] = (),
    having: Tree | None = None,
) -> exp.Select:
    """SELECT columns FROM source: a table, which `match` joins with another on equal columns, or a query.

    Built in place: SQLGlot's own builders copy the whole tree at every step.
    """
    select = exp.Select(expressions=[col(part) if isinstance(part, str) else part for part in columns])
    if isinstance(source, str):
        select.set("from_", exp.From(this=table(source)))
    else:
        alias = exp.TableAlias(this=exp.to_identifier("inner", quoted=True))
        select.set("from_", exp.From(this=exp.Subquery(this=source, alias=alias)))
    if match is not None and isinstance(source, str):
        other, keys = match
        equal = [exp.EQ(this=col(key, source), expression=col(key, other)) for key in keys]
        select.append("joins", exp.Join(this=table(other), on=every(equal)))
    if where is not None:
        select.set("where", exp.Where(this=where))
    if group:
        select.set("group", exp.Group(expressions=[col(key) for key in group]))
    if having is not None:
        select.set("having", exp.Having(this=having))
    return select


def table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def all_of(name: str) -> Tree:
    """name.*"""
    return exp.Column(this=exp.Star(), table=exp.to_identifier(name, quoted=True))


def with_steps(select: exp.Select, steps: Iterable[tuple[str, exp.Select]]) -> exp.Select:
    """WITH name AS (step), ... before `select`, in order."""
    ctes = [exp.CTE(this=step, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True))) for name, step in steps]
    select.set("with_", exp.With(expressions=ctes))
    return select


def divided(numerator: Tree, denominator: Tree) -> Tree:
    """numerator / denominator without its fraction, of whole numbers of up to 38 digits; denominator > 0 or NULL.

    `exp.IntDiv` alone is for numerators of up to 34 digits whose quotient fits in 64 bits.
    """
    quotient = binary(exp.IntDiv, numerator, denominator)
    quotient.meta[LONG] = True
    return quotient


def half_even(numerator: Tree, denominator: Tree, divide: Callable[[Tree, Tree], Tree] | None = None) -> Tree:
    """numerator / denominator of whole numbers, rounded half-even; numerator >= 0, denominator > 0.

    `divide` is `divided` where the quotient may need more than 64 bits.
    """
    quotient = divide(numerator, denominator) if divide else binary(exp.IntDiv, numerator, denominator)
    rest = binary(exp.Mod, numerator.copy(), denominator.copy())
    twice = binary(exp.Mul, rest, whole(2))
    odd = binary(exp.EQ, binary(exp.Mod, quotient.copy(), whole(2)), whole(1))
    up = some(
        [
            binary(exp.GT, twice, denominator.copy()),
            every([binary(exp.EQ, twice.copy(), denominator.copy()), odd]),
        ]
    )
    return add(quotient, when(up, whole(1), whole(0)))
