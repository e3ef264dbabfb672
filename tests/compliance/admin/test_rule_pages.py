"""Editing the rules of a policy one by one, and trying them before they are saved."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from compliance import trying
from compliance.admin.rule_form import EXAMPLES, KINDS, RuleForm, initial_of
from compliance.engine import rules as engine
from compliance.models import DryRun, Policy
from tests.compliance import factories
from tests.compliance.admin.test_scan_page import words

SECOND = {**factories.RULE, "rule_id": "SECOND", "name": "Second", "severity": "LOW"}
LEDGER = b"Account,Amount\nA1,500\nA2,60\nA3,70\nA4,5\n"
CONFIG = {"account": "Account", "amount": "Amount"}


@pytest.fixture
def policy(cast: SimpleNamespace) -> Policy:
    return factories.policy(cast.acme, rules=[factories.RULE, SECOND])


def at(policy: Policy, page: str, *args: Any) -> str:
    return reverse(f"admin:compliance_policy_{page}", args=[policy.pk, *args])


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def form(rule: Any = factories.RULE, **more: Any) -> dict[str, Any]:
    sent = {name: value for name, value in initial_of(rule).items() if value not in (False, None)}
    return {**sent, "seen": 1, **more}


def ids(policy: Policy) -> list[str]:
    return [rule["rule_id"] for rule in policy.current().rules]


def faults(answer: Any, field: str) -> list[str]:
    return list(answer.context["form"].errors.get(field, ()))


def test_the_form_of_a_rule_has_its_parts_in_fields_and_its_kind_as_text(cast: SimpleNamespace, policy: Policy) -> None:
    rule = {**factories.RULE, "policy_section": "Part 7", "tags": ["cash", "large"]}
    shown = initial_of(rule)
    assert (shown["rule_id"], shown["severity"], shown["policy_section"], shown["tags"]) == (
        "BIG", "HIGH", "Part 7", "cash, large",
    )  # fmt: skip
    assert shown["body"] == "where: {field: amount, operator: '>', value: 100}\n"
    content = cast.colleague.get(at(policy, "rule", "BIG")).content.decode()
    assert "A record is reported when amount is above 100." in content
    assert "has not run yet" in content


def test_a_saved_rule_makes_a_new_version_and_leaves_the_others(cast: SimpleNamespace, policy: Policy) -> None:
    body = '{"where": {"field": "amount", "operator": ">", "value": 250}}'
    sent = form(severity="CRITICAL", name="Very big", body=body, policy_section="Part 9")
    answer = cast.colleague.post(at(policy, "rule", "BIG"), sent)
    assert answer.status_code == 302
    assert "BIG is saved: version 2 is what scans run from now on." in said(answer)
    changed, other = policy.current().rules
    assert (changed["severity"], changed["name"], changed["policy_section"]) == ("CRITICAL", "Very big", "Part 9")
    assert changed["where"]["value"] == 250
    assert other["rule_id"] == "SECOND"
    assert AuditEntry.objects.filter(action="policy.changed", actor="user:colleague").count() == 1


def test_a_part_that_is_taken_out_of_the_text_is_gone(cast: SimpleNamespace) -> None:
    windowed = {"rule_id": "MANY", "name": "Many", "kind": "aggregate", "severity": "LOW", "function": "count",
                "operator": ">", "threshold": 3, "window": {"hours": 24}}  # fmt: skip
    policy = factories.policy(cast.acme, rules=[windowed])
    text = initial_of(windowed)["body"].replace("window: {hours: 24, mode: sliding}\n", "")
    cast.colleague.post(at(policy, "rule", "MANY"), form(windowed, body=text))
    assert "window" not in policy.current().rules[0]


def test_saving_what_is_as_it_was_makes_no_version(cast: SimpleNamespace, policy: Policy) -> None:
    canonical = [engine.parse_rule(rule).canonical() for rule in policy.current().rules]
    own = factories.policy(cast.acme, rules=json.loads(json.dumps(canonical)))
    answer = cast.colleague.post(at(own, "rule", "BIG"), form())
    assert "BIG is as it was: version 1 stands." in said(answer)
    assert own.versions.count() == 1


@pytest.mark.parametrize(
    ("more", "field", "told"),
    [
        ({"name": ""}, "name", "required"),
        ({"rule_id": "no blanks"}, "rule_id", "must be 1 to 100 characters"),
        ({"rule_id": "SECOND"}, "rule_id", "Another rule of this policy has this id"),
        ({"severity": "URGENT"}, "severity", "not one of the available choices"),
        ({"body": "where: {field: amount,\n  operator: '>'\n"}, "body", "Line 3: "),
        ({"body": "where:\n  field: amount\n  operator: nearly\n  value: 1\n"}, "body", "Line 3: where.operator"),
        ({"body": "where: {field: amount, operator: '>', value: 1}\nwindwo: 3"}, "body", "Line 2: windwo unknown key"),
        ({"body": "where: {field: a, operator: ==, value: x}\nseverity: LOW"}, "body", "Line 2: severity has a field"),
        ({"body": ""}, "body", "Line 1: where is required"),
        ({"tags": "x" * 300}, "tags", "must have 0 to 200 characters"),
        ({"body": 'where: {field: a, operator: ==, value: "\\0"}'}, "body", "NUL"),
    ],
)  # fmt: skip
def test_a_fault_stands_at_its_field_and_in_the_text_with_its_line(
    cast: SimpleNamespace, policy: Policy, more: dict[str, str], field: str, told: str
) -> None:
    answer = cast.colleague.post(at(policy, "rule", "BIG"), form(**more))
    assert answer.status_code == 200
    shown = faults(answer, field)
    assert shown
    assert told in shown[0]
    assert policy.versions.count() == 1


def test_all_faults_are_named_at_once_and_the_text_is_kept(cast: SimpleNamespace, policy: Policy) -> None:
    text = (
        "where:\n  AND:\n  - {field: amount, operator: nearly, value: 1}\n  - {field: b, operator: '>', value: word}\n"
    )
    answer = cast.colleague.post(at(policy, "rule", "BIG"), form(name="", body=text))
    assert faults(answer, "name") == ["This field is required."]
    assert [fault.split(":")[0] for fault in faults(answer, "body")] == ["Line 3", "Line 4"]
    assert "nearly, value: 1}" in answer.content.decode()


def test_a_rule_is_added_from_an_example_of_its_kind(cast: SimpleNamespace, policy: Policy) -> None:
    listed = cast.colleague.get(reverse("admin:compliance_policy_change", args=[policy.pk])).content.decode()
    assert set(re.findall(r"new-rule/\?kind=(\w+)", listed)) == set(KINDS)
    begun = cast.colleague.get(at(policy, "add_rule"), {"kind": "sequence"}).context["form"].initial
    assert (begun["kind"], begun["body"]) == ("sequence", EXAMPLES["sequence"])
    sent = {**begun, "rule_id": "THIRD", "name": "Third", "seen": 1, "is_active": "on"}
    cast.colleague.post(at(policy, "add_rule"), sent)
    assert ids(policy) == ["BIG", "SECOND", "THIRD"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_a_rule_as_it_stands(kind: str) -> None:
    sent = {"rule_id": "X", "name": "X", "kind": kind, "severity": "LOW", "body": EXAMPLES[kind], "seen": 1}
    example = RuleForm(sent)
    assert example.is_valid(), example.errors
    assert example.rule["kind"] == kind
    assert set(KINDS) == set(engine.KINDS)


def test_a_copy_begins_with_the_rule_and_a_free_id(cast: SimpleNamespace, policy: Policy) -> None:
    begun = cast.colleague.get(at(policy, "add_rule"), {"copy": "BIG"}).context["form"].initial
    assert (begun["rule_id"], begun["name"]) == ("BIG_2", "Big")
    cast.colleague.post(at(policy, "add_rule"), {**form(), "rule_id": "BIG_2"})
    again = cast.colleague.get(at(policy, "add_rule"), {"copy": "BIG"}).context["form"].initial
    assert again["rule_id"] == "BIG_3"


def test_a_rule_is_removed_after_asking(cast: SimpleNamespace, policy: Policy) -> None:
    asked = cast.colleague.get(at(policy, "remove_rule", "BIG"))
    assert "A record is reported when amount is above 100." in asked.content.decode()
    assert ids(policy) == ["BIG", "SECOND"]
    answer = cast.colleague.post(at(policy, "remove_rule", "BIG"), {**asked.context["hidden"], "confirmed": "yes"})
    assert "Version 2 of" in said(answer)
    assert ids(policy) == ["SECOND"]


@pytest.mark.parametrize(
    ("press", "order"),
    [({"down": "BIG"}, ["SECOND", "BIG"]), ({"up": "SECOND"}, ["SECOND", "BIG"]), ({"up": "BIG"}, ["BIG", "SECOND"]),
     ({"down": "SECOND"}, ["BIG", "SECOND"]), ({"up": "NONE"}, ["BIG", "SECOND"])],
)  # fmt: skip
def test_rules_are_moved_one_place(
    cast: SimpleNamespace, policy: Policy, press: dict[str, str], order: list[str]
) -> None:
    cast.colleague.post(at(policy, "move_rule"), {**press, "seen": "1"})
    assert ids(policy) == order


def test_what_was_opened_before_another_version_overwrites_nothing(cast: SimpleNamespace, policy: Policy) -> None:
    cast.administrator.post(at(policy, "rule", "SECOND"), form(SECOND, severity="MEDIUM"))
    answer = cast.colleague.post(at(policy, "rule", "BIG"), form(severity="LOW", name="Mine"))
    assert answer.status_code == 200
    assert "user:administrator has made version 2 since you opened version 1" in faults(answer, "__all__")[0]
    assert 'value="Mine"' in answer.content.decode()
    for answer in (
        cast.colleague.post(at(policy, "move_rule"), {"down": "BIG", "seen": "1"}),
        cast.colleague.post(at(policy, "remove_rule", "BIG"), {"seen": "1"}),
        cast.colleague.post(at(policy, "move_rule"), {"down": "BIG"}),
    ):
        assert "since you opened version" in said(answer)
    assert policy.versions.count() == 2
    assert ids(policy) == ["BIG", "SECOND"]


@pytest.mark.parametrize("person", ["reader", "stranger"])
def test_who_may_not_change_the_policy_sees_and_does_nothing_of_this(
    cast: SimpleNamespace, policy: Policy, person: str
) -> None:
    client = getattr(cast, person)
    expected = 403 if person == "reader" else 404
    for page, args in (("add_rule", ()), ("rule", ("BIG",)), ("remove_rule", ("BIG",))):
        assert client.get(at(policy, page, *args)).status_code == expected
        assert client.post(at(policy, page, *args), form(seen=1)).status_code == expected
    assert client.post(at(policy, "move_rule"), {"down": "BIG", "seen": "1"}).status_code == expected
    assert policy.versions.count() == 1


def test_who_may_only_look_reads_rules_in_words_without_buttons(cast: SimpleNamespace, policy: Policy) -> None:
    content = cast.reader.get(reverse("admin:compliance_policy_change", args=[policy.pk])).content.decode()
    assert "A record is reported when amount is above 100." in content
    assert "new-rule" not in content
    assert "/rule/BIG/" not in content


def test_an_archived_policy_and_an_unknown_rule_are_not_edited(cast: SimpleNamespace, policy: Policy) -> None:
    assert cast.colleague.get(at(policy, "rule", "NONE")).status_code == 404
    Policy.objects.update(archived_at=policy.created_at)
    assert cast.colleague.get(at(policy, "rule", "BIG")).status_code == 403


def mapped(group: Any) -> Any:
    return factories.mapping(factories.received(group, LEDGER), CONFIG)


def tried(cast: SimpleNamespace, policy: Policy, **more: Any) -> Any:
    """The answer to "Try it" with a lower threshold."""
    lower = {"body": "where: {field: amount, operator: '>', value: 50}\n", "mapping": mapped(cast.acme).pk, "try": "1"}
    return cast.colleague.post(at(policy, "rule", "BIG"), form(**{**lower, **more}))


def test_a_rule_is_tried_without_saving_it_and_the_draft_stays(cast: SimpleNamespace, policy: Policy) -> None:
    answer = tried(cast, policy)
    run = DryRun.objects.get()
    assert answer.url == f"{at(policy, 'rule', 'BIG')}?dry_run={run.pk}"
    assert policy.versions.count() == 1
    assert [rule["rule_id"] for rule in run.rules] == ["BIG", "SECOND"]
    shown = cast.colleague.get(answer.url)
    assert "value: 50" in shown.context["form"].initial["body"]
    assert "above 50" in shown.content.decode()
    assert 'hx-get="' in shown.content.decode().split('id="trial"')[1][:200]


def test_a_rule_is_tried_once_however_often_the_form_is_sent(cast: SimpleNamespace, policy: Policy) -> None:
    address, mapping = at(policy, "rule", "BIG"), mapped(cast.acme).pk
    (one, other) = re.findall(r'name="form_id" value="(\w+)"', "".join(
        cast.colleague.get(address).content.decode() for _ in range(2)
    ))  # fmt: skip
    first, again = (tried(cast, policy, mapping=mapping, form_id=one) for _ in range(2))
    assert first.url == again.url == f"{address}?dry_run={DryRun.objects.get().pk}"
    tried(cast, policy, mapping=mapping, form_id=other)  # the page opened anew
    assert DryRun.objects.count() == 2
    DryRun.objects.all().delete()  # as if the first were not begun yet
    assert "sent twice" in faults(tried(cast, policy, mapping=mapping, form_id=one), "__all__")[0]


def test_the_result_stands_beside_the_form_when_it_is_there(cast: SimpleNamespace, policy: Policy) -> None:
    address = tried(cast, policy).url
    run = DryRun.objects.get()
    panel = f"{at(policy, 'trial', run.pk)}?rule=BIG"
    waiting = cast.colleague.get(panel)
    assert (waiting.status_code, "queued" in waiting.content.decode()) == (200, True)
    factories.finished(run, trying.execute)
    done = cast.colleague.get(panel)
    assert done.status_code == 286  # no more asking
    text = words(done.content.decode())
    assert "3 violations, 3 findings of this rule" in text
    assert "2 more and 0 fewer than version 1 finds." in text
    assert "All rules: 4 violations, 2 more and 0 fewer than version 1." in text
    assert "Such as A1 (1), A2 (1), A3 (1)." in text
    content = cast.colleague.get(address).content.decode()
    assert "hx-get" not in content.split('id="trial"')[1]
    assert "3 findings of this rule" in words(content)


def test_a_tried_draft_is_saved_from_the_version_it_was_tried_on(cast: SimpleNamespace, policy: Policy) -> None:
    address = tried(cast, policy).url
    draft = cast.colleague.get(address).context["form"].initial
    assert draft["seen"] == 1
    cast.administrator.post(at(policy, "move_rule"), {"down": "BIG", "seen": "1"})
    answer = cast.colleague.post(address, {**draft, "is_active": "on"})
    assert "since you opened version 1" in faults(answer, "__all__")[0]


def test_a_new_rule_is_tried_beside_the_others(cast: SimpleNamespace, policy: Policy) -> None:
    sent = form(SECOND, rule_id="THIRD", mapping=mapped(cast.acme).pk, **{"try": "1"})
    answer = cast.colleague.post(at(policy, "add_rule"), sent)
    assert [rule["rule_id"] for rule in DryRun.objects.get().rules] == ["BIG", "SECOND", "THIRD"]
    assert cast.colleague.get(answer.url).context["form"].initial["rule_id"] == "THIRD"
    assert ids(policy) == ["BIG", "SECOND"]


def test_what_cannot_be_tried_says_why(cast: SimpleNamespace, policy: Policy) -> None:
    nowhere = "where: {field: country, operator: ==, value: KP}\n"
    policy = factories.policy(cast.acme, rules=[factories.RULE])
    answer = tried(cast, policy, body=nowhere)
    assert "no column is mapped" in " ".join(faults(answer, "__all__"))
    assert not DryRun.objects.exists()
    foreign = mapped(cast.neighbour)
    assert "Select a valid choice" in tried(cast, policy, mapping=foreign.pk).content.decode()


def test_the_stranger_sees_no_result(cast: SimpleNamespace, policy: Policy) -> None:
    tried(cast, policy)
    run = DryRun.objects.get()
    assert cast.stranger.get(at(policy, "trial", run.pk)).status_code == 404
    other = factories.policy(cast.acme)
    assert cast.colleague.get(at(other, "trial", run.pk)).status_code == 404
    for tried_at, named in ((other, run.pk), (policy, "nonsense")):
        shown = cast.colleague.get(at(tried_at, "rule", "BIG"), {"dry_run": named})
        assert 'id="trial"' not in shown.content.decode()
    assert cast.colleague.get(at(policy, "trial", run.pk).replace(str(policy.pk), "nonsense")).status_code == 404


def test_a_draft_is_found_again_though_the_rules_have_moved(cast: SimpleNamespace, policy: Policy) -> None:
    address = tried(cast, policy).url
    cast.administrator.post(at(policy, "move_rule"), {"down": "BIG", "seen": "1"})
    cast.administrator.post(at(policy, "add_rule"), form(SECOND, rule_id="THIRD", seen=2))
    cast.administrator.post(at(policy, "move_rule"), {"down": "BIG", "seen": "3"})
    assert ids(policy) == ["SECOND", "THIRD", "BIG"]
    assert "value: 50" in cast.colleague.get(address).context["form"].initial["body"]
    # To other rules, and to a new one, it says nothing.
    run = DryRun.objects.get()
    third = cast.colleague.get(at(policy, "rule", "THIRD"), {"dry_run": run.pk})
    assert third.context["form"].initial["rule_id"] == "THIRD"
    fresh = cast.colleague.get(at(policy, "add_rule"), {"dry_run": run.pk})
    assert "rule_id" not in fresh.context["form"].initial


def test_the_dry_run_of_a_policy_takes_an_upload_of_its_group(cast: SimpleNamespace, policy: Policy) -> None:
    address = reverse("admin:compliance_policy_deed", args=[policy.pk, "dry_run"])
    answer = cast.colleague.post(address, {"mapping": mapped(cast.acme).pk, "rules": "", "label_column": ""})
    assert answer.status_code == 302, answer.content.decode()
    assert DryRun.objects.get().policy == policy


def test_versions_are_told_in_words_on_the_page_of_the_policy(cast: SimpleNamespace, policy: Policy) -> None:
    cast.colleague.post(at(policy, "rule", "BIG"), form(severity="LOW"))
    cast.colleague.post(at(policy, "move_rule"), {"down": "BIG", "seen": "2"})
    text = words(cast.reader.get(reverse("admin:compliance_policy_change", args=[policy.pk])).content.decode())
    assert "BIG: severity HIGH → LOW" in text
    assert "The rules stand in another order." in text
    assert "The first version." in text


def test_the_page_costs_the_same_for_many_versions_and_rules(cast: SimpleNamespace) -> None:
    counted = []
    for size in (1, 1, 25):  # the first also fills what Django remembers
        rules = [{**factories.RULE, "rule_id": f"R{number}"} for number in range(size)]
        policy = factories.policy(cast.acme, rules=rules)
        for number in range(2, 2 + size):
            policy.versions.create(number=number, rules=rules, content_hash="0" * 64, created_by="x")
        for _ in range(size):
            factories.completed(cast.acme, on=policy)
        with CaptureQueriesContext(connection) as captured:
            cast.colleague.get(reverse("admin:compliance_policy_change", args=[policy.pk]))
        counted.append(len(captured))
    assert counted[1] == counted[2]
    assert counted[2] <= 22
