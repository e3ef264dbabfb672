"""Making and changing policies. Every change of rules is a new version; what was run stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.engine.rules import RuleErrors, content_hash, parse_rules
from compliance.errors import RuleNotFound
from compliance.models import Policy, PolicyVersion
from web.errors import Conflict, ValidationFailed


def create_policy(
    *, group: AccountGroup, by: Requester, name: str, rules: list[Any], **settings: Any
) -> tuple[Policy, PolicyVersion]:
    """Make a policy with its first version. ValidationFailed names each fault of the rules by its path."""
    canonical = canonical_rules(rules)
    with transaction.atomic():
        policy = Policy.objects.create(group=group, name=name, **settings)
        version = _add_version(policy, number=1, rules=canonical, by=by)
        by.audit("policy.created", policy, after={"name": name, "rules": [rule["rule_id"] for rule in canonical]})
    return policy, version


def change_policy(*, policy: Policy, by: Requester, rules: list[Any] | None = None, **settings: Any) -> PolicyVersion:
    """Change settings of a policy, and its rules when given. Unchanged rules make no new version."""
    canonical = None if rules is None else canonical_rules(rules)
    with transaction.atomic():
        policy = _locked(policy)
        before = {name: getattr(policy, name) for name in settings}
        Policy.objects.filter(pk=policy.pk).update(**settings, updated_at=Now())
        version = policy.current()
        if canonical is not None and canonical != version.rules:
            version = _add_version(policy, number=version.number + 1, rules=canonical, by=by)
        by.audit("policy.changed", policy, before=before, after={**settings, "version": version.number})
    return version


def add_rule(*, policy: Policy, by: Requester, rule: Any) -> dict[str, Any]:
    """Append one rule; Conflict when its rule_id is taken. Returns it in canonical form."""
    (canonical,) = canonical_rules([rule], single=True)
    with transaction.atomic():
        policy = _locked(policy)
        version = policy.current()
        if any(known["rule_id"] == canonical["rule_id"] for known in version.rules):
            raise Conflict(f"The policy already has a rule {canonical['rule_id']}; change it with PATCH.")
        change_policy(policy=policy, by=by, rules=[*version.rules, canonical])
    return canonical


def change_rule(*, policy: Policy, by: Requester, rule_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Replace the given parts of one rule. Returns it in canonical form."""
    with transaction.atomic():
        policy = _locked(policy)
        version = policy.current()
        index = _index(version, rule_id)
        (changed,) = canonical_rules([{**version.rules[index], **changes}], single=True)
        rules = list(version.rules)
        rules[index] = changed
        change_policy(policy=policy, by=by, rules=rules)
    return changed


def remove_rule(*, policy: Policy, by: Requester, rule_id: str) -> None:
    with transaction.atomic():
        policy = _locked(policy)
        version = policy.current()
        del version.rules[_index(version, rule_id)]
        change_policy(policy=policy, by=by, rules=version.rules)


def edit_rules(
    *, policy: Policy, by: Requester, seen: int, edit: Callable[[list[dict[str, Any]]], list[Any]]
) -> PolicyVersion:  # fmt: skip
    """Make a version from the rules of the newest one; Conflict unless that is the version that was `seen`."""
    with transaction.atomic():
        policy = _locked(policy)
        version = policy.current()
        refuse_unseen(version, seen)
        return change_policy(policy=policy, by=by, rules=edit(list(version.rules)))


def refuse_unseen(version: PolicyVersion, seen: int) -> None:
    """Conflict when the newest version is not the one that somebody worked from."""
    if version.number != seen:
        raise Conflict(
            f"{version.created_by} has made version {version.number} since you opened version {seen}, so nothing was "
            "saved. Look at what changed, then do it again."
        )


def delete_policy(*, policy: Policy, by: Requester) -> None:
    """Archive a policy: it runs no more; its scans and versions stay. Asking again changes nothing."""
    with transaction.atomic():
        if Policy.objects.in_use().filter(pk=policy.pk).update(archived_at=Now(), updated_at=Now()):
            by.audit("policy.archived", policy)


def canonical_rules(rules: list[Any], *, single: bool = False) -> list[dict[str, Any]]:
    """Rules as they are stored. ValidationFailed with the path of every fault (`rules[2].where.AND[0].operator`)."""
    try:
        return [rule.canonical() for rule in parse_rules(rules)]
    except RuleErrors as faults:
        inside = "rules[0]" if single else ""
        details = [(fault.path.removeprefix(inside).removeprefix("."), fault.message) for fault in faults.faults]
        raise ValidationFailed(": ".join(filter(None, details[0])), details=details) from faults


def _add_version(policy: Policy, *, number: int, rules: list[dict[str, Any]], by: Requester) -> PolicyVersion:
    return PolicyVersion.objects.create(
        policy=policy, number=number, rules=rules, content_hash=content_hash(parse_rules(rules)),
        created_by=by.name,
    )  # fmt: skip


def _locked(policy: Policy) -> Policy:
    locked: Policy = Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    return locked


def _index(version: PolicyVersion, rule_id: str) -> int:
    for index, rule in enumerate(version.rules):
        if rule["rule_id"] == rule_id:
            return index
    raise RuleNotFound
