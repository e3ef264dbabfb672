"""The difference between two versions of rules, in words."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.engine.difference_words import difference_in_words
from tests.compliance.engine.scanning import leaf, rule

BIG = {**rule(where=leaf("amount", ">", 100)), "rule_id": "BIG", "name": "Big", "severity": "HIGH", "is_active": True}
OTHER = {**BIG, "rule_id": "OTHER"}


def changed(**parts: Any) -> list[str]:
    return difference_in_words([BIG], [{**BIG, **parts}])


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"severity": "LOW"}, "BIG: severity HIGH → LOW."),
        ({"is_active": False}, "BIG: switched off."),
        ({"name": "Large"}, "BIG: name Big → Large."),
        ({"policy_section": "Part 7"}, "BIG: law section none → Part 7."),
        ({"description": "x", "tags": ["y"]}, "BIG: description rewritten; tags rewritten."),
        (
            {"where": leaf("amount", ">", 200), "severity": "LOW"},
            'BIG: severity HIGH → LOW; it now says "A record is reported when amount is above 200.", '
            'before "A record is reported when amount is above 100.".',
        ),
    ],
)
def test_a_changed_rule_is_told_in_a_sentence(parts: dict[str, Any], told: str) -> None:
    assert changed(**parts) == [told]


def test_what_words_leave_out_is_not_called_unchanged() -> None:
    long = leaf("amount", "in", list(range(20)))
    before, after = {**BIG, "where": long}, {**BIG, "where": leaf("amount", "in", [*range(19), 99])}
    assert difference_in_words([before], [after]) == ["BIG: what it compares with was changed."]


def test_what_came_went_and_moved() -> None:
    assert difference_in_words([BIG], [BIG, OTHER]) == [
        "OTHER was added: A record is reported when amount is above 100."
    ]
    assert difference_in_words([BIG, OTHER], [OTHER]) == ["BIG was removed."]
    assert difference_in_words([BIG, OTHER], [OTHER, BIG]) == ["The rules stand in another order."]
    assert difference_in_words([BIG], [BIG]) == []
