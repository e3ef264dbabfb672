"""Each rule of the SOC 2 pack: what it finds, what it only nearly finds, and what it cannot judge."""

from __future__ import annotations

import pytest

from tests.compliance.packs.judging import Case, case, flag, judge, states

CASES = [
    *flag("SOC2-CC6.1-001", "mfa_enabled", found=False),
    case("SOC2-CC6.1-002", "T", "marked", tenant_id="MISMATCH"),
    case("SOC2-CC6.1-002", "F", "a tenant", tenant_id="tenant-7"),
    case("SOC2-CC6.1-002", "F", "a tenant whose name has the word in it", tenant_id="MISMATCH-LTD"),
    case("SOC2-CC6.1-002", "?", "missing"),
    *flag("SOC2-CC6.7-001", "is_encrypted", found=False),
    *flag("SOC2-CC7.1-001", "has_audit_log", found=False),
    case("SOC2-CC9.1-001", "T", "a little over a day", last_backup_age_hours="24.01"),
    case("SOC2-CC9.1-001", "F", "a day", last_backup_age_hours="24"),
    case("SOC2-CC9.1-001", "F", "just now", last_backup_age_hours="0"),
    case("SOC2-CC9.1-001", "?", "missing"),
    case("SOC2-CC9.1-001", "?", "unreadable", last_backup_age_hours="never"),
    *flag("SOC2-CC6.2-001", "contains_secrets", found=True),
    case(
        "SOC2-CC6.3-001", "T", "seen a second after the end",
        is_active_user="false", has_access="false", last_access="2024-05-01T00:00:01Z", end_date="2024-05-01",
    ),
    case(
        "SOC2-CC6.3-001", "F", "last seen at the end",
        is_active_user="false", has_access="false", last_access="2024-05-01T00:00:00Z", end_date="2024-05-01",
    ),
    case(
        "SOC2-CC6.3-001", "T", "can still get in",
        is_active_user="false", has_access="true", last_access="2024-04-01", end_date="2024-05-01",
    ),
    case(
        "SOC2-CC6.3-001", "F", "still employed",
        is_active_user="true", has_access="true", last_access="2024-06-01", end_date="2024-05-01",
    ),
    case("SOC2-CC6.3-001", "T", "can get in, no dates", is_active_user="false", has_access="true"),
    case("SOC2-CC6.3-001", "?", "cannot get in, no dates", is_active_user="false", has_access="false"),
    case("SOC2-CC6.3-001", "?", "nothing said of the user", has_access="true"),
    *flag("SOC2-CC5.2-001", "region_mismatch", found=True),
    case("SOC2-P1.1-001", "T", "a little over seven years", age_years="7.01"),
    case("SOC2-P1.1-001", "F", "seven years", age_years="7"),
    case("SOC2-P1.1-001", "?", "missing"),
    case("SOC2-P1.1-001", "?", "unreadable", age_years="old"),
]  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str | list[list[int]]]:
    return judge("soc2", CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_record_is_judged_as_the_criterion_says(case: Case, verdicts: dict[str, str]) -> None:
    assert verdicts[str(case)] == case.expected


def test_without_their_columns_all_nine_rules_are_not_applicable() -> None:
    found = states("soc2", "account", ["A"], ["B"])
    assert (len(found), set(found.values())) == (9, {"not_applicable"})


def test_access_after_leaving_is_judged_by_access_alone_where_the_file_has_no_dates() -> None:
    found = states("soc2", "account is_active_user has_access", ["A", "false", "true"])
    assert found["SOC2-CC6.3-001"] == "completed"
