"""Signal specifications: what a scan looks for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from web.identifiers import new_object_id


class SignalSpecification(models.Model):
    """`items`: [{"source", "keywords": [text or {"term", "weight"}], "excludeKeywords", "minScore"?, "maxAgeDays"?}],
    as partners write them.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=2000, blank=True)
    items = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="a_specification_has_a_name")]
        indexes = [models.Index(fields=["group", "-created_at", "-id"], name="specification_newest_first")]

    def __str__(self) -> str:
        return self.name
