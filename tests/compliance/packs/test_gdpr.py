"""Each rule of the GDPR pack: what it finds, what it only nearly finds, and what it cannot judge."""

from __future__ import annotations

import pytest

from tests.compliance.packs.judging import Case, case, flag, judge, states

# The scan is created on 2024-07-01 at 12:00:00 UTC: 30 days before is 2024-06-01 at 12:00:00.
CASES = [
    case("GDPR-001", "T", "30 days and a second", deletion_requested="true", created_at="2024-06-01T11:59:59Z"),
    case("GDPR-001", "F", "30 days", deletion_requested="true", created_at="2024-06-01T12:00:00Z"),
    case("GDPR-001", "F", "a day", deletion_requested="true", created_at="2024-06-30"),
    case("GDPR-001", "F", "old, nothing requested", deletion_requested="false", created_at="2020-01-01"),
    case("GDPR-001", "?", "date missing", deletion_requested="true"),
    case("GDPR-001", "?", "date unreadable", deletion_requested="true", created_at="last year"),
    case("GDPR-001", "?", "request missing", created_at="2020-01-01"),
    case("GDPR-002", "T", "pending", consent_status="pending"),
    case("GDPR-002", "T", "withdrawn, in capitals", consent_status="WITHDRAWN"),
    case("GDPR-002", "T", "expired", consent_status="expired"),
    case("GDPR-002", "F", "granted", consent_status="granted"),
    case("GDPR-002", "F", "not pending", consent_status="not pending"),
    case("GDPR-002", "?", "missing"),
    *flag("GDPR-003", "encrypted", found=False),
    case(
        "GDPR-004", "T", "legitimate interests", data_category="special_category", lawful_basis="legitimate_interests"
    ),
    case("GDPR-004", "T", "plain consent", data_category="special_category", lawful_basis="consent"),
    case("GDPR-004", "T", "no basis", data_category="special_category"),
    case("GDPR-004", "T", "blank basis, a kind of it", data_category="Special_Category:health", lawful_basis=" "),
    case("GDPR-004", "F", "explicit consent", data_category="special_category", lawful_basis="explicit_consent"),
    case("GDPR-004", "F", "vital interests", data_category="special_category", lawful_basis="Vital_Interests"),
    case("GDPR-004", "F", "legal claims", data_category="special_category", lawful_basis="legal_claims"),
    case("GDPR-004", "F", "public health", data_category="special_category", lawful_basis="public_health"),
    case("GDPR-004", "F", "ordinary data without a basis", data_category="contact"),
    case("GDPR-004", "?", "category missing, no basis"),
    *flag("GDPR-005", "is_retrievable", found=False),
    *flag("GDPR-006", "deletion_requested", found=True),
    case("GDPR-006", "T", "requested today", deletion_requested="true", created_at="2024-07-01"),
    case("GDPR-007", "T", "15 and refused", age="15", parental_consent="false"),
    case("GDPR-007", "T", "15 and not recorded", age="15"),
    case("GDPR-007", "T", "a day below 16", age="15.9973", parental_consent="no"),
    case("GDPR-007", "F", "16 and refused", age="16", parental_consent="false"),
    case("GDPR-007", "F", "15 and agreed", age="15", parental_consent="yes"),
    case("GDPR-007", "?", "age missing", parental_consent="false"),
    case("GDPR-007", "?", "age unreadable", age="young", parental_consent="false"),
    case("GDPR-008", "T", "sent without agreement", marketing_consent="false", marketing_sent="true"),
    case("GDPR-008", "F", "sent to one who agreed", marketing_consent="true", marketing_sent="true"),
    case("GDPR-008", "F", "agreed, nothing sent", marketing_consent="true", marketing_sent="false"),
    case("GDPR-008", "F", "neither", marketing_consent="false", marketing_sent="false"),
    case("GDPR-008", "?", "agreement missing", marketing_sent="true"),
    case("GDPR-008", "?", "sending missing", marketing_consent="false"),
    case("GDPR-009", "T", "missing"),
    case("GDPR-009", "T", "blank", lawful_basis="  "),
    case("GDPR-009", "F", "given", lawful_basis="contract"),
    *flag("GDPR-010", "tls_enabled", found=False),
    *flag("GDPR-011", "dpo_assigned", found=False),
    *flag("GDPR-012", "dpia_completed", found=False),
    *flag("GDPR-013", "ropa_entry_exists", found=False),
    *flag("GDPR-014", "privacy_by_default", found=False),
    case("GDPR-015", "T", "missing"),
    case("GDPR-015", "T", "blank", transfer_basis=" "),
    case("GDPR-015", "F", "given", transfer_basis="adequacy_decision"),
]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str | list[list[int]]]:
    return judge("gdpr", CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_record_is_judged_as_the_article_says(case: Case, verdicts: dict[str, str]) -> None:
    assert verdicts[str(case)] == case.expected


def test_without_their_columns_all_fifteen_rules_are_not_applicable() -> None:
    found = states("gdpr", "account", ["A"], ["B"])
    assert (len(found), set(found.values())) == (15, {"not_applicable"})


@pytest.mark.parametrize(
    ("rule_id", "there", "absent"),
    [
        ("GDPR-001", {"deletion_requested": "true"}, "created_at"),
        ("GDPR-004", {"data_category": "special_category"}, "lawful_basis"),
        ("GDPR-007", {"age": "12"}, "parental_consent"),
        ("GDPR-008", {"marketing_sent": "true"}, "marketing_consent"),
    ],
)
def test_without_one_of_its_columns_a_rule_accuses_nobody(rule_id: str, there: dict[str, str], absent: str) -> None:
    found = states("gdpr", " ".join(["account", *there]), ["A", *there.values()])
    assert found[rule_id] == "not_applicable", f"{absent} is no column of the file"
