"""The packs as data: which rules they hold, what each says of itself, and how they are chosen from."""

from __future__ import annotations

import re

import pytest

from compliance.engine.rules import parse_rules
from compliance.packs import Pack, UnknownPack, available_packs, load_pack

EXPECTED = {
    "aml": {
        "CTR_THRESHOLD": ("CRITICAL", "ctr_reporting"),
        "CTR_AGGREGATION": ("CRITICAL", "ctr_reporting"),
        "STRUCTURING_PATTERN": ("CRITICAL", "structuring"),
        "SUB_THRESHOLD_VELOCITY": ("HIGH", "structuring"),
        "SAR_THRESHOLD": ("HIGH", "suspicious_activity"),
        "SAR_VELOCITY": ("HIGH", "structuring"),
        "DORMANT_ACCOUNT_REACTIVATION": ("MEDIUM", "behavioral_monitoring"),
        "BALANCE_MISMATCH": ("MEDIUM", "behavioral_monitoring"),
        "ROUND_AMOUNT_PATTERN": ("MEDIUM", "behavioral_monitoring"),
        "FRAUD_INDICATOR": ("HIGH", "fraud_detection"),
        "HIGH_VALUE_TRANSFER": ("HIGH", "suspicious_activity"),
    },
    "gdpr": {
        "GDPR-001": ("HIGH", "forgotten"),
        "GDPR-002": ("CRITICAL", "consent"),
        "GDPR-003": ("CRITICAL", "encryption"),
        "GDPR-004": ("CRITICAL", "personal_data"),
        "GDPR-005": ("MEDIUM", "access"),
        "GDPR-006": ("HIGH", "forgotten"),
        "GDPR-007": ("CRITICAL", "consent"),
        "GDPR-008": ("MEDIUM", "marketing"),
        "GDPR-009": ("HIGH", "processing"),
        "GDPR-010": ("HIGH", "encryption"),
        "GDPR-011": ("MEDIUM", "dpo"),
        "GDPR-012": ("HIGH", "pia"),
        "GDPR-013": ("MEDIUM", "ropa"),
        "GDPR-014": ("MEDIUM", "privacy_design"),
        "GDPR-015": ("CRITICAL", "third_countries"),
    },
    "soc2": {
        "SOC2-CC6.1-001": ("CRITICAL", "security"),
        "SOC2-CC6.1-002": ("CRITICAL", "integrity"),
        "SOC2-CC6.7-001": ("HIGH", "confidentiality"),
        "SOC2-CC7.1-001": ("HIGH", "security"),
        "SOC2-CC9.1-001": ("HIGH", "availability"),
        "SOC2-CC6.2-001": ("CRITICAL", "security"),
        "SOC2-CC6.3-001": ("MEDIUM", "security"),
        "SOC2-CC5.2-001": ("MEDIUM", "confidentiality"),
        "SOC2-P1.1-001": ("MEDIUM", "privacy"),
    },
}
LAW = {
    "aml": r"31 (CFR|USC) \d+",
    "gdpr": r"GDPR Art\. \d+",
    "soc2": r"SOC 2 [A-Z]{1,2}\d\.\d",
}
OF_THE_LAW_ITSELF = {"SAR_THRESHOLD", "GDPR-007"}
"""Rules whose number stands in the law; FRAUD_INDICATOR compares with nothing but zero."""


@pytest.fixture(params=sorted(EXPECTED))
def pack(request: pytest.FixtureRequest) -> Pack:
    return load_pack(request.param)


def test_there_are_three_packs() -> None:
    assert {pack.name: len(pack.rules) for pack in available_packs()} == {"aml": 11, "gdpr": 15, "soc2": 9}


def test_a_pack_has_its_rules_with_their_severities_and_categories(pack: Pack) -> None:
    assert {rule.rule_id: (rule.severity, rule.category) for rule in pack.rules} == EXPECTED[pack.name]


def test_every_rule_says_where_it_comes_from(pack: Pack) -> None:
    for rule in pack.rules:
        assert min(map(len, (rule.name, rule.policy_excerpt, rule.description))) > 10
        assert re.match(LAW[pack.name], rule.policy_section), rule.rule_id


def test_a_number_that_is_not_the_law_s_is_called_internal(pack: Pack) -> None:
    numbers = {rule.rule_id for rule in pack.rules if re.search(r": (?!0[,}])[\d.]+[,}]", str(rule.canonical()))}
    internal = {
        rule.rule_id for rule in pack.rules if re.search(r"\(internal threshold\b.*, see ", rule.policy_section)
    }
    assert numbers - OF_THE_LAW_ITSELF == internal


def test_a_stored_rule_of_a_pack_is_the_same_rule(pack: Pack) -> None:
    assert parse_rules([rule.canonical() for rule in pack.rules]) == pack.rules


def test_categories_choose_rules() -> None:
    chosen = load_pack("aml", ["fraud_detection", "ctr_reporting"])
    assert [rule.rule_id for rule in chosen.rules] == ["CTR_THRESHOLD", "CTR_AGGREGATION", "FRAUD_INDICATOR"]
    assert [rule.rule_id for rule in load_pack("gdpr", ["consent"]).rules] == ["GDPR-002", "GDPR-007"]
    assert load_pack("soc2", []).rules == ()


def test_unknown_packs_and_categories_name_those_there_are() -> None:
    with pytest.raises(UnknownPack, match="no pack 'alm'; there are: aml, gdpr, soc2"):
        load_pack("alm")
    with pytest.raises(UnknownPack, match="no category 'x'; it has: security, integrity, confidentiality"):
        load_pack("soc2", ["security", "x"])
    with pytest.raises(UnknownPack):
        load_pack("../aml")
