"""Prospects: people, what is known of them and from where."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from prospecting.enums import EmailStatus
from prospecting.models.companies import Company
from web.identifiers import new_object_id


class Prospect(models.Model):
    """`provenance`: {field: {"origin": "import" or the step's name, "at": ISO 8601, "confidence": 0..1}},
    with "reason" where a step concluded it.

    `email` and `public_identifier` are in their normal form; inside a group each names one person.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, db_index=False, related_name="+")
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=400, blank=True)
    name_key = models.CharField(max_length=400, blank=True, help_text="The name folded for comparison.")
    headline = models.CharField(max_length=1000, blank=True)
    about = models.TextField(blank=True)
    photo_url = models.CharField(max_length=2000, blank=True)
    linkedin_url = models.CharField(max_length=500, blank=True)
    public_identifier = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=500, blank=True)
    seniority = models.CharField(max_length=40, blank=True)
    department = models.CharField(max_length=40, blank=True)
    location = models.CharField(max_length=500, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2.")
    subdivision = models.CharField(max_length=6, blank=True, help_text="ISO 3166-2.")
    email = models.CharField(max_length=254, blank=True)
    email_status = models.CharField(max_length=10, choices=EmailStatus.choices, default=EmailStatus.UNKNOWN)
    phone = models.CharField(max_length=20, blank=True, help_text="E.164.")
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, db_index=False, related_name="prospects"
    )  # fmt: skip
    provenance = models.JSONField(default=dict, blank=True)
    enriched_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "group", "public_identifier", condition=~Q(public_identifier=""), name="a_profile_is_in_its_group_once"
            ),
            models.UniqueConstraint("group", "email", condition=~Q(email=""), name="an_email_is_in_its_group_once"),
            models.CheckConstraint(
                condition=Q(email_status__in=EmailStatus.values), name="a_prospect_has_a_known_email_status"
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-created_at", "-id"], name="prospect_newest_first"),
            # Read by the search of the staff page, by the beginning of a name.
            models.Index(fields=["name_key"], opclasses=["varchar_pattern_ops"], name="prospect_by_name"),
            # Read by the search for people of the same name at the same company, and by whatever asks for a company's.
            models.Index(fields=["company", "name_key"], name="prospect_names_at_company"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.public_identifier or self.id


class ProviderIdentity(models.Model):
    """The id under which a provider knows a prospect. Two providers may use the same text for two people."""

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, db_index=False, related_name="+")
    prospect = models.ForeignKey(Prospect, models.CASCADE, db_index=False, related_name="identities")
    provider = models.CharField(max_length=60, help_text="The provider's name, or `import` for a column of a file.")
    external_id = models.CharField(max_length=200)
    person_id = models.CharField(max_length=200, blank=True)

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("group", "provider", "external_id", name="a_provider_names_a_person_once"),
            models.CheckConstraint(condition=~Q(external_id=""), name="a_provider_identity_is_not_empty"),
        ]
        indexes = [
            models.Index(fields=["group", "external_id"], name="identity_by_external_id"),
            models.Index(fields=["prospect"], name="identities_of_prospect"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.external_id}"


class PositionChange(models.Model):
    """Title or company of a prospect differed from what was known: what a job_change signal is made of."""

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    prospect = models.ForeignKey(Prospect, models.CASCADE, related_name="position_changes")
    previous_title = models.CharField(max_length=500, blank=True)
    previous_company = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=500, blank=True)
    company = models.CharField(max_length=300, blank=True)
    origin = models.CharField(max_length=60, help_text="`import` or the step of enrichment that saw it.")
    seen_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["prospect", "-seen_at"], name="position_newest_first")]

    def __str__(self) -> str:
        return f"{self.prospect_id}: {self.previous_title} -> {self.title}"
