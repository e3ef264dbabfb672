"""Which rows: the QuerySets of accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from accounts.models import AccountGroup, User


class GroupQuerySet(QuerySet[Any]):
    """Rows that belong to one account group each."""

    def for_group(self, group: AccountGroup) -> Self:
        return self.filter(group=group)


class AccountGroupQuerySet(QuerySet[Any]):
    def visible_to(self, user: User | Any) -> AccountGroupQuerySet:
        """The groups a member of staff sees: all for a superuser, else those they are member of."""
        return self if user.is_superuser else self.filter(memberships__user=user)


class ApiKeyQuerySet(QuerySet[Any]):
    def visible_to(self, user: User | Any) -> ApiKeyQuerySet:
        """Keys all of whose groups the member of staff sees: a key is no way into a group one is not in."""
        if user.is_superuser:
            return self
        own = user.memberships.values("group")
        return self.filter(grants__group__in=own).exclude(grants__in=self._foreign(own)).distinct()

    def _foreign(self, own: QuerySet[Any, Any]) -> QuerySet[Any]:
        grants = self.model._meta.get_field("grants").related_model
        return grants.objects.exclude(group__in=own)  # type: ignore[no-any-return]

    def live(self, now: datetime) -> ApiKeyQuerySet:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)

    def touch(self, key_id: str, now: datetime) -> None:
        """Note that the key was used, at most once a minute however many requests race."""
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - timedelta(minutes=1))
        self.filter(stale, pk=key_id).update(last_used_at=now)


class AuditEntryQuerySet(QuerySet[Any]):
    def visible_to(self, user: User | Any) -> AuditEntryQuerySet:
        return self if user.is_superuser else self.filter(chain__in=user.memberships.values("group"))
