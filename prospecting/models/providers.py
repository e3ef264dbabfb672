"""Providers of people data, as the operator has configured them, and what they were used."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from prospecting.enums import Capability
from web.sealed import SecretField


class Provider(models.Model):
    """A provider that speaks the protocol of docs/providers.md. `name` is what its ids are kept under."""

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9_-]*$", "Lower-case letters, digits, - and _ only.")],
        help_text="Its ids of people are kept under this name; it cannot be changed later.",
    )
    base_url = models.CharField("base address", max_length=500, help_text="Such as https://people.example.com/v1")
    token = SecretField(help_text="Sealed; it is never shown again.")
    seconds = models.PositiveSmallIntegerField(
        "time-out", default=10, validators=[MinValueValidator(1), MaxValueValidator(60)], help_text="Seconds of a call."
    )
    monthly_cap = models.PositiveIntegerField(null=True, blank=True, help_text="Calls a month; empty: no limit.")
    capabilities = ArrayField(
        models.CharField(max_length=20, choices=Capability.choices), default=list, blank=True,
        help_text="What it offers besides searches.",
    )  # fmt: skip
    active = models.BooleanField(default=True, help_text="A group uses one provider at a time.")
    created_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("group", "name", name="a_provider_has_a_name_of_its_own_in_its_group"),
            models.UniqueConstraint("group", condition=Q(active=True), name="a_group_uses_one_provider_at_a_time"),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[a-z0-9][a-z0-9_-]*$") & ~Q(name__in=["import", "sandbox"]),
                name="a_provider_has_a_plain_name",
            ),
            models.CheckConstraint(condition=~Q(base_url=""), name="a_provider_has_an_address"),
            models.CheckConstraint(condition=Q(seconds__gte=1, seconds__lte=60), name="a_provider_has_a_time_out"),
            models.CheckConstraint(
                condition=Q(capabilities__contained_by=Capability.values), name="a_provider_has_known_capabilities"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProviderUse(models.Model):
    """Calls of one provider in one month (UTC)."""

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="uses")
    month = models.DateField(help_text="Its first day.")
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint("provider", "month", name="the_calls_of_a_month_are_counted_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="a_month_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.month:%Y-%m}: {self.calls}"
