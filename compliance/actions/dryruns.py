"""Trying rules on an upload: nothing of it counts, and it is forgotten after a while."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.actions.lists import freeze_lists, lists_now
from compliance.actions.policies import canonical_rules
from compliance.actions.readiness import assess
from compliance.actions.scans import mapped_upload, refuse_blocked
from compliance.columns import Column
from compliance.engine.rules import lists_used, parse_rules
from compliance.errors import NoRules, PolicyNotFound
from compliance.models import DryRun, Policy, Upload
from jobs import lifecycle
from jobs.enums import FINAL
from web.errors import ValidationFailed


def start_dry_run(
    *, group: AccountGroup, by: Requester, policy_id: uuid.UUID, upload_id: uuid.UUID, mapping_id: uuid.UUID,
    rules: list[Any] | None = None, label_column: str = "",
) -> DryRun:  # fmt: skip
    """Queue a trial of `rules` (None: the policy's own) beside the policy's newest version.

    To be called inside a transaction. Refuses what a scan refuses, and a label column that holds no boolean words.
    """
    policy = Policy.objects.for_group(group).in_use().filter(pk=policy_id).first()
    if policy is None:
        raise PolicyNotFound
    upload, mapping = mapped_upload(group=group, upload_id=upload_id, mapping_id=mapping_id)
    version = policy.current()
    tried = version.rules if rules is None else canonical_rules(rules)
    if not any(rule["is_active"] for rule in tried):
        raise NoRules("No rules found: there is no active rule to try.")
    lists = freeze_lists(group=group, rules=parse_rules(tried))
    named = frozenset[str]().union(*map(lists_used, parse_rules(version.rules)))
    refuse_blocked(assess(tried, upload, mapping.config, mapping.overrides))
    if label_column:
        label_of(upload, label_column)
    run = DryRun(
        group=group, policy=policy, policy_version=version, upload=upload, mapping=mapping, rules=tried,
        time_zone=policy.time_zone, compat=policy.compat, label_column=label_column,
        list_versions=lists_now(group=group, names=named) | lists,
        trace_id=by.trace_id, requested_by_key=by.key, requested_by_user=by.user,
    )  # fmt: skip
    lifecycle.start(run, actor=by.name)
    by.audit("dry_run.started", run, after={"policy": policy.name, "version": version.number, "rules": len(tried)})
    return run


def label_of(upload: Upload, name: str) -> Column:
    """The column that says what is right. ValidationFailed when it is not there, or holds no boolean words."""
    column = next((column for column in upload.facts().columns if column.name == name), None)
    if column is None:
        raise ValidationFailed.at("label_column", f'the upload has no column "{name[:100]}"')
    if not column.booleans:
        raise ValidationFailed.at("label_column", f'"{name[:100]}" holds no boolean words such as true, no, 1')
    return column


def forget_old_dry_runs() -> int:
    """Delete those that ended more than DRY_RUN_DAYS ago; answers how many. For beat."""
    old = DryRun.objects.filter(status__in=FINAL, completed_at__lt=Now() - timedelta(days=settings.DRY_RUN_DAYS))
    return int(old.delete()[0])
