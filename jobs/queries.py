"""Questions about jobs that more than one place asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.enums import LIVE, Status

if TYPE_CHECKING:
    from accounts.models import AccountGroup


class JobQuerySet(models.QuerySet[Any]):
    def for_group(self, group: AccountGroup) -> Self:
        return self.filter(group=group)

    def live(self) -> Self:
        return self.filter(status__in=LIVE)

    def running(self) -> Self:
        return self.filter(status=Status.RUNNING)

    def due_for_publishing(self) -> Self:
        return self.filter(status=Status.QUEUED, publish_after__lte=Now())

    def with_expired_lease(self) -> Self:
        return self.filter(status=Status.RUNNING, lease_until__lt=Now())

    def stalled(self, *, seconds: int) -> Self:
        """What reaper and sweeper should have seen to for so long."""
        since = Now() - timedelta(seconds=seconds)
        lost, unpublished = Q(status=Status.RUNNING, lease_until__lt=since), Q(publish_after__lt=since)
        return self.filter(lost | (Q(status=Status.QUEUED) & unpublished))

    def with_old_leftovers(self, *, seconds: int) -> Self:
        """Not running, and some attempt's rows may still lie about: nobody has cleaned them for a whole lease."""
        return self.filter(leftovers=True, updated_at__lt=Now() - timedelta(seconds=seconds)).exclude(
            status=Status.RUNNING
        )
