"""The engine equals the oracle on generated scans: findings to the row, values, counts, states, digest, scores.

Every run looks at the same scans; `ORACLE_EXAMPLES=5000 make test` at that many fresh ones. A difference names the
number of its scan: `ORACLE_FIRST=<number> ORACLE_EXAMPLES=8` looks at it, and a few after it, again.
"""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random, SystemRandom

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.compliance.agreement import BACKENDS, assert_agreement, differences, engine_result, oracle_result
from tests.compliance.edge_histories import WRITTEN
from tests.compliance.strategies import USUAL, Case, cases, corpus

WANTED = int(os.environ.get("ORACLE_EXAMPLES", "0"))
PARTS = 8
"""The scans are shared out to this many tests, so that several processes can look at them."""
on_every_backend = pytest.mark.parametrize("backend", BACKENDS)


def bounded(examples: int) -> settings:
    """`examples` scans, or the share of ORACLE_EXAMPLES that they are of 100. Failures are made small by
    `agreement.smallest`, which needs far fewer runs of the engine than shrinking does."""
    return settings(
        max_examples=max(1, examples * WANTED // 100) if WANTED else examples,
        derandomize=not WANTED,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def numbers(part: int) -> range:
    """The numbers of the scans that `part` looks at."""
    first, size = (0, USUAL // PARTS)
    if WANTED:
        first = int(os.environ.get("ORACLE_FIRST") or SystemRandom().randrange(10**12))
        size = max(1, WANTED // PARTS)
    return range(first + part * size, first + (part + 1) * size)


@on_every_backend
@pytest.mark.parametrize("part", range(PARTS))
def test_the_engine_equals_the_oracle(part: int, backend: str) -> None:
    for number, case in corpus(numbers(part)):
        try:
            assert_agreement(case, backend)
        except AssertionError as different:
            different.add_note(f"This is scan {number}.")
            raise


@on_every_backend
@bounded(10)
@given(case=cases())
def test_the_engine_equals_the_oracle_on_scans_of_hypothesis(case: Case, backend: str) -> None:
    assert_agreement(case, backend)


@on_every_backend
@pytest.mark.parametrize("name", WRITTEN)
def test_the_engine_equals_the_oracle_on_a_case_written_by_hand(name: str, backend: str) -> None:
    assert list(differences(WRITTEN[name], backend)) == []


@on_every_backend
@bounded(12)
@given(case=cases(largest=30), shuffle=st.randoms(use_true_random=True))
def test_shuffling_files_changes_no_digest_no_count_and_no_score(case: Case, shuffle: Random, backend: str) -> None:
    before, after = engine_result(case, backend), engine_result(case.shuffled(shuffle), backend)
    assert after["digest"] == before["digest"]
    assert (after["totals"], after["coverage"], after["scores"]) == (
        before["totals"], before["coverage"], before["scores"]
    )  # fmt: skip
    for name, result in before["rules"].items():
        assert after["rules"][name]["counts"] == result["counts"]
        named = {account for account in result["violations"] if not account.startswith("row:")}
        assert {a for a in after["rules"][name]["violations"] if not a.startswith("row:")} == named


@on_every_backend
@bounded(12)
@given(case=cases())
def test_counts_add_up(case: Case, backend: str) -> None:
    result = engine_result(case, backend)
    rules = result["rules"].values()
    records, findings, violations = result["totals"]
    assert all(sum(rule["counts"][:2]) == records for rule in rules)
    assert sum(len(rule["findings"]) for rule in rules) == findings
    assert sum(len(rule["violations"]) for rule in rules) == violations
    assert sum(one[0] for rule in rules for one in rule["violations"].values()) == findings


def test_one_more_row_and_one_more_rule_are_seen() -> None:
    """The comparison itself can fail: the oracle of a scan differs from that of its neighbours."""
    rule = {"rule_id": "R1", "name": "Any", "kind": "record", "severity": "LOW", "is_active": True}
    rule |= {"where": {"field": "amt", "operator": "exists"}}
    case = Case([rule], ["acct", "amt"], [["A", "1"], ["B", "2"]], {"account": "acct", "amount": "amt"})
    assert engine_result(case) == oracle_result(case)
    assert engine_result(case) != oracle_result(replace(case, rows=case.rows[:1]))
    assert engine_result(case) != oracle_result(replace(case, rules=[rule | {"severity": "HIGH"}]))
