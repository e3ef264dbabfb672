"""What sources of signals said, and what is needed to ask them again politely."""

from __future__ import annotations

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from scans.enums import SignalType


class SourceState(models.Model):
    """One address that a group's scans read: how it answered last, and from when on it may be asked again.

    `key` is `kind` and `address` as one digest; `snapshot` the readable text of a page at its last change; `interval`
    in seconds, between the bounds of scans.fetching.intervals. Answers themselves are not stored.
    """

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, help_text="feed, greenhouse, lever, ashby or page.")
    address = models.CharField(max_length=2000)
    key = models.CharField(max_length=64)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    snapshot = models.TextField(blank=True)
    interval = models.PositiveIntegerField(default=0, help_text="Seconds between two requests; 0: never asked.")
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="When it last answered as it should.")
    changed_at = models.DateTimeField(null=True, blank=True, help_text="When it last said something new.")
    next_at = models.DateTimeField(null=True, blank=True, help_text="It is not asked again before.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    fault_code = models.CharField(max_length=20, blank=True)
    fault = models.CharField(max_length=300, blank=True, help_text="Why the last request failed.")
    left_out = models.PositiveIntegerField(default=0, help_text="Entries beyond the bound when it was last read.")

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("group", "key", name="a_source_is_in_its_group_once")]
        indexes = [models.Index(fields=["asked_at"], name="source_longest_unasked")]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"


class StoredDocument(models.Model):
    """A document as scans.sources.documents.Document; it stays when its source no longer shows it.

    `key` is a digest of its source and of its identity there, `digest` one of what it says. `posted_at` is when it was
    first seen if the source tells no time that can be believed, and stays what it was at first.
    """

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    source = models.ForeignKey(SourceState, models.CASCADE, related_name="documents")
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    type = models.CharField(max_length=16, choices=SignalType.choices)
    title = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=2000, blank=True)
    posted_at = models.DateTimeField()
    language = models.CharField(max_length=8, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("source", "key", name="a_document_is_in_its_source_once"),
            models.CheckConstraint(condition=Q(type__in=SignalType.values), name="a_document_has_a_known_type"),
        ]
        indexes = [
            # Read by every scan: the documents of a source, newest first.
            models.Index(fields=["source", "-posted_at"], name="document_newest_first"),
            models.Index(fields=["last_seen_at"], name="document_longest_unseen"),
            # Read by the search of the staff page, by whole address.
            HashIndex(fields=["url"], name="document_by_url"),
        ]

    def __str__(self) -> str:
        return self.title or self.url or self.key
