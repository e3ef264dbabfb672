"""A tree as SQL of a dialect. Where Spark's functions say something else than DuckDB's, the tree is put in other words.

Sail and Apache Spark disagree with DuckDB, and with each other, on whole numbers beyond 64 bits (Spark's quotient
wraps, Sail's overflows from 10^34 on), on signs, on lists that a missing value is looked for in, and on the case of
letters outside ASCII. Regular expressions are no matter of words: see `Plan.patterns`.
"""

from __future__ import annotations

from functools import cache

import duckdb
import sqlglot
import sqlglot.dialects.duckdb  # else the first statement of a scan waits for it
from sqlglot import exp

from compliance.engine import sql
from compliance.engine.sql import COUNT, FLOAT, LONG, Tree

WIDE = "DECIMAL(38, 0)"
"""The widest whole number of Spark."""
HIGH, LOW = 22, 11
"""A number of 38 digits is divided in three steps: above 10^22, 10^11 below that, and the rest."""
STEEP = 10**23
"""From this divisor on the quotient is below 10^15, which a DOUBLE divides exactly when nothing is left over."""
BEYOND = 10**38
"""What a whole number of 38 digits never reaches."""
ADDED: frozenset[type[exp.Expr]] = frozenset({exp.Div, exp.Round, exp.Translate, exp.Anonymous})
"""Nodes of those other words, beside sql.NODES. The one anonymous function is OCTET_LENGTH."""
LETTERS = 0x20000
"""Code points from here on have no case."""


def render(tree: Tree, dialect: str) -> str:
    """The tree as SQL of `dialect`; raises sqlglot.errors.UnsupportedError rather than approximate.

    Not of a copy, which takes SQLGlot as long to make as the text: our nodes are written without being changed.
    """
    return (tree if dialect == "duckdb" else for_spark(tree)).sql(
        dialect=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE, copy=False
    )


def for_spark(tree: Tree) -> Tree:
    """A copy in Spark's words; what is inside comes first, as it may be said more than once."""
    tree = tree.copy()
    for node in reversed(list(tree.walk())):
        said = _said(node)
        if said is not None and node is tree:
            return said
        if said is not None:
            node.replace(said)
    return tree


def _said(node: Tree) -> Tree | None:
    match node:
        case exp.DataType() if node.this == exp.DataType.Type.INT128:
            return exp.DataType.build(WIDE)
        case exp.EQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE() if _is_beyond(node.expression):
            return _decided(node)
        case exp.Mod() if _is_beyond(node.expression):
            return sql.paren(node.this.copy())
        case exp.In():
            return _member(node)
        case exp.IntDiv() if node.meta.get(LONG):
            return exp.Paren(this=_divided(node.this, node.expression))
        case exp.Neg() if not isinstance(node.this, exp.Literal):
            return exp.Paren(this=_negative(node.this))
        case exp.Abs():
            return exp.Greatest(this=node.this.copy(), expressions=[_negative(node.this)], ignore_nulls=True)
        case exp.Upper() | exp.Lower():
            return _folded(node)
    return None


def _is_beyond(tree: Tree) -> bool:
    """Whether this is a whole number that no value reaches, and that Spark cannot write."""
    number = tree.this if isinstance(tree, exp.Cast) else tree
    number = number.this if isinstance(number, exp.Neg) else number
    return isinstance(number, exp.Literal) and bool(number.is_int) and int(number.this) >= BEYOND


def _decided(node: exp.Binary) -> Tree:
    """A comparison with such a number: it is above all values, or below all; missing where the value is."""
    is_above = node.expression.find(exp.Neg) is None
    truth = isinstance(node, exp.LT | exp.LTE) if is_above else isinstance(node, exp.GT | exp.GTE)
    return _where_present(node.this, exp.Boolean(this=truth))


def _member(node: exp.In) -> Tree:
    """Missing where the value is, whatever an optimizer makes of `x IN (a) AND NOT x IN (a)`."""
    within = [each.copy() for each in node.expressions if not _is_beyond(each)]
    among = exp.In(this=node.this.copy(), expressions=within) if within else exp.Boolean(this=False)
    return _where_present(node.this, among)


def _where_present(value: Tree, test: Tree) -> Tree:
    return sql.when(sql.is_present(value.copy()), test)


def _negative(tree: Tree) -> Tree:
    """Not by a sign, which keeps 34 digits in Spark and changes the type in Sail."""
    return sql.sub(sql.whole(0), tree.copy())


def _divided(top: Tree, bottom: Tree) -> Tree:
    """Long division: `top` of up to 38 digits, `bottom` above 0 or NULL. No step needs more than a dialect divides."""
    top, bottom = sql.paren(top), sql.paren(bottom)
    head, middle = _head(top), sql.binary(exp.IntDiv, _rest(top, 10**HIGH), sql.whole(10**LOW))
    high = sql.binary(exp.IntDiv, head, bottom.copy())
    second = sql.add(_shifted(sql.binary(exp.Mod, head.copy(), bottom.copy()), LOW), middle)
    mid = sql.binary(exp.IntDiv, second, bottom.copy())
    third = sql.add(_shifted(sql.binary(exp.Mod, second.copy(), bottom.copy()), LOW), _rest(top.copy(), 10**LOW))
    low = sql.when(
        exp.LT(this=bottom.copy(), expression=_wide(STEEP)),
        sql.binary(exp.IntDiv, third, bottom.copy()),
        _multiple_divided(third.copy(), bottom.copy()),
    )
    return sql.add(sql.add(_shifted(high, HIGH), _shifted(mid, LOW)), sql.cast(low, WIDE))


def _head(top: Tree) -> Tree:
    """The digits above 10^22: the others become zeros, and fall off when multiplied by 10^-22."""
    zeros = sql.sub(top.copy(), _rest(top.copy(), 10**HIGH))
    shift = sql.cast(exp.Literal.number(f"0.{'0' * (HIGH - 1)}1"), f"DECIMAL({HIGH}, {HIGH})")
    return sql.cast(sql.binary(exp.Mul, zeros, shift), WIDE)


def _rest(top: Tree, unit: int) -> Tree:
    return sql.binary(exp.Mod, top.copy(), _wide(unit))


def _shifted(tree: Tree, power: int) -> Tree:
    return sql.binary(exp.Mul, sql.cast(tree, WIDE), _wide(10**power))


def _wide(value: int) -> Tree:
    return sql.cast(sql.whole(value), WIDE)


def _multiple_divided(top: Tree, bottom: Tree) -> Tree:
    multiple = sql.sub(top, sql.binary(exp.Mod, top.copy(), bottom))
    ratio = exp.Div(this=sql.cast(multiple, FLOAT), expression=sql.cast(bottom.copy(), FLOAT))
    return sql.cast(exp.Round(this=ratio), COUNT)


def _folded(fold: exp.Upper | exp.Lower) -> Tree:
    """Letter by letter as DuckDB does it. Other engines make two letters of one, or look at the next."""
    octets = exp.Anonymous(this="OCTET_LENGTH", expressions=[fold.this.copy()])
    is_ascii = exp.EQ(this=exp.Length(this=fold.this.copy()), expression=octets)
    letters, others = _letters("upper" if isinstance(fold, exp.Upper) else "lower")
    by_letter = exp.Translate(this=fold.this.copy(), from_=sql.text(letters), to=sql.text(others))
    return sql.when(is_ascii, fold.copy(), by_letter)


@cache
def _letters(function: str) -> tuple[str, str]:
    """All letters that DuckDB's `function` turns into another, and those others."""
    query = (
        f"SELECT string_agg(chr(i), '' ORDER BY i), string_agg({function}(chr(i)), '' ORDER BY i) "  # noqa: S608
        f"FROM (SELECT i::INT AS i FROM range(1, {LETTERS}) AS points(i) WHERE i NOT BETWEEN 55296 AND 57343) "
        f"WHERE {function}(chr(i)) <> chr(i)"
    )
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchone()
    if found is None or len(found[0]) != len(found[1]):
        raise RuntimeError("letters of which the other case is more than one letter")
    return found[0], found[1]
