"""A word for how each rule fares."""

from __future__ import annotations

import pytest

from compliance.actions.health import RuleHealth, wilson
from compliance.admin.rule_health import told
from tests.compliance.admin.test_scan_page import words


def health(approved: int = 0, false: int = 0, **about: object) -> RuleHealth:
    facts = {"scans": 3, "findings": 5, "violations": 5, "never_fires": False, "always_fires": False,
             "least_share": 0.1, "contained_in": ()}  # fmt: skip
    return RuleHealth(rule_id="R", name="R", precision=wilson(approved, false), **{**facts, **about})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fares", "shown"),
    [
        (None, "switched off"),
        (health(scans=0), "has not run yet"),  # and nothing of decisions
        (health(never_fires=True), "never fires"),
        (health(always_fires=True), "always fires"),
        (health(contained_in=("A", "B")), "finds nothing of its own All of it is found by A and by B, too. Nobody has"),
        (health(), "in order Nobody has decided on what it finds."),
        (health(approved=3, false=1), "in order Right in 75% of 4 decisions: too few to tell."),
        (health(approved=1), "Right in 100% of 1 decision: too few to tell."),
        (health(approved=30, false=10), "in order Right in 75% of 40 decisions (60% to 86%)."),
        (health(approved=2, false=38), "mostly wrong Right in 5% of 40 decisions"),
    ],
)
def test_each_has_a_word(fares: RuleHealth | None, shown: str) -> None:
    assert shown in words(str(told(fares)))


def test_several_words_stand_side_by_side() -> None:
    text = words(str(told(health(always_fires=True, contained_in=("A",)))))
    assert "always fires" in text
    assert "finds nothing of its own All of it is found by A, too." in text
    assert "in order" not in text
