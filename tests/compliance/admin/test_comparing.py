"""The page that puts two scans of one policy side by side."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from compliance.admin.comparing import signed
from compliance.models import ComplianceScan, Policy
from tests.compliance import factories
from tests.compliance.admin.test_scan_page import words
from tests.compliance.desk import CONFIG

BEFORE = b"Account,Amount,Date\nA1,500,2024-01-01\nA2,500,2024-01-02\nA9,5,2024-01-02\n"
AFTER = b"Account,Amount,Date\nA2,500,2024-01-01\nA3,500,2024-01-02\nA4,900,2024-01-02\n"


def compare(scan: ComplianceScan) -> str:
    return reverse("admin:compliance_compliancescan_compare", args=[scan.pk])


@pytest.fixture
def scans(cast: SimpleNamespace) -> tuple[ComplianceScan, ComplianceScan]:
    policy = factories.policy(cast.acme)
    return tuple(factories.executed(cast.acme, content, CONFIG, on=policy) for content in (BEFORE, AFTER))  # type: ignore[return-value]


def tables(client: Any, address: str, **query: object) -> dict[str, Any]:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return {table.id: table for table in answer.context["tables"]}


def accounts(found: dict[str, Any]) -> list[str]:
    return [words(str(row[0])).strip() for row in found["accounts"].rows]


def test_the_scan_before_is_what_one_compares_with_unless_another_is_chosen(cast: SimpleNamespace, scans: Any) -> None:
    first, second = scans
    text = words(cast.reader.get(compare(second)).content.decode())
    assert f"Before {first.score}" in text
    assert f"After {second.score}" in text
    assert "2 new , 1 resolved , 1 unchanged" in text
    # The earlier one is "before", whichever was asked for first.
    text = words(cast.reader.get(compare(first)).content.decode())
    assert f"Before {first.score}" in text


def test_rules_are_counted_and_the_points_add_up(cast: SimpleNamespace, scans: Any) -> None:
    first, second = scans
    found = tables(cast.reader, compare(second))
    rule, *counts = (words(str(cell)).strip() for cell in found["by-rule"].rows[0])
    assert (rule, counts[:3]) == ("BIG", ["2", "1", "1"])
    assert counts[4] == "the same in both"
    moved = sum(Decimal(points) for _, points in found["why-the-score-moved"].rows)
    assert moved == second.score - first.score


@pytest.mark.parametrize(("delta", "expected"), [("new", ["A3", "A4"]), ("resolved", ["A1"]), ("unchanged", ["A2"])])
def test_accounts_are_listed_by_kind_of_difference(
    cast: SimpleNamespace, scans: Any, delta: str, expected: list[str]
) -> None:
    first, second = scans
    address = {"with": first.pk, "delta": delta}
    assert accounts(tables(cast.reader, compare(second), **address)) == expected
    assert accounts(tables(cast.reader, compare(second), **address, rule="BIG")) == expected
    assert accounts(tables(cast.reader, compare(second), **address, rule="OTHER")) == []


def test_what_is_listed_first_is_what_differs(cast: SimpleNamespace, scans: Any) -> None:
    first, second = scans
    same = factories.executed(cast.acme, AFTER, CONFIG, on=second.policy)
    assert accounts(tables(cast.reader, compare(same))) == ["A2", "A3", "A4"]
    assert "In both" in tables(cast.reader, compare(same))["accounts"].note


def test_a_long_list_says_how_much_of_it_is_shown(
    cast: SimpleNamespace, scans: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.admin.comparing.MOST_LISTED", 1)
    found = tables(cast.reader, compare(scans[1]), rule="BIG", delta="new")
    assert accounts(found) == ["A3"]
    assert "The first 1 of 2" in found["accounts"].note


def test_a_scan_without_another_says_so(cast: SimpleNamespace) -> None:
    content = cast.reader.get(compare(factories.completed(cast.acme))).content.decode()
    assert "no other completed scan of this policy" in content


def test_only_scans_of_the_same_policy_are_offered_and_taken(cast: SimpleNamespace, scans: Any) -> None:
    other = factories.completed(cast.acme, audit_name="Of another policy")
    for asked, told in ((other.pk, "There is no such scan of this policy"), ("nonsense", "is not a valid UUID")):
        content = cast.reader.get(compare(scans[1]), {"with": asked}).content.decode()
        assert told in content
        assert "Of another policy" not in content


def test_scans_scored_by_different_methods_say_why_they_are_not_compared(cast: SimpleNamespace, scans: Any) -> None:
    first, second = scans
    Policy.objects.update(score_method="rules")
    third = factories.executed(cast.acme, AFTER, CONFIG, on=Policy.objects.get(pk=second.policy_id))
    content = cast.reader.get(compare(third), {"with": first.pk}).content.decode()
    assert "made by different methods" in content


def test_a_scan_that_runs_is_not_compared(cast: SimpleNamespace, scans: Any) -> None:
    live = factories.scan(cast.acme, on=scans[0].policy)
    assert "only completed scans can be compared" in cast.reader.get(compare(live)).content.decode()


def test_the_stranger_and_who_lacks_the_right_compare_nothing(cast: SimpleNamespace, scans: Any, client: Any) -> None:
    answer = cast.stranger.get(compare(scans[1]))
    assert (answer.status_code, answer.url) == (302, reverse("admin:index"))
    client.force_login(factories.staff("operator", cast.acme, role=Role.PROSPECTING_OPERATOR))
    assert client.get(compare(scans[1])).status_code == 403


def test_comparing_costs_the_same_however_much_differs(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    counted = []
    for size in (1, 40):
        pair = [factories.completed(cast.acme, [f"{side}{n}" for n in range(size)], on=policy) for side in "AB"]
        with CaptureQueriesContext(connection) as captured:
            assert cast.reader.get(compare(pair[1]), {"with": pair[0].pk}).status_code == 200
        counted.append(len(captured))
    assert counted[0] == counted[1]
    assert counted[0] <= 16


@pytest.mark.parametrize(
    ("change", "told"),
    [("0.19", "+0.19"), ("-1.2", "-1.20"), ("0", "0"), ("0.001", "+ under 0.01"), ("-0.001", "- under 0.01")],
)
def test_what_two_places_would_hide_is_not_written_as_nothing(change: str, told: str) -> None:
    assert signed(Decimal(change)) == told
