"""Which rows: the QuerySets of accounts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from accounts.models import AccountGroup

EXPIRES_SOON = timedelta(days=14)


class GroupQuerySet(QuerySet[Any]):
    """Rows that belong to one account group each."""

    def for_group(self, group: AccountGroup) -> Self:
        return self.filter(group=group)


def live_key(now: datetime, path: str = "") -> Q:
    """Keys that open doors at that moment; `path` leads to them from another row: keys__."""
    lasts = Q(**{f"{path}expires_at__isnull": True}) | Q(**{f"{path}expires_at__gt": now})
    return lasts & Q(**{f"{path}revoked_at__isnull": True})


class ApiKeyQuerySet(QuerySet[Any]):
    def within(self, groups: Collection[str]) -> ApiKeyQuerySet:
        """Keys that reach at least one of these account groups, and no other."""
        grants = self.model._meta.get_field("grants").related_model
        others = grants.objects.exclude(group__in=groups)
        return self.filter(grants__group__in=groups).exclude(grants__in=others).distinct()

    def expiring(self, now: datetime) -> ApiKeyQuerySet:
        """Live ones that expire soon."""
        return self.filter(expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON, revoked_at__isnull=True)

    def live(self, now: datetime) -> ApiKeyQuerySet:
        return self.filter(live_key(now))

    def touch(self, key_id: str, now: datetime) -> None:
        """Note that the key was used, at most once a minute however many requests race."""
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - timedelta(minutes=1))
        self.filter(stale, pk=key_id).update(last_used_at=now)
