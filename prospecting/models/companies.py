"""Companies: where prospects work, and where signals about them are published."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from web.identifiers import new_object_id


class Company(models.Model):
    """`key` tells companies of a group apart: the registered domain, else `name:` and the normalised name.

    It never changes: a company known by its name alone keeps that key when its domain is found. `name_key` is the name
    folded for comparison, see normalising.companies.

    `feeds`: [{"url", "kind": rss|atom|json|unknown}]; `job_board`: {"kind": greenhouse|lever|ashby, "token"} or {},
    with "region": "eu" for one in the European data centre; `social_links`: [{"kind", "url"}];
    `pages`: [url] whose changes are watched; `provenance`: {field: {"origin", "at", "confidence"}}, see prospects.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, db_index=False, related_name="+")
    key = models.CharField(max_length=300)
    name = models.CharField(max_length=300, blank=True)
    name_key = models.CharField(max_length=300, blank=True, editable=False)
    domain = models.CharField(max_length=253, blank=True)
    website = models.CharField(max_length=2000, blank=True)
    industry = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    linkedin_url = models.CharField(max_length=500, blank=True)
    linkedin_identifier = models.CharField(max_length=200, blank=True)
    social_links = models.JSONField(default=list, blank=True)
    feeds = models.JSONField(default=list, blank=True)
    job_board = models.JSONField(default=dict, blank=True)
    pages = models.JSONField(default=list, blank=True)
    provenance = models.JSONField(default=dict, blank=True)
    site_read_at = models.DateTimeField(null=True, blank=True, help_text="When enrichment last read its site.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(condition=~Q(key=""), name="a_company_has_a_key"),
            models.UniqueConstraint("group", "key", name="a_company_is_in_its_group_once"),
        ]
        indexes = [
            # Read by imports, which look for the company a row names.
            models.Index(fields=["group", "name_key"], name="company_by_name", condition=~Q(name_key="")),
            models.Index(fields=["group", "domain"], name="company_by_domain", condition=~Q(domain="")),
        ]

    def __str__(self) -> str:
        return self.name or self.domain or self.key
