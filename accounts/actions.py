"""What can be done with groups and keys. The admin, the commands and later the API all call these.

Every action writes its audit entry in the transaction of the change.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import audit, errors, keys
from accounts.audit import Actor
from accounts.enums import Permission, Plan
from accounts.models import AccountGroup, ApiKey, Grant


@transaction.atomic
def create_group(*, name: str, actor: Actor, plan: str = Plan.STARTER, sandbox: bool = False) -> AccountGroup:
    """A new account group. Raises django ValidationError for a name that is empty or too long."""
    group = AccountGroup(name=name.strip(), plan=plan, sandbox=sandbox)
    group.full_clean()
    group.save(force_insert=True)
    audit.record(actor=actor, action="group.created", obj=group, group=group, after=audit.snapshot(group))
    return group


@transaction.atomic
def issue_key(
    *,
    groups: Sequence[AccountGroup],
    permissions: Collection[str],
    name: str,
    actor: Actor,
    expires_at: datetime | None = None,
    test: bool = False,
    rate_limit: int | None = None,
    rate_limit_starts: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is nowhere stored: this is the only time it can be shown.

    Raises UnknownPermission, KeyReachesNothing, KeyLeavesSandbox, KeyExpiresInThePast, and django's
    ValidationError for the rest (an empty name, a limit of 0).
    """
    _check(groups, permissions, expires_at, test)
    text = keys.new_key(test=test)
    key = ApiKey(
        name=name.strip(),
        prefix=keys.TEST if test else keys.LIVE,
        hash=keys.digest(text),
        last4=text[-4:],
        permissions=sorted(set(permissions)),
        rate_limit=rate_limit,
        rate_limit_starts=rate_limit_starts,
        expires_at=expires_at,
        created_by=actor.name,
    )
    key.full_clean()
    key.save(force_insert=True)
    Grant.objects.bulk_create(Grant(key=key, group=group) for group in groups)
    _record(actor, "key.issued", key, groups, after=_shown(key))
    return key, text


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: Actor) -> None:
    """Close the key at once and for ever. Revoking it again changes nothing."""
    now = timezone.now()
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now, revoked_by=actor.name):
        _record(actor, "key.revoked", key, key.groups.all(), after={"revoked_at": now})
    key.refresh_from_db()


@transaction.atomic
def rotate_key(*, key: ApiKey, actor: Actor, overlap: timedelta) -> tuple[ApiKey, str]:
    """A successor with the same groups, permissions, limits and lifetime; the old one lives `overlap` more.

    Raises KeyNotLive for a key that is revoked or expired, and KeyRotatedMeanwhile where it ends otherwise than `key`
    says: of two who rotate it at once one gets the successor.
    """
    old = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    now = timezone.now()
    if not old.live_at(now):
        raise errors.KeyNotLive
    if old.expires_at != key.expires_at:
        raise errors.KeyRotatedMeanwhile
    groups = list(old.groups.all())
    successor, text = issue_key(
        groups=groups,
        permissions=old.permissions,
        name=old.name,
        actor=actor,
        expires_at=now + (old.expires_at - old.created_at) if old.expires_at else None,
        test=old.test,
        rate_limit=old.rate_limit,
        rate_limit_starts=old.rate_limit_starts,
    )
    ends = now + max(overlap, timedelta(seconds=1))  # a second, so that a request in flight is not cut
    old.expires_at = min(old.expires_at, ends) if old.expires_at else ends
    old.save(update_fields=["expires_at"])
    _record(actor, "key.rotated", old, groups, after={"expires_at": old.expires_at, "successor": successor.pk})
    return successor, text


def _check(
    groups: Sequence[AccountGroup], permissions: Collection[str], expires_at: datetime | None, test: bool
) -> None:
    if unknown := sorted(set(permissions) - set(Permission.values)):
        raise errors.UnknownPermission.at(
            "permissions", f"{', '.join(unknown)} is not a permission; known: {', '.join(Permission.values)}"
        )
    if not groups:
        raise errors.KeyReachesNothing
    if test and not all(group.sandbox for group in groups):
        raise errors.KeyLeavesSandbox
    if expires_at and expires_at <= timezone.now():
        raise errors.KeyExpiresInThePast


def _shown(key: ApiKey) -> dict[str, object]:
    return {"key": key.masked, "permissions": key.permissions, "expires_at": key.expires_at}


def _record(actor: Actor, action: str, key: ApiKey, groups: Collection[AccountGroup], after: dict[str, object]) -> None:
    """One entry in the chain of every group the key reaches, in one order so that no two writers deadlock."""
    for group in sorted(groups, key=lambda group: group.pk):
        audit.record(actor=actor, action=action, obj=key, group=group, after=after)
