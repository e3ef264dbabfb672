"""Why the score moved between two scans: the change, split exactly into named parts.

Everything is rational until the end. Each piece is then written with a fixed number of places, and what that
rounding leaves, with the rounding and clamping of the two scores themselves, is the part `bounds`: the parts always
sum to the change, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from compliance.engine import score

MOST_PLACES = 9
DIGITS = 14
"""Digits a part is written with, so that it survives being read as a binary floating-point number."""


class Part(StrEnum):
    RULE = "rule"  # the rule itself was changed, added, removed, switched on or off
    REVIEW = "review"  # a violation was closed or opened again by a review or a waiver
    NEW = "new"
    RESOLVED = "resolved"
    GROWN = "grown"  # more findings than before
    SHRUNK = "shrunk"
    VOLUME = "volume"  # the same weight over more or fewer records; rules that could run in one scan only
    BOUNDS = "bounds"  # rounding, and scores held at 0 or 100


@dataclass(frozen=True)
class Split:
    """Scores before and after; `parts` has every Part and sums to their difference.

    `by_rule` has what each rule contributed to the parts; with the pieces of no rule (`volume`, `bounds`) it sums to
    the difference as well.
    """

    before: Decimal
    after: Decimal
    parts: Mapping[Part, Decimal]
    by_rule: Mapping[str, Mapping[Part, Decimal]]

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True)
class WeightMoves:
    """How the open weight of one rule moved (quarters x findings), by cause; `changed`: the rule is not the same."""

    rule_id: str
    changed: bool
    moves: Mapping[Part, int]


@dataclass(frozen=True)
class Standing:
    """One rule under the `rules` method: its severities, None where it could not run; why it turned, if it did."""

    rule_id: str
    changed: bool
    before: str | None
    after: str | None
    violated_before: bool
    violated_after: bool
    cause: Part


def split_weights(
    rules: Sequence[WeightMoves], *, weights: tuple[int, int], records: tuple[int, int]
) -> Split:  # fmt: skip
    """The split under `severity_weighted`; `weights` (W) and `records` (N) are those before and after.

    A scan without records has no weight; its N is taken to be the other's, so that nothing is volume then.
    """
    divisors = records[0] or records[1] or 1, records[1] or records[0] or 1
    pieces: dict[tuple[str, Part], Fraction] = {}
    for rule in rules:
        for cause, moved in rule.moves.items():
            key = rule.rule_id, Part.RULE if rule.changed else cause
            pieces[key] = pieces.get(key, Fraction(0)) - Fraction(25 * moved, divisors[1])
    volume = -25 * weights[0] * (Fraction(1, divisors[1]) - Fraction(1, divisors[0]))
    before, after = (score.severity_weighted(*side) for side in zip(weights, records, strict=True))
    return _written(before, after, pieces, volume)


def split_rules(rules: Sequence[Standing]) -> Split:
    """The split under `rules`: S = 100 (1 - V/T), V the weight of the violated rules, T of all that could run.

    dS = -100 (Vb - Va)/Tb + 100 Va (Tb - Ta)/(Ta Tb), and both differences are sums over rules. Raises ValueError when
    no rule could run in one of the scans: it has no score.
    """
    listed = [
        [(rule.before, rule.violated_before) for rule in rules],
        [(rule.after, rule.violated_after) for rule in rules],
    ]
    before, after = (score.by_rules([(word, hit) for word, hit in side if word]) for side in listed)
    totals = [sum(_weight(word) for word, _ in side) for side in listed]
    violated = sum(_weight(rule.before) for rule in rules if rule.violated_before)
    pieces: dict[tuple[str, Part], Fraction] = {}
    for rule in rules:
        was, now = _weight(rule.before), _weight(rule.after)
        turned = now * rule.violated_after - was * rule.violated_before
        counted = Fraction(100 * violated * (now - was), totals[0] * totals[1])
        pieces[rule.rule_id, _part(rule)] = counted - Fraction(100 * turned, totals[1])
    return _written(before, after, pieces, Fraction(0))


def _part(rule: Standing) -> Part:
    if rule.changed:
        return Part.RULE
    return rule.cause if (rule.before is None) == (rule.after is None) else Part.VOLUME


def _weight(severity: str | None) -> int:
    return score.WEIGHTS[severity] if severity else 0


def _written(before: Decimal, after: Decimal, pieces: Mapping[tuple[str, Part], Fraction], volume: Fraction) -> Split:
    places = _places([*pieces.values(), volume, *_totals(pieces).values()])
    written = {key: _decimal(piece, places) for key, piece in pieces.items()}
    parts = dict.fromkeys(Part, Decimal(0)) | {Part.VOLUME: _decimal(volume, places)}
    by_rule: dict[str, dict[Part, Decimal]] = {}
    for (rule_id, part), piece in written.items():
        parts[part] += piece
        by_rule.setdefault(rule_id, {})[part] = piece
    parts[Part.BOUNDS] = after - before - sum(parts.values(), Decimal(0))
    return Split(before, after, parts, by_rule)


def _totals(pieces: Mapping[tuple[str, Part], Fraction]) -> dict[Part, Fraction]:
    totals: dict[Part, Fraction] = {}
    for (_, part), piece in pieces.items():
        totals[part] = totals.get(part, Fraction(0)) + piece
    return totals


def _places(amounts: Iterable[Fraction]) -> int:
    largest = max((abs(amount) for amount in amounts), default=Fraction(0))
    return max(2, min(MOST_PLACES, DIGITS - len(str(int(largest)))))


def _decimal(amount: Fraction, places: int) -> Decimal:
    return Decimal(round(amount * 10**places)).scaleb(-places)  # round() of a Fraction is half-even
