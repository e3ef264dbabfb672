"""Who must not be brought in: the suppression list, and the countries whose people must have agreed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from prospecting.enums import SuppressionKind


class Suppression(models.Model):
    """One thing by which a person is known and must not come back; written by prospecting/actions/suppression.py.

    `value` of a domain is the domain; of everything else, as it names a person, a keyed hash, and `hash_key` tells
    which of SUPPRESSION_KEYS made it.
    """

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=SuppressionKind.choices)
    value = models.CharField(max_length=253)
    hash_key = models.CharField(max_length=12, blank=True, editable=False)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=200)

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "suppressions"
        constraints = [
            models.UniqueConstraint("group", "kind", "value", name="a_suppression_stands_once_in_its_group"),
            models.CheckConstraint(condition=Q(kind__in=SuppressionKind.values), name="a_suppression_has_a_known_kind"),
            models.CheckConstraint(
                condition=Q(kind=SuppressionKind.DOMAIN, hash_key="", value__regex=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
                | ~Q(kind=SuppressionKind.DOMAIN) & ~Q(hash_key="") & Q(value__regex=r"^[0-9a-f]{64}$"),
                name="a_suppressed_person_is_kept_as_a_hash",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "hash_key"], name="suppression_by_key"),
            models.Index(fields=["group", "-created_at", "-id"], name="suppression_newest_first"),
        ]

    def __str__(self) -> str:
        return self.value if self.kind == SuppressionKind.DOMAIN else f"{self.get_kind_display()} {self.value[:12]}"


class ProspectingSettings(models.Model):
    """What an account group has chosen for the people it brings in. One row a group; without it, the defaults."""

    group = models.OneToOneField("accounts.AccountGroup", models.PROTECT, primary_key=True, related_name="+")
    consent_countries = ArrayField(
        models.CharField(max_length=2), default=list, blank=True,
        help_text="Of people in these countries (ISO 3166-1 alpha-2) a row must say that they agreed.",
    )  # fmt: skip
    consent_without_country = models.BooleanField(
        default=False, help_text="Rows that name no country must say it, too, when there are such countries."
    )

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "prospecting settings"

    def __str__(self) -> str:
        return f"prospecting settings of {self.group}"
