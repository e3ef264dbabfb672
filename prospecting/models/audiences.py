"""Audiences: named sets of prospects, in folders."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from prospecting.enums import AudienceType
from prospecting.queries import AudienceQuerySet
from web.identifiers import new_object_id


class Folder(models.Model):
    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="a_folder_has_a_name"),
            models.UniqueConstraint("group", "name", name="a_folder_has_a_name_of_its_own_in_its_group"),
        ]

    def __str__(self) -> str:
        return self.name


class Audience(models.Model):
    """`prospect_count` is kept by whoever adds or removes members, in the same transaction."""

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=12, choices=AudienceType.choices, default=AudienceType.ON_DEMAND)
    description = models.CharField(max_length=2000, blank=True)
    folder = models.ForeignKey(Folder, models.SET_NULL, null=True, blank=True, related_name="audiences")
    prospect_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    objects = AudienceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="an_audience_has_a_name"),
            models.CheckConstraint(condition=Q(type__in=AudienceType.values), name="an_audience_has_a_known_type"),
        ]
        indexes = [models.Index(fields=["group", "-created_at", "-id"], name="audience_newest_first")]

    def __str__(self) -> str:
        return self.name


class AudienceMember(models.Model):
    """A prospect in an audience."""

    audience = models.ForeignKey(Audience, models.CASCADE, db_index=False, related_name="memberships")
    prospect = models.ForeignKey(
        "prospecting.Prospect", models.CASCADE, db_index=False, related_name="memberships"
    )  # fmt: skip
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint("audience", "prospect", name="a_prospect_is_in_an_audience_once")]
        indexes = [
            models.Index(fields=["audience", "-added_at", "-id"], name="member_newest_first"),
            models.Index(fields=["prospect"], name="memberships_of_prospect"),
        ]

    def __str__(self) -> str:
        return f"{self.prospect_id} in {self.audience_id}"
