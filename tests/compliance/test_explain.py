"""Which columns of a file a rule looks at."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.explain import columns_read
from tests.compliance.engine.scanning import leaf, rule

SUM = {"function": "sum", "of": "amount", "operator": ">", "threshold": 10}
MAPPING = {"account": "From", "amount": "Sum", "type": "Kind", "timestamp": "When", "recipient": "To"}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (rule(where=leaf("amount", ">", 1)), {"Sum"}),
        (rule(where=leaf("Free text", "==", "x")), {"Free text"}),
        (rule(where=leaf("transaction_type", "==", "CASH")), {"Kind"}),
        (rule(where=leaf("account", "==", "A1")), {"From"}),
        (rule("aggregate", **SUM), {"Sum"}),
        (rule("aggregate", **SUM, group_by=["recipient"], window={"hours": 24}), {"Sum", "When"}),
        (rule("duplicate", key=["recipient", "amount"]), {"To", "Sum"}),
        (rule("dormancy", quiet_days=90, where=leaf("amount", ">", 1)), {"Sum", "When"}),
    ],
)
def test_a_rule_reads_what_it_compares_and_not_what_it_groups_by(raw: dict[str, Any], read: set[str]) -> None:
    known = {*MAPPING.values(), "Free text", "Other"}
    assert columns_read(raw, MAPPING) & known == read


def test_a_file_that_counts_steps_has_its_time_there() -> None:
    assert "Step" in columns_read(rule("dormancy", quiet_days=90), {"step": "Step"})


def test_a_column_under_another_spelling_of_the_field_is_found() -> None:
    assert "transaction_type" in columns_read(rule(where=leaf("type", "==", "CASH")), {})
