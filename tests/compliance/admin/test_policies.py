"""Making, changing and archiving policies."""

from __future__ import annotations

import html
import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from compliance.models import Policy
from tests.compliance import factories

ADD = "admin:compliance_policy_add"
RULE = {**factories.RULE, "rule_id": "BIGGER"}


def page(policy: Policy) -> str:
    return reverse("admin:compliance_policy_change", args=[policy.pk])


def settings(**more: Any) -> dict[str, Any]:
    return {
        "name": "Cash",
        "description": "",
        "score_method": "rules",
        "time_zone": "UTC",
        "reopen_growth": "0.5",
        **more,
    }


def written(*rules: Any) -> str:
    return json.dumps(list(rules))


def errors(answer: Any, field: str) -> list[str]:
    return list(answer.context["adminform"].form.errors[field])


def archive(policy: Policy) -> str:
    return reverse("admin:compliance_policy_deed", args=[policy.pk, "archive"])


@pytest.mark.parametrize("person", ["administrator", "colleague"])
def test_a_policy_is_made_with_its_first_version_and_audited(cast: SimpleNamespace, person: str) -> None:
    form = settings(group=cast.acme.pk, rules=written(RULE))
    assert getattr(cast, person).post(reverse(ADD), form).status_code == 302
    policy = Policy.objects.get()
    assert (policy.group, policy.name, policy.score_method) == (cast.acme, "Cash", "rules")
    version = policy.versions.get()
    assert (version.number, version.created_by, version.rules[0]["rule_id"]) == (
        1,
        f"user:{person}",
        "BIGGER",
    )
    assert AuditEntry.objects.filter(action="policy.created", object_id=policy.pk).count() == 1


def test_a_policy_is_made_from_a_pack(cast: SimpleNamespace) -> None:
    assert cast.colleague.post(reverse(ADD), settings(group=cast.acme.pk, pack="aml")).status_code == 302
    assert len(Policy.objects.get().current().rules) == 11


def test_a_policy_has_a_pack_or_rules(cast: SimpleNamespace) -> None:
    answer = cast.colleague.post(reverse(ADD), settings(group=cast.acme.pk, pack="aml", rules=written(RULE)))
    assert errors(answer, "rules") == ["Choose a pack or write rules, not both."]


def test_a_policy_may_begin_without_rules(cast: SimpleNamespace) -> None:
    assert cast.colleague.post(reverse(ADD), settings(group=cast.acme.pk)).status_code == 302
    policy = Policy.objects.get()
    assert policy.current().rules == []
    assert "The policy has no rule yet" in cast.colleague.get(page(policy)).content.decode()


def test_no_policy_is_made_in_a_group_one_is_not_in(cast: SimpleNamespace) -> None:
    assert "Acme" not in cast.stranger.get(reverse(ADD)).content.decode()
    answer = cast.stranger.post(reverse(ADD), settings(group=cast.acme.pk, rules=written(RULE)))
    assert "group" in answer.context["adminform"].form.errors
    assert not Policy.objects.exists()


def test_who_may_only_look_makes_and_changes_nothing(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    assert cast.reader.get(reverse(ADD)).status_code == 403
    assert cast.reader.post(page(policy), settings(rules=written(RULE), base_version=1)).status_code == 403
    assert cast.reader.post(archive(policy)).status_code == 403
    policy.refresh_from_db()
    assert (policy.name, policy.archived_at, policy.versions.count()) == ("Policy", None, 1)


def test_who_may_only_look_reads_the_rules(cast: SimpleNamespace) -> None:
    content = cast.reader.get(page(factories.policy(cast.acme))).content.decode()
    assert "&quot;rule_id&quot;: &quot;BIG&quot;" in content
    assert "<textarea" not in content


def test_changed_rules_make_a_new_version(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    answer = cast.colleague.post(page(policy), settings(rules=written(RULE), base_version=1))
    assert answer.status_code == 302
    policy.refresh_from_db()
    assert (policy.name, policy.current().number, policy.current().rules[0]["rule_id"]) == (
        "Cash",
        2,
        "BIGGER",
    )
    assert AuditEntry.objects.filter(action="policy.changed", actor="user:colleague").count() == 1


def test_changed_settings_alone_make_no_new_version(cast: SimpleNamespace) -> None:
    cast.colleague.post(reverse(ADD), settings(group=cast.acme.pk, rules=written(RULE)))
    policy = Policy.objects.get()
    text = cast.colleague.get(page(policy)).context["adminform"].form["rules"].value()
    cast.colleague.post(page(policy), settings(name="Coins", rules=text, base_version=1))
    policy.refresh_from_db()
    assert (policy.name, policy.versions.count()) == ("Coins", 1)


def test_every_fault_of_the_rules_is_shown_and_the_text_kept(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    faulty = written({**RULE, "severity": "URGENT"}, {**RULE, "kind": "magic"})
    answer = cast.colleague.post(page(policy), settings(rules=faulty, base_version=1))
    shown = errors(answer, "rules")
    assert [fault.split(":")[0] for fault in shown] == ["rules[0].severity", "rules[1].kind"]
    assert faulty in html.unescape(answer.content.decode())
    assert policy.versions.count() == 1


def test_a_text_that_is_no_json_says_where(cast: SimpleNamespace) -> None:
    answer = cast.colleague.post(page(factories.policy(cast.acme)), settings(rules="[{]", base_version=1))
    assert "The text is not JSON" in errors(answer, "rules")[0]
    assert "line 1, column 3" in errors(answer, "rules")[0]


def test_a_version_made_meanwhile_is_not_overwritten(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    cast.administrator.post(page(policy), settings(rules=written(RULE), base_version=1))
    answer = cast.colleague.post(page(policy), settings(rules=written(factories.RULE), base_version=1))
    assert "Version 2 has been made since you opened version 1" in errors(answer, "__all__")[0]
    assert policy.versions.count() == 2


def test_a_wrong_time_zone_is_named_at_its_field(cast: SimpleNamespace) -> None:
    form = settings(time_zone="Vienna", rules=written(RULE), base_version=1)
    answer = cast.colleague.post(page(factories.policy(cast.acme)), form)
    assert "'Vienna' is no time zone" in errors(answer, "time_zone")[0]


def test_asking_to_archive_changes_nothing(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    assert cast.colleague.get(archive(policy)).status_code == 200
    assert Policy.objects.in_use().count() == 1


def test_an_archived_policy_is_kept_and_can_only_be_read(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    assert cast.colleague.post(archive(policy)).status_code == 302
    assert not Policy.objects.in_use().exists()
    assert AuditEntry.objects.filter(action="policy.archived", actor="user:colleague").count() == 1
    assert cast.colleague.get(page(policy)).status_code == 200
    assert cast.colleague.post(page(policy), settings(rules=written(RULE), base_version=1)).status_code == 403


def test_the_stranger_archives_and_changes_nothing(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    cast.stranger.post(archive(policy))
    cast.stranger.post(page(policy), settings(rules=written(RULE), base_version=1))
    assert Policy.objects.in_use().get().versions.count() == 1


def test_a_version_shows_its_rules_in_words(cast: SimpleNamespace) -> None:
    version = factories.policy(cast.acme).current()
    content = cast.reader.get(reverse("admin:compliance_policyversion_change", args=[version.pk])).content.decode()
    assert "A record is reported when" in content
