"""Reference lists: named sets of values (countries, watchlists) that rules compare with."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.queries import ListQuerySet


class ReferenceList(models.Model):
    """A set of values under a name, which rules write as `in_list`. Its values live in versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=100, help_text="Letters, digits, '.', '_' and '-': what rules write.")
    created_at = models.DateTimeField(db_default=Now())

    objects = ListQuerySet.as_manager()

    class Meta:
        verbose_name = "reference list"
        constraints = [
            models.UniqueConstraint("group", "name", name="a_group_has_each_list_once"),
            models.CheckConstraint(condition=Q(name__regex=r"^[A-Za-z0-9._-]+$"), name="a_list_has_a_plain_name"),
        ]
        indexes = [models.Index("group", "created_at", "id", name="list_list")]

    def __str__(self) -> str:
        return self.name

    def current(self) -> ReferenceListVersion:
        """The newest version, without its values: what a new scan freezes."""
        return self.versions.defer("values").order_by("-number")[0]


class ReferenceListVersion(models.Model):
    """The values of a list as they were at one time: distinct, trimmed, ascending. A trigger refuses every change."""

    list = models.ForeignKey(ReferenceList, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    values = ArrayField(models.TextField())
    value_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the values, in order, as a JSON list.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=200, help_text="Who saved it: a key, a user, a command.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint("list", "number", name="a_list_has_each_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="list_versions_count_from_one"),
            models.CheckConstraint(
                condition=Q(value_count__gte=1, values__len=models.F("value_count")), name="a_list_counts_its_values"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    @property
    def frozen(self) -> dict[str, object]:
        """How a scan names it."""
        return {"version": self.number, "sha256": self.sha256}
