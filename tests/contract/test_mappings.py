"""Mapping columns, asking whether a policy could run, and starting with ids that do not belong together."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.compliance import factories
from tests.contract.bodies import CONFIG, CSV
from tests.contract.standing import standing
from tests.partner import Partner

pytestmark = pytest.mark.system

BIG = factories.RULE
FROM = {
    "rule_id": "ABROAD", "name": "Abroad", "kind": "record", "severity": "LOW",
    "where": {"AND": [BIG["where"], {"NOT": {"OR": [{"field": "country", "operator": "==", "value": "AT"}]}}]},
}  # fmt: skip
NIGHT = {
    "rule_id": "BURST", "name": "Burst", "kind": "aggregate", "severity": "LOW", "function": "count", "operator": ">",
    "threshold": 3, "window": {"hours": 1},
}  # fmt: skip


def readiness(partner: Partner, policy: str, upload: str, config: dict[str, str], **more: Any) -> dict[str, Any]:
    body = {"policy_id": policy, "upload_id": upload, "mapping_config": config, **more}
    return partner.ok(partner.http.post("/api/data/mapping/readiness", json=body))


def refusal(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_an_unknown_column_is_named_and_one_in_other_letters_suggested(partner: Partner) -> None:
    upload = partner.upload(CSV)["upload_id"]
    before = standing(partner.group)
    config = {"amount": "amount", "account": "Konto", "type": " Amount "}
    answer = partner.http.post("/api/data/mapping/confirm", json={"upload_id": upload, "mapping_config": config})
    said = {detail["path"]: detail["message"] for detail in refusal(answer, 400)["details"]}
    assert set(said) == {"mapping_config.amount", "mapping_config.account"}
    assert 'did you mean "Amount"?' in said["mapping_config.amount"]
    assert '"Konto"' in said["mapping_config.account"]
    assert '"Account", "Amount"' in said["mapping_config.account"]
    assert standing(partner.group) == before


def test_a_misspelt_field_is_taken_and_warned_of(partner: Partner) -> None:
    upload, policy = partner.upload(CSV)["upload_id"], partner.policy(BIG)
    for field, warned in (("amout", ['amout: no field of this name is known; did you mean "amount"?']), ("amount", [])):
        config = {"account": "Account", field: "Amount"}
        answer = partner.http.post("/api/data/mapping/confirm", json={"upload_id": upload, "mapping_config": config})
        assert (answer.status_code, answer.json()["warnings"]) == (201, warned)
        assert [each for each in readiness(partner, policy, upload, config)["warnings"] if "mean" in each] == warned


def test_a_confirmed_mapping_is_listed_as_it_was_confirmed(partner: Partner) -> None:
    upload = partner.upload(CSV)
    config = {" transaction_type ": " Account ", "amount": "Amount"}
    mapping = partner.confirm(upload, config, temporal_scale="36")
    listed = partner.ok(partner.http.get(f"/api/data/{upload['upload_id']}/mappings"))["mappings"]
    assert [(item["mapping_id"], item["mapping_config"], item["temporal_scale"]) for item in listed] == [
        (mapping, {"type": "Account", "amount": "Amount"}, "36")
    ]


def test_a_policy_that_can_run_is_ready(partner: Partner) -> None:
    found = readiness(partner, partner.policy(BIG), partner.upload(CSV)["upload_id"], CONFIG)
    assert found == {
        "state": "ready", "missing_required": [], "invalid_columns": [], "warnings": [],
        "required_fields": ["account", "amount"],
        "rule_dependencies": [
            {
                "rule_id": "BIG", "rule_name": "Big", "is_active": True, "required_fields": ["account", "amount"],
                "ready": True,
            }
        ],
        "value_quality": [
            {"field": "account", "column": "Account", "kind": "text", "share": 1},
            {"field": "amount", "column": "Amount", "kind": "number", "share": 1},
        ],
        "sample_normalized_rows": [{"account": "A1", "amount": 500}, {"account": "A2", "amount": 5}],
    }  # fmt: skip


def test_a_policy_of_which_some_rules_can_run_is_a_warning_that_names_what_is_missing(partner: Partner) -> None:
    found = readiness(partner, partner.policy(BIG, FROM, NIGHT), partner.upload(CSV)["upload_id"], CONFIG)
    ready = {rule["rule_id"]: rule["ready"] for rule in found["rule_dependencies"]}
    assert (found["state"], ready) == ("warning", {"BIG": True, "ABROAD": True, "BURST": False})
    assert found["missing_required"] == ["timestamp"]
    assert "country" in found["required_fields"]


def test_values_that_cannot_be_read_are_a_warning(partner: Partner) -> None:
    upload = partner.upload("Account,Amount\nA1,500\nA2,many\n,7\n")
    found = readiness(partner, partner.policy(BIG), upload["upload_id"], CONFIG)
    assert found["state"] == "warning"
    assert any("1 do not read as a number" in warning for warning in found["warnings"])
    assert any("1 are empty" in warning for warning in found["warnings"])


AMBIGUOUS = "Account;Amount;Date\nA1;1.500;03/04/2024\nA2;1.250;05/06/2024\n"
WHOLE = {"account": "Account", "amount": "Amount", "timestamp": "Date"}


def test_an_ambiguous_column_is_read_as_the_mapping_says(partner: Partner) -> None:
    upload = partner.upload(AMBIGUOUS)
    assert [column["ambiguous"] for column in upload["columns"]] == [False, True, True]
    policy = partner.policy(BIG)
    doubtful = readiness(partner, policy, upload["upload_id"], WHOLE)
    assert ["two ways" in warning for warning in doubtful["warnings"]] == [True, True]
    assert doubtful["sample_normalized_rows"][0] == {"account": "A1", "amount": 1.5, "timestamp": "2024-03-04T00:00:00"}
    overrides = {"Amount": {"decimal_mark": ","}, "Date": {"day_first": True}}
    sure = readiness(partner, policy, upload["upload_id"], WHOLE, overrides=overrides)
    assert (sure["state"], sure["warnings"]) == ("ready", [])
    assert sure["sample_normalized_rows"][0] == {"account": "A1", "amount": 1500, "timestamp": "2024-04-03T00:00:00"}
    mapping = partner.confirm(upload, WHOLE, overrides=overrides)
    listed = partner.ok(partner.http.get(f"/api/data/{upload['upload_id']}/mappings"))["mappings"]
    assert [(item["mapping_id"], item["overrides"], item["ready_to_scan"]) for item in listed] == [
        (mapping, overrides, True)
    ]


@pytest.mark.usefixtures("worker")
def test_a_scan_reads_an_ambiguous_column_as_its_mapping_says(partner: Partner) -> None:
    upload, policy = partner.upload(AMBIGUOUS), partner.policy(BIG)
    points = partner.run(policy, upload, partner.confirm(upload, WHOLE))
    commas = partner.run(policy, upload, partner.confirm(upload, WHOLE, overrides={"Amount": {"decimal_mark": ","}}))
    assert (points["violation_count"], commas["violation_count"]) == (0, 2)
    assert points["result_digest"] != commas["result_digest"]
    assert {violation["amount"] for violation in partner.violations(scan_id=commas["id"])} == {1500, 1250}


def test_a_column_that_reads_in_one_way_only_cannot_be_overridden(partner: Partner) -> None:
    upload = partner.upload(AMBIGUOUS.replace("1.250", "1.25"))["upload_id"]
    body = {"upload_id": upload, "mapping_config": WHOLE, "overrides": {"Amount": {"decimal_mark": ","}}}
    before = standing(partner.group)
    said = refusal(partner.http.post("/api/data/mapping/confirm", json=body), 400)
    assert [detail["path"] for detail in said["details"]] == ["overrides.Amount"]
    assert standing(partner.group) == before


@pytest.mark.parametrize(
    ("config", "rules", "missing", "invalid"),
    [
        ({"account": "Account"}, [NIGHT], ["timestamp"], []),
        ({"account": "Account"}, [], [], []),
        ({"account": "Account", "amount": "amount"}, [BIG], ["amount"], ["mapping_config.amount"]),
    ],
    ids=["no rule can run", "no rules", "a mapped column is missing"],
)
def test_what_cannot_run_is_blocked(
    partner: Partner, config: dict[str, str], rules: list[Any], missing: list[str], invalid: list[str]
) -> None:
    found = readiness(partner, partner.policy(*rules), partner.upload(CSV)["upload_id"], config)
    assert (found["state"], found["missing_required"]) == ("blocked", missing)
    assert [problem["path"] for problem in found["invalid_columns"]] == invalid


def test_a_readiness_check_changes_nothing(partner: Partner) -> None:
    policy, upload = partner.policy(BIG), partner.upload(CSV)["upload_id"]
    before = standing(partner.group)
    readiness(partner, policy, upload, CONFIG)
    assert standing(partner.group) == before


TEXTS = {
    "policy_id": "No policy with this id",
    "upload_id": "No upload with this id",
    "mapping_id": "No mapping with this id",
}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_an_id_that_is_foreign_or_unknown_is_404_in_the_same_words(
    partner: Partner, new_partner: Callable[..., Partner], name: str
) -> None:
    mine, theirs = startable(partner), startable(new_partner())
    before = standing(partner.group)
    bodies = [refusal(start(partner, {**mine, name: other}), 404) for other in (theirs[name], str(uuid.uuid4()))]
    assert bodies[0] == bodies[1]
    assert bodies[0]["message"].startswith(TEXTS[name])
    assert standing(partner.group) == before


def test_a_mapping_of_another_upload_is_refused(partner: Partner) -> None:
    mine = {**startable(partner), "mapping_id": partner.confirm(partner.upload(CSV), CONFIG)}
    before = standing(partner.group)
    assert refusal(start(partner, mine), 400)["details"][0]["path"] == "mapping_id"
    assert standing(partner.group) == before


def test_a_policy_without_an_active_rule_is_404_and_says_so(partner: Partner) -> None:
    for rules in ([], [{**BIG, "is_active": False}]):
        mine = {**startable(partner), "policy_id": partner.policy(*rules)}
        assert refusal(start(partner, mine), 404)["message"].startswith("No rules found")


def test_a_mapping_with_which_no_rule_can_run_is_incomplete(partner: Partner) -> None:
    mine = {**startable(partner), "policy_id": partner.policy(NIGHT)}
    before = standing(partner.group)
    said = refusal(start(partner, mine), 400)
    assert (said["error"], said["details"][0]["path"]) == ("MAPPING_INCOMPLETE", "mapping_config.timestamp")
    assert standing(partner.group) == before


def test_an_upload_that_was_deleted_cannot_be_scanned(partner: Partner) -> None:
    mine = startable(partner)
    partner.ok(partner.http.delete(f"/api/data/{mine['upload_id']}"))
    assert refusal(start(partner, mine), 409)["error"] == "CONFLICT"


def startable(partner: Partner) -> dict[str, str]:
    upload = partner.upload(CSV)
    mapping = partner.confirm(upload, CONFIG)
    return {"policy_id": partner.policy(BIG), "upload_id": upload["upload_id"], "mapping_id": mapping}


def start(partner: Partner, body: dict[str, str]) -> httpx.Response:
    return partner.http.post("/api/scan/run", json=body, headers={"Prefer": "respond-async"})
