"""Dry runs: what rules would find and change, and how right they are, without a trace among the violations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from compliance import trying
from compliance.actions.dryruns import forget_old_dry_runs
from compliance.models import DryRun, Violation
from tests.compliance import factories
from tests.compliance.desk import Desk

pytestmark = pytest.mark.django_db

LEDGER = b"Account,Amount,Fraud\nA1,500,yes\nA2,60,yes\nA3,70,no\nA4,5,maybe\nA5,1,no\n"
CONFIG = {"account": "Account", "amount": "Amount"}
LOWER = {**factories.RULE, "where": {"field": "amount", "operator": ">", "value": 50}}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def tried(desk: Desk, status: int = 202, *, policy: Any = None, **body: Any) -> Any:
    upload = factories.received(desk.group, LEDGER)
    wanted = {"upload_id": str(upload.pk), "mapping_id": str(factories.mapping(upload, CONFIG).pk), **body}
    return desk.post(
        f"/api/policies/{(policy or factories.policy(desk.group)).pk}/dry-run", wanted, status, Prefer="respond-async"
    )


def results(desk: Desk, **body: Any) -> Any:
    started = tried(desk, **body)
    assert (started["status"], started["results"]) == ("pending", None)
    factories.finished(DryRun.objects.get(pk=started["dry_run_id"]), trying.execute)
    done = desk.get(f"/api/dry-runs/{started['dry_run_id']}")
    assert (done["status"], done["progress"]) == ("completed", 1)
    return done["results"]


def test_it_says_what_other_rules_would_find_and_change(desk: Desk) -> None:
    added = {**LOWER, "rule_id": "FRESH"}
    policy = factories.policy(desk.group, [factories.RULE, {**factories.RULE, "rule_id": "GONE"}])
    found = results(desk, policy=policy, rules=[LOWER, added])
    assert (found["record_count"], found["violation_count"], found["labels"]) == (5, 6, None)
    assert [(rule["rule_id"], rule["violations"], rule["accuracy"]) for rule in found["rules"]] == [
        ("BIG", 3, None), ("FRESH", 3, None),
    ]  # fmt: skip
    difference = found["difference"]
    assert {rule["rule_id"]: (rule["added"], rule["removed"], rule["unchanged"]) for rule in difference["by_rule"]} == {
        "BIG": (2, 0, 1), "FRESH": (3, 0, 0), "GONE": (0, 1, 0),
    }  # fmt: skip
    assert (difference["added_count"], difference["removed_count"], difference["unchanged_count"]) == (5, 1, 1)
    assert difference["removed"] == [{"rule_id": "GONE", "account": "A1"}]
    assert {(item["rule_id"], item["account"]) for item in found["sample"]} == {
        (rule, account) for rule in ("BIG", "FRESH") for account in ("A1", "A2", "A3")
    }
    assert Violation.objects.count() == 0


def test_without_rules_of_its_own_it_tries_those_of_the_policy(desk: Desk) -> None:
    found = results(desk)
    assert (found["difference"]["added_count"], found["difference"]["unchanged_count"]) == (0, 1)


def test_a_label_column_gives_precision_and_recall(desk: Desk) -> None:
    found = results(
        desk,
        rules=[LOWER, {**LOWER, "rule_id": "NONE", "where": {**LOWER["where"], "value": 900}}],
        label_column="Fraud",
    )
    big, none = (rule["accuracy"] for rule in found["rules"])
    assert big == {
        "tp": 2, "fp": 1, "fn": 0, "tn": 1, "precision": 0.666667, "recall": 1, "f1": 0.8, "false_positive_rate": 0.5,
    }  # fmt: skip
    assert (none["precision"], none["recall"], none["fn"]) == (None, 0, 2)
    assert {key: found["labels"][key] for key in ("labelled", "unlabelled", "positives")} == {
        "labelled": 4, "unlabelled": 1, "positives": 2,
    }  # fmt: skip


def test_what_cannot_be_tried_is_refused_before_it_starts(desk: Desk) -> None:
    assert tried(desk, 400, label_column="Nothing")["details"][0]["path"] == "label_column"
    assert "no boolean words" in tried(desk, 400, label_column="Account")["message"]
    assert tried(desk, 400, rules=[{**LOWER, "kind": "x"}])["details"][0]["path"] == "rules[0].kind"
    assert "no active rule" in tried(desk, 404, rules=[])["message"]
    country = {**LOWER, "where": {"field": "nowhere", "operator": "==", "value": "x"}}
    assert tried(desk, 400, rules=[country])["error"] == "MAPPING_INCOMPLETE"
    assert not DryRun.objects.exists()


def test_an_upload_is_not_deleted_under_a_dry_run(desk: Desk) -> None:
    started = tried(desk)
    assert desk.client.delete(f"/api/data/{started['upload_id']}").status_code == 409


def test_old_ones_are_forgotten_and_running_ones_are_not(desk: Desk) -> None:
    old, running = (DryRun.objects.get(pk=tried(desk)["dry_run_id"]) for _ in range(2))
    factories.finished(old, trying.execute)
    assert forget_old_dry_runs() == 0
    DryRun.objects.update(created_at=Now() - timedelta(days=90))
    DryRun.objects.filter(pk=old.pk).update(completed_at=Now() - timedelta(days=90))
    assert forget_old_dry_runs() == 1
    assert DryRun.objects.get() == running
    assert "No dry run" in desk.get(f"/api/dry-runs/{old.pk}", 404)["message"]
