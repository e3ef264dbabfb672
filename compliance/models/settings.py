"""What an account group has chosen for its compliance: who is told of what, what is kept how long, who must agree."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q


class GroupSettings(models.Model):
    """One row a group, made when it is first needed; the defaults are those of a group without one."""

    group = models.OneToOneField("accounts.AccountGroup", models.PROTECT, primary_key=True, related_name="+")
    notified = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        help_text="Staff who get an e-mail after a scheduled run.",
    )
    notify_score_drop = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(5), validators=[MinValueValidator(0)],
        help_text="Tell them when the score fell by more than this many points.",
    )  # fmt: skip
    notify_new_critical = models.BooleanField(default=True, help_text="Tell them of new CRITICAL violations.")
    upload_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Days after which the content of an upload is deleted; empty: never."
    )
    finding_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Days after which the evidence of a scan is deleted; empty: never."
    )
    second_reviewer = models.BooleanField(
        default=False, help_text="A CRITICAL violation is a false positive only when a second person agrees."
    )

    class Meta:
        verbose_name = verbose_name_plural = "compliance settings"
        constraints = [
            models.CheckConstraint(condition=Q(notify_score_drop__gte=0), name="a_score_drop_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"compliance settings of {self.group}"
