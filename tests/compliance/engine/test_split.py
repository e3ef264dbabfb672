"""The split of a score's change, for arbitrary scans: worked out a second time from the violations, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from compliance.engine.score import WEIGHTS, by_rules, severity_weighted
from compliance.engine.split import Part, Split, Standing, WeightMoves, split_rules, split_weights

CAUSES = [Part.REVIEW, Part.NEW, Part.RESOLVED, Part.GROWN, Part.SHRUNK]
counts = st.integers(0, 10**9)
moves = st.dictionaries(st.sampled_from(CAUSES), st.integers(-(10**6), 10**6), max_size=5)
rules_moved = st.lists(
    st.builds(WeightMoves, rule_id=st.sampled_from("ABCDEFGH"), changed=st.booleans(), moves=moves),
    unique_by=lambda rule: rule.rule_id,
    max_size=8,
)
severities = st.none() | st.sampled_from(sorted(WEIGHTS))


@st.composite
def standings(draw: Any) -> list[Standing]:
    made = []
    for name in draw(st.lists(st.sampled_from("ABCDEFGH"), unique=True, min_size=1)):
        before, after = draw(severities), draw(severities)
        hit = [bool(word) and draw(st.booleans()) for word in (before, after)]
        cause = draw(st.sampled_from([Part.REVIEW, Part.NEW, Part.RESOLVED]))
        made.append(Standing(name, draw(st.booleans()), before, after, *hit, cause))
    assume(any(rule.before for rule in made) and any(rule.after for rule in made))
    return made


def raw(weight: int, records: int) -> Fraction:
    return 100 - Fraction(25 * weight, records) if records else Fraction(100)


def check_sums(split: Split) -> None:
    assert set(split.parts) == set(Part)
    assert sum(split.parts.values()) == split.after - split.before == split.change
    pieces: dict[Part, Decimal] = {}
    for parts in split.by_rule.values():
        for part, piece in parts.items():
            pieces[part] = pieces.get(part, Decimal(0)) + piece
    loose = split.parts[Part.VOLUME] - pieces.get(Part.VOLUME, 0), split.parts[Part.BOUNDS]
    assert sum(pieces.values()) + sum(loose) == split.change
    assert all(split.parts[part] == pieces.get(part, 0) for part in (Part.RULE, *CAUSES))
    # Partners read them as binary floating-point numbers: what they read is what we wrote.
    assert all(Decimal(repr(float(part))) == part for part in split.parts.values())


@given(rules_moved, st.integers(0, 10**8), counts, counts)
def test_the_parts_sum_to_the_change_whatever_moved(
    rules: list[WeightMoves], before: int, records_before: int, records_after: int
) -> None:
    after = before + sum(moved for rule in rules for moved in rule.moves.values())
    weights = (before if records_before else 0, max(after, 0) if records_after else 0)
    split = split_weights(rules, weights=weights, records=(records_before, records_after))
    check_sums(split)
    scores = [severity_weighted(*side) for side in zip(weights, (records_before, records_after), strict=True)]
    assert [split.before, split.after] == scores


@given(rules_moved, st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_bounds_is_what_rounding_and_clamping_did_and_nothing_else(
    rules: list[WeightMoves], before: int, records_before: int, records_after: int
) -> None:
    after = before + sum(moved for rule in rules for moved in rule.moves.values())
    assume(after >= 0)
    split = split_weights(rules, weights=(before, after), records=(records_before, records_after))
    bent = Fraction(split.change) - raw(after, records_after) + raw(before, records_before)
    assert abs(Fraction(split.parts[Part.BOUNDS]) - bent) < Fraction(45, 100_000)  # of the written digits


@given(rules_moved, st.integers(0, 10**6), counts)
def test_what_a_changed_rule_moved_is_the_rule_part_alone(
    rules: list[WeightMoves], before: int, records: int
) -> None:  # fmt: skip
    edited = [WeightMoves(rule.rule_id, True, rule.moves) for rule in rules]
    after = before + sum(moved for rule in rules for moved in rule.moves.values())
    assume(after >= 0 and records)
    split = split_weights(edited, weights=(before, after), records=(records, records))
    assert {part for part, amount in split.parts.items() if amount} <= {Part.RULE, Part.BOUNDS}


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_rows_without_findings_move_volume_alone(weight: int, records: int, more: int) -> None:
    split = split_weights([WeightMoves("A", False, {})], weights=(weight, weight), records=(records, records + more))
    assert {part for part, amount in split.parts.items() if amount} <= {Part.VOLUME, Part.BOUNDS}
    assert split.parts[Part.VOLUME] >= 0


@pytest.mark.parametrize(
    ("weights", "records", "moved", "expected"),
    [
        ((0, 0), (0, 0), {}, {}),
        ((0, 3), (0, 10), {Part.NEW: 3}, {Part.NEW: "-7.5"}),
        ((3, 0), (10, 0), {Part.RESOLVED: -3}, {Part.RESOLVED: "7.5"}),
        ((3, 3), (10, 30), {}, {Part.VOLUME: "5"}),
        ((0, 90), (10, 10), {Part.NEW: 90}, {Part.NEW: "-225", Part.BOUNDS: "125"}),
        ((0, 1), (3, 3), {Part.GROWN: 1}, {Part.GROWN: "-8.333333333", Part.BOUNDS: "0.003333333"}),
    ],
)
def test_by_hand(
    weights: tuple[int, int], records: tuple[int, int], moved: Mapping[Part, int], expected: Mapping[Part, str]
) -> None:
    split = split_weights([WeightMoves("A", False, moved)], weights=weights, records=records)
    assert {part: amount for part, amount in split.parts.items() if amount} == {
        part: Decimal(amount) for part, amount in expected.items()
    }


@given(standings())
def test_under_the_rules_method_the_parts_sum_to_the_change(rules: list[Standing]) -> None:
    split = split_rules(rules)
    check_sums(split)
    assert split.before == by_rules([(rule.before, rule.violated_before) for rule in rules if rule.before])
    assert split.after == by_rules([(rule.after, rule.violated_after) for rule in rules if rule.after])
    assert abs(split.parts[Part.BOUNDS]) <= Decimal("0.0101")  # nothing is clamped: two roundings of a score


@given(standings())
def test_under_the_rules_method_a_rule_is_charged_only_where_it_turned_or_was_counted_anew(
    rules: list[Standing],
) -> None:
    split = split_rules(rules)
    for rule in rules:
        if (rule.before, rule.violated_before) == (rule.after, rule.violated_after):
            assert not any(split.by_rule[rule.rule_id].values())
        elif rule.changed:
            assert set(split.by_rule[rule.rule_id]) == {Part.RULE}


def test_the_rules_method_by_hand() -> None:
    same = [
        Standing("A", False, "HIGH", "HIGH", False, True, Part.NEW),
        Standing("B", False, "LOW", "LOW", *[False] * 2, Part.NEW),
    ]
    assert split_rules(same).parts[Part.NEW] == -75
    gone = [
        Standing("A", False, "HIGH", None, True, False, Part.RESOLVED),
        Standing("B", False, "LOW", "LOW", *[False] * 2, Part.NEW),
    ]
    assert (split_rules(gone).change, split_rules(gone).parts[Part.VOLUME]) == (75, 75)


def test_a_scan_in_which_no_rule_could_run_has_no_score_to_split() -> None:
    with pytest.raises(ValueError, match="no rule could run"):
        split_rules([Standing("A", False, "HIGH", None, False, False, Part.NEW)])
