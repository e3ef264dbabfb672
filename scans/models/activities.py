"""Posts and comments of prospects, as partners push them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from prospecting.models import Prospect
from scans.enums import ACTIVITIES
from web.identifiers import new_object_id


class Activity(models.Model):
    """`external_id` is the partner's own id, by which a second sending is known."""

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=200)
    type = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in ACTIVITIES])
    prospect = models.ForeignKey(Prospect, models.CASCADE, related_name="activities", db_index=False)
    text = models.TextField()
    url = models.CharField(max_length=2000)
    posted_at = models.DateTimeField()
    total_likes = models.PositiveBigIntegerField(null=True, blank=True)
    total_comments = models.PositiveBigIntegerField(null=True, blank=True)
    reply_summary = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "activities"
        constraints = [
            models.UniqueConstraint("group", "external_id", name="an_activity_is_taken_once"),
            models.CheckConstraint(condition=~Q(external_id=""), name="an_activity_has_an_id_of_the_partner"),
            models.CheckConstraint(condition=Q(type__in=ACTIVITIES), name="an_activity_is_a_post_or_a_comment"),
        ]
        indexes = [models.Index(fields=["prospect", "type", "-posted_at"], name="activities_newest_first")]

    def __str__(self) -> str:
        return f"{self.type} {self.external_id}"
