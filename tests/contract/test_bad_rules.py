"""Rules that try to break out, or are merely wrong: refused when they are saved, with the path of the fault."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.standing import standing
from tests.partner import Partner

pytestmark = pytest.mark.system

RECORD = {
    "rule_id": "R", "name": "R", "kind": "record", "severity": "LOW",
    "where": {"field": "amount", "operator": ">", "value": 1},
}  # fmt: skip
COUNT = {
    "rule_id": "R", "name": "R", "kind": "aggregate", "severity": "LOW", "function": "count", "operator": ">",
    "threshold": 1,
}  # fmt: skip
INJECTION = "amount\"; DROP TABLE compliance_violation; --'"


def where(**leaf: Any) -> dict[str, Any]:
    return {**RECORD, "where": {"field": "amount", "operator": ">", "value": 1, **leaf}}


def nested(levels: int, word: str = "NOT") -> dict[str, Any]:
    condition: dict[str, Any] = RECORD["where"]
    for _ in range(levels):
        condition = {word: condition if word == "NOT" else [condition]}
    return {**RECORD, "where": condition}


# (what, the rule, the path of the fault within the rule, a part of the message)
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("33 levels", nested(33), "where" + ".NOT" * 32, "32 deep"),
    ("an unknown operator", where(operator="drop table"), "where.operator", "unknown operator"),
    ("an operator that is none", where(operator=5), "where.operator", "unknown operator"),
    ("an operator nearly right", where(operator="greater_then"), "where.operator", "did you mean"),
    ("an operator deep inside", {**RECORD, "where": {"AND": [RECORD["where"], {"OR": [where(operator="~")["where"]]}]}},
     "where.AND[1].OR[0].operator", "unknown operator"),
    ("a broken pattern", where(operator="matches", value="("), "where.value", "RE2"),
    ("a look-ahead", where(operator="matches", value="(?=a)b"), "where.value", "RE2"),
    ("a back reference", where(operator="matches", value=r"(a)\1"), "where.value", "RE2"),
    ("a pattern that explodes", where(operator="matches", value="(a{1000}){1000}"), "where.value", "RE2"),
    ("a call in an expression", {**RECORD, "where": {"expr": "__import__('os')", "operator": ">", "value": 1}},
     "where.expr", "cannot be read"),
    ("an unknown function", {**RECORD, "where": {"expr": "read_csv(amount)", "operator": ">", "value": 1}},
     "where.expr", "unknown function"),
    ("a statement as expression", {**RECORD, "where": {"expr": "amount; DROP TABLE x", "operator": ">", "value": 1}},
     "where.expr", "cannot be read"),
    ("40 brackets", {**RECORD, "where": {"expr": "(" * 40 + "amount" + ")" * 40, "operator": ">", "value": 1}},
     "where.expr", "32 deep"),
    ("text to order by", where(value="many"), "where.value", "needs a number"),
    ("too many decimals", where(value=1.00001), "where.value", "decimals"),
    ("a number too large", where(value=1e15), "where.value", "below"),
    ("null", where(value=None), "where.value", "null"),
    ("no value", {**RECORD, "where": {"field": "amount", "operator": ">"}}, "where.value", ""),
    ("an unknown key", where(valeu=1), "where", "unknown key"),
    ("no field", {**RECORD, "where": {"operator": ">", "value": 1}}, "where.field", "names one field"),
    ("a blank field", where(field=" "), "where.field", "blank"),
    ("an endless field", where(field="x" * 501), "where.field", "500"),
    ("an empty AND", {**RECORD, "where": {"AND": []}}, "where.AND", "at least one"),
    ("AND of no list", {**RECORD, "where": {"AND": {}}}, "where.AND", "list"),
    ("AND beside a field", where(AND=[]), "where", "alone"),
    ("no condition", {**RECORD, "where": None}, "where", "required"),
    ("an unknown kind", {**RECORD, "kind": "recrod"}, "kind", "did you mean"),
    ("a kind nobody knows", {**RECORD, "kind": "sequences"}, "kind", "did you mean"),
    ("a severity in small letters", {**RECORD, "severity": "low"}, "severity", "must be one of"),
    ("an injection as id", {**RECORD, "rule_id": INJECTION}, "rule_id", "letters"),
    ("an unknown part", {**RECORD, "treshold": 1}, "treshold", "unknown key"),
    ("sum of nothing", {**COUNT, "function": "sum"}, "of", "computed over"),
    ("an injection as function", {**COUNT, "function": INJECTION}, "function", "must be one of"),
    ("a window of no time", {**COUNT, "window": {"hours": 0}}, "window.hours", "above 0"),
    ("a window of all time", {**COUNT, "window": {"hours": 1e9}}, "window.hours", ""),
    ("a window with a tail", {**COUNT, "window": {"hours": 1, "x": 1}}, "window.x", "unknown key"),
    ("no records at least", {**COUNT, "min_records": 0}, "min_records", ""),
    ("a threshold too large", {**COUNT, "threshold": 1e30}, "threshold", "below"),
    ("groups twice", {**COUNT, "group_by": ["type", "type"]}, "group_by", "twice"),
    ("a key of nothing", {"rule_id": "R", "name": "R", "kind": "duplicate", "severity": "LOW", "key": []}, "key", ""),
    ("no quiet", {"rule_id": "R", "name": "R", "kind": "dormancy", "severity": "LOW", "quiet_days": 0},
     "quiet_days", "above 0"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_wrong_rule_is_refused_with_the_path_of_its_fault(
    partner: Partner, rule: dict[str, Any], path: str, says: str
) -> None:
    policy = partner.policy()
    before = standing(partner.group)
    good = {**RECORD, "rule_id": "GOOD"}
    for route, body, prefix in (
        (f"/api/policies/{policy}/rules", rule, ""),
        ("/api/policies", {"name": "P", "rules": [good, rule]}, "rules[1]."),
    ):
        answer = partner.http.post(route, json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR"), answer.text
        wanted = (prefix + path).rstrip(".")
        messages = [detail["message"] for detail in answer.json()["details"] if detail["path"] == wanted]
        assert messages, answer.text
        assert says in messages[0]
        assert "Traceback" not in answer.text
    assert standing(partner.group) == before


def test_a_condition_of_32_levels_is_allowed(partner: Partner) -> None:
    for rule in (nested(31), nested(20, "AND")):
        assert partner.policy(rule)


def test_500_rules_are_allowed_and_501_are_not(partner: Partner) -> None:
    rules = [{**RECORD, "rule_id": f"R{n}"} for n in range(501)]
    policy = partner.policy(*rules[:500])
    before = standing(partner.group)
    for answer in (
        partner.http.post("/api/policies", json={"name": "P", "rules": rules}),
        partner.http.post(f"/api/policies/{policy}/rules", json=rules[500]),
    ):
        assert (answer.status_code, answer.json()["details"][0]["path"]) == (400, "rules")
    assert standing(partner.group) == before


def test_a_rule_id_that_is_taken_is_a_conflict(partner: Partner) -> None:
    policy = partner.policy(RECORD)
    answer = partner.http.post(f"/api/policies/{policy}/rules", json=RECORD)
    assert (answer.status_code, answer.json()["error"]) == (409, "CONFLICT")


def test_a_rule_does_not_take_the_id_of_another(partner: Partner) -> None:
    policy = partner.policy(RECORD, {**RECORD, "rule_id": "S"})
    answer = partner.http.patch(f"/api/policies/{policy}/rules/S", json={"rule_id": "R"})
    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("threshold", [1e22, 999_999_999_999_999_999, 0.000001, -1e29])
def test_a_threshold_may_be_as_large_as_a_finding_can_be(partner: Partner, threshold: float) -> None:
    rule = partner.ok(
        partner.http.post(f"/api/policies/{partner.policy()}/rules", json={**COUNT, "threshold": threshold})
    )
    assert float(rule["threshold"]) == float(threshold)


def test_every_change_of_rules_makes_a_version_and_no_other_does(partner: Partner) -> None:
    policy = f"/api/policies/{partner.policy(RECORD)}"
    versions = []
    for method, path, body in (
        ("POST", "/rules", {**RECORD, "rule_id": "S"}),
        ("PATCH", "/rules/S", {"severity": "HIGH"}),
        ("PATCH", "/rules/S", {"severity": "HIGH"}),
        ("PATCH", "", {"name": "New name"}),
        ("DELETE", "/rules/S", None),
    ):
        assert partner.http.request(method, policy + path, json=body).is_success
        versions.append(partner.ok(partner.http.get(policy))["version"])
    assert versions == [2, 3, 3, 3, 4]


def test_a_policy_that_is_archived_is_gone_and_its_scans_stay(partner: Partner) -> None:
    policy = partner.policy(RECORD)
    assert partner.ok(partner.http.delete(f"/api/policies/{policy}")) == {"success": True}
    gone = partner.http.get(f"/api/policies/{policy}")
    assert (gone.status_code, gone.json()["error"]) == (404, "NOT_FOUND")
    assert partner.http.delete(f"/api/policies/{policy}").status_code == 404
    assert standing(partner.group)["PolicyVersion"] == 1
