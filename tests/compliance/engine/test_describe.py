"""Rules in words."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.engine.describe import describe
from compliance.engine.rules import parse_rule
from compliance.packs import load_pack
from tests.compliance.engine.scanning import leaf, rule

SUM = {"function": "sum", "of": "amount", "operator": ">", "threshold": 25000}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (rule(where=leaf("amount", ">=", 10000)), "A record is reported when amount is at least 10,000."),
        (
            rule(where={"OR": [leaf("a", "not_exists"), {"NOT": leaf("b", "between", [1, 2.5])}]}),
            "A record is reported when a is missing or not (b is between 1 and 2.5).",
        ),
        (
            rule(where=leaf("a", "in", list(range(12)))),
            "A record is reported when a is one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more.",
        ),
        (
            rule("aggregate", **SUM, window={"hours": 24}, min_records=2, group_by=["recipient"]),
            "Per account and recipient, the sum of amount within 24 hours is above 25,000, over at least 2 records.",
        ),
        (
            rule("dormancy", quiet_days=90, where=leaf("amount", ">", 5000)),
            "A record (where amount is above 5,000) of an account that had no record for 90 days or more.",
        ),
        (
            rule("duplicate", key=["amount"], window={"hours": 1}, across_accounts=True),
            "Two or more records of any accounts have the same amount, each less than 1 hours after the one before.",
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(raw: dict[str, Any], words: str) -> None:
    assert describe(parse_rule(raw)) == words


def test_every_rule_of_the_pack_has_a_sentence() -> None:
    for each in load_pack("aml").rules:
        assert describe(each).endswith(".")
