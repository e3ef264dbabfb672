"""Which rows of prospecting a caller may see or a job needs. Nothing outside reads `.objects` unscoped."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Exists, OuterRef

import web.lookups  # noqa: F401  registers any_of
from accounts.queries import GroupQuerySet
from jobs.enums import LIVE
from jobs.queries import JobQuerySet


class AudienceQuerySet(GroupQuerySet):
    def ready(self) -> Self:
        """Those that no job is filling."""
        return self.exclude(self._filling())

    def with_filling(self) -> Self:
        """Each with `filling`: whether a job that is not over puts prospects into it."""
        return self.annotate(filling=self._filling())

    def _filling(self) -> Exists:
        jobs: Any = self.model._meta.get_field("jobs").related_model
        return Exists(jobs.objects.filter(audience=OuterRef("pk"), status__in=LIVE))


class ProspectingJobQuerySet(JobQuerySet):
    pass
