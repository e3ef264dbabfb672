"""Conditions as SQL trees; three-valued: NULL is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlglot import exp

from compliance.columns import ColumnType
from compliance.engine import sql
from compliance.engine.arithmetic import LARGEST, compared_places, scaled_value
from compliance.engine.conditions import Branch, Condition, Leaf, Negation, Scalar
from compliance.engine.expressions import (
    FIELD_PLACES,
    Binary,
    Call,
    Constant,
    Field,
    Negative,
    Term,
    fields_of,
    has_product,
)
from compliance.engine.fields import UPPER_FIELD
from compliance.engine.inputs import Fold, Inputs
from compliance.engine.literals import number_in_text, time_in_text
from compliance.engine.operators import NEGATED, ORDERING, Operator
from compliance.engine.sql import SUM, WIDE, Tree

DAY = 86_400_000_000
"""Microseconds."""
EXPRESSION = "DECIMAL(20, 6)"
"""Of a number that an expression is compared with."""
SUM_EXPRESSION = "DECIMAL(38, 6)"
"""Of an expression that is divided by such a number."""


def predicate(condition: Condition, inputs: Inputs) -> Tree:
    """The condition over the columns that `inputs` hands out."""
    match condition:
        case Negation(of):
            return sql.negate(predicate(of, inputs))
        case Branch(kind, parts):
            join = sql.every if kind == "AND" else sql.some
            return join([predicate(part, inputs) for part in parts])
    if condition.operator in NEGATED:
        positive = Leaf(condition.subject, NEGATED[condition.operator], condition.value, condition.ignore_case)
        return sql.negate(_leaf(positive, inputs))
    return _leaf(condition, inputs)


def _leaf(leaf: Leaf, inputs: Inputs) -> Tree:
    """A comparison that is not a negation of another."""
    if isinstance(leaf.value, Field):
        return _with_field(leaf, leaf.value.name, inputs)
    match leaf.operator:
        case Operator.EXISTS:
            return inputs.present(_name(leaf.subject))
        case Operator.OLDER_THAN_DAYS | Operator.NEWER_THAN_DAYS:
            return _age(leaf, inputs)
        case Operator.IS_ROUND:
            return _is_round(leaf, inputs)
        case Operator.IN_LIST:
            return inputs.listed(inputs.text(_name(leaf.subject)), str(leaf.value), _fold(leaf))
    operands = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    values = [value for value in operands if value is not None]
    match leaf.operator:
        case Operator.EQ | Operator.IN:
            return _member(leaf, values, inputs)
        case Operator.BETWEEN:
            return sql.every([_order(leaf, ">=", values[0], inputs), _order(leaf, "<=", values[1], inputs)])
        case operator if operator in ORDERING:
            return _order(leaf, operator, values[0], inputs)
    text = inputs.text(_name(leaf.subject))
    if leaf.operator == Operator.MATCHES:
        return inputs.matched(text, str(values[0]))
    return _part(leaf.operator, text, sql.text(str(values[0])))


def _member(leaf: Leaf, values: Sequence[Scalar], inputs: Inputs) -> Tree:
    """Equal to any of `values`, each compared as its JSON type says."""
    tests: list[Tree] = []
    numbers = [literal(leaf.subject, value) for value in values if isinstance(value, Decimal)]
    if numbers:
        tests.append(_among(term(leaf.subject, inputs), numbers))
    for flag in {value for value in values if isinstance(value, bool)}:
        same = exp.EQ(this=inputs.boolean(_name(leaf.subject)), expression=exp.Boolean(this=flag))
        tests.append(same)
    texts = [value for value in values if isinstance(value, str)]
    if texts:
        tests.append(_among(*_comparable(leaf, texts, inputs)))
    return sql.some(tests)


def _comparable(leaf: Leaf, texts: Sequence[str], inputs: Inputs) -> tuple[Tree, list[Tree]]:
    name = _name(leaf.subject)
    literals: list[Tree] = [sql.text(value) for value in texts]
    if name == UPPER_FIELD:
        literals = [exp.Upper(this=text) for text in literals]
    if leaf.ignore_case:
        return exp.Lower(this=inputs.text(name)), [exp.Lower(this=text) for text in literals]
    return inputs.text(name), literals


def _fold(leaf: Leaf) -> Fold:
    if leaf.ignore_case:
        return "lower"
    return "upper" if _name(leaf.subject) == UPPER_FIELD else ""


def _among(value: Tree, choices: list[Tree]) -> Tree:
    if len(choices) == 1:
        return sql.binary(exp.EQ, value, choices[0])
    return exp.In(this=sql.paren(value), expressions=choices)


def _order(leaf: Leaf, operator: str, value: Scalar, inputs: Inputs) -> Tree:
    """Against a number, or against text that reads as a number or else as a time."""
    read = number_in_text(value) if isinstance(value, str) else value
    if isinstance(read, Decimal):
        return sql.compare(operator, term(leaf.subject, inputs), literal(leaf.subject, read))
    moment = time_in_text(str(value), ZoneInfo(inputs.zone))
    return sql.compare(operator, inputs.time(_name(leaf.subject)), sql.whole(moment))


def _with_field(leaf: Leaf, other: str, inputs: Inputs) -> Tree:
    """Field to field: as numbers when both are, else as times when both are, else as text."""
    if leaf.operator not in (Operator.EQ, *ORDERING):
        return _part(leaf.operator, inputs.text(_name(leaf.subject)), inputs.text(other))
    if not isinstance(leaf.subject, Field):
        right = inputs.number(other)
        if has_product(leaf.subject):
            right = scaled_field(right, compared_places(leaf.subject))
        return sql.compare(leaf.operator, term(leaf.subject, inputs), right)
    kinds = {inputs.binding.kind(leaf.subject.name), inputs.binding.kind(other)}
    read = {
        frozenset({ColumnType.NUMBER}): inputs.number,
        frozenset({ColumnType.TIME}): inputs.time,
    }.get(frozenset(kinds), inputs.text)
    left, right = read(leaf.subject.name), read(other)
    if read == inputs.text and UPPER_FIELD in (leaf.subject.name, other):
        left, right = exp.Upper(this=left), exp.Upper(this=right)
    if leaf.ignore_case and read == inputs.text:
        left, right = exp.Lower(this=left), exp.Lower(this=right)
    return sql.compare(leaf.operator, left, right)


def _part(operator: Operator, text: Tree, part: Tree) -> Tree:
    """Text against a part of it, whatever the case."""
    kind = {
        Operator.CONTAINS: exp.Contains,
        Operator.STARTS_WITH: exp.StartsWith,
        Operator.ENDS_WITH: exp.EndsWith,
    }[operator]
    return kind(this=exp.Lower(this=text), expression=exp.Lower(this=part))


def _age(leaf: Leaf, inputs: Inputs) -> Tree:
    edge = inputs.created_at_us - int(_decimal(leaf.value) * DAY)
    operator = "<" if leaf.operator == Operator.OLDER_THAN_DAYS else ">="
    return sql.compare(operator, inputs.time(_name(leaf.subject)), sql.whole(edge))


def _is_round(leaf: Leaf, inputs: Inputs) -> Tree:
    value, zero = term(leaf.subject, inputs), sql.whole(0)
    divisor = literal(leaf.subject, _decimal(leaf.value))
    if not isinstance(leaf.subject, Field) and not has_product(leaf.subject):  # unlike scales leave DECIMAL behind
        value, divisor = sql.cast(value, SUM_EXPRESSION), sql.cast(divisor, SUM_EXPRESSION)
    rest = sql.binary(exp.Mod, value, divisor)
    divisible = sql.binary(exp.EQ, rest, zero)
    return sql.every([divisible, sql.negate(sql.binary(exp.EQ, value.copy(), zero.copy()))])


def term(subject: Term, inputs: Inputs) -> Tree:
    """A field's number, or an expression's: missing as soon as one of its fields is.

    One with a product or quotient comes as value x 10^places, to be compared with `literal` or `scaled_field`.
    """
    if isinstance(subject, Field):
        return inputs.number(subject.name)
    if has_product(subject):
        return inputs.calculated(*_tree_and_layer(subject, inputs))
    tree = _arithmetic(subject, inputs)
    missing = [sql.is_null(inputs.number(name)) for name in sorted(set(fields_of(subject)))]
    return sql.when(sql.negate(sql.some(missing)), tree)


def literal(subject: Term, value: Decimal) -> Tree:
    """The number in the form in which `term(subject)` comes."""
    if isinstance(subject, Field):
        return sql.number(value)
    if not has_product(subject):
        return sql.number(value, EXPRESSION)
    scaled = int(value.scaleb(compared_places(subject)))  # beyond 38 digits nothing is equal, and everything smaller
    return sql.cast(sql.whole(max(-LARGEST - 1, min(LARGEST + 1, scaled))), WIDE)


def scaled_field(number: Tree, places: int) -> Tree:
    """A field's number as number x 10^places."""
    whole = sql.cast(sql.binary(exp.Mul, sql.cast(number, SUM), sql.whole(10**FIELD_PLACES)), WIDE)
    return sql.binary(exp.Mul, whole, sql.cast(sql.whole(10 ** (places - FIELD_PLACES)), WIDE))


def _tree_and_layer(subject: Term, inputs: Inputs) -> tuple[Tree, int]:
    scaled = scaled_value(subject, inputs)
    return scaled.tree, scaled.layer


def _arithmetic(subject: Term, inputs: Inputs) -> Tree:
    """Without products: exact in DECIMAL(38, 4)."""
    match subject:
        case Field(name):
            return sql.cast(inputs.number(name), SUM)
        case Constant(value):
            return sql.number(value, SUM)
        case Negative(of):
            return exp.Neg(this=sql.paren(_arithmetic(of, inputs)))
        case Binary(sign, left, right):
            kind = exp.Add if sign == "+" else exp.Sub
            return sql.binary(kind, _arithmetic(left, inputs), _arithmetic(right, inputs))
        case Call("abs", arguments):
            return exp.Abs(this=_arithmetic(arguments[0], inputs))
        case Call(function, arguments):
            first, *others = (_arithmetic(argument, inputs) for argument in arguments)
            choose = exp.Least if function == "min" else exp.Greatest
            return choose(this=first, expressions=others, ignore_nulls=True)


def _name(subject: Term) -> str:
    if not isinstance(subject, Field):
        raise TypeError("an expr is compared with numbers only; reading the rule made sure")
    return subject.name


def _decimal(value: object) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError("reading the rule made sure that this is a number")
    return value
