"""Packs as partners see and copy them."""

from __future__ import annotations

import pytest

from compliance.models import Policy
from compliance.packs import load_pack
from tests.compliance.desk import Desk

pytestmark = pytest.mark.django_db

PREBUILT = "/api/policies/prebuilt"


def test_the_list_of_packs_says_what_each_holds() -> None:
    packs = {pack["type"]: pack for pack in Desk().get(PREBUILT)["packs"]}
    assert {name: pack["rule_count"] for name, pack in packs.items()} == {"aml": 11, "gdpr": 15, "soc2": 9}
    assert packs["soc2"]["category_rule_counts"] == {
        "security": 4, "integrity": 1, "confidentiality": 2, "availability": 1, "privacy": 1,
    }  # fmt: skip
    for pack in packs.values():
        assert pack["categories"] == list(pack["category_rule_counts"])
        assert pack["rule_count"] == len(pack["rules"])
        assert len(pack["description"]) > 50


@pytest.mark.parametrize("pack", ["aml", "gdpr", "soc2"])
def test_a_copied_pack_keeps_ids_and_texts(pack: str) -> None:
    made = Desk().post(PREBUILT, {"type": pack}, 201)
    assert made["rules"] == [rule.canonical() for rule in load_pack(pack).rules]
    assert (made["name"], made["version"]) == (load_pack(pack).title, 1)


def test_selected_categories_are_copied_and_no_others() -> None:
    body = {"type": "gdpr", "selected_categories": ["third_countries", "consent"], "name": "Mine"}
    made = Desk().post(PREBUILT, body, 201)
    assert [rule["rule_id"] for rule in made["rules"]] == ["GDPR-002", "GDPR-007", "GDPR-015"]
    assert made["name"] == "Mine"


@pytest.mark.parametrize(
    ("body", "path", "known"),
    [
        ({"type": "hipaa"}, "type", "aml, gdpr, soc2"),
        ({"type": "soc2", "selected_categories": ["security", "secrecy"]}, "selected_categories", "integrity, conf"),
        ({"type": "soc2", "selected_categories": ["Security"]}, "selected_categories", "security, integrity"),
        ({"type": "soc2", "selected_categories": []}, "selected_categories", "empty"),
    ],
)
def test_what_is_unknown_is_refused_with_what_there_is(body: dict[str, object], path: str, known: str) -> None:
    desk = Desk()
    refused = desk.post(PREBUILT, body, 400)
    (detail,) = refused["details"]
    assert (refused["error"], detail["path"]) == ("VALIDATION_ERROR", path)
    assert known in detail["message"]
    assert not Policy.objects.for_group(desk.group).exists()
