"""Who we serve (account groups), who works here (users), what opens doors (keys), what was done, what it costs."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.enums import CreditKind, Permission, Plan, Role
from accounts.queries import EXPIRES_SOON, ApiKeyQuerySet, GroupQuerySet
from web.identifiers import new_object_id
from web.sealed import SecretField

_AT_LEAST_ONE = [MinValueValidator(1)]
_FOR_A_JOB = ~Q(job_kind="") & ~Q(job_id="")


class User(AbstractUser):
    """A member of staff, who works in the admin. Partners are keys, not users."""

    unreadable = ("password", "email", "last_login", "date_joined", "second_factor_at")  # in a partner's request

    second_factor_at = models.DateTimeField("second factor since", null=True, editable=False)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django ends the sessions in which this was another: with a new password, or a second factor come or gone."""
        of = f"{self.password} {self.second_factor_at or ''}"
        return salted_hmac("accounts.User.session", of, secret=secret, algorithm="sha256").hexdigest()


class SecondFactor(models.Model):
    """What a user's authenticator app knows, and recovery codes for when it is lost; written by accounts.second_factor.

    `last_step` is the newest half minute whose code was taken: no code is taken twice.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    secret = SecretField()
    last_step = models.PositiveBigIntegerField(default=0)
    recovery = ArrayField(
        models.CharField(max_length=64), default=list, help_text="SHA-256 of each unused code, which has 99 bits."
    )

    def __str__(self) -> str:
        return f"second factor of {self.user}"


class AccountGroup(models.Model):
    """A tenant: everything else belongs to exactly one. Its id is the accountGroupId of v1."""

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    name = models.CharField(max_length=200)
    plan = models.CharField(max_length=20, choices=Plan.choices, default=Plan.STARTER)
    sandbox = models.BooleanField(default=False, help_text="Test keys reach sandbox groups only.")
    rate_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=_AT_LEAST_ONE,
        help_text="Requests a minute for each of its keys; empty: the default.",
    )
    jobs_running = models.PositiveIntegerField(
        null=True, blank=True, validators=_AT_LEAST_ONE, help_text="Jobs running at once; empty: the default."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    members = models.ManyToManyField(User, through="Membership", related_name="account_groups")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(id__regex=r"^[0-9a-f]{24}$"), name="an_account_group_id_is_24_hex_digits"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="an_account_group_has_a_name"),
            models.CheckConstraint(condition=Q(plan__in=Plan.values), name="an_account_group_has_a_known_plan"),
            models.CheckConstraint(condition=Q(rate_limit__gte=1), name="an_account_group_may_ask_once_a_minute"),
            models.CheckConstraint(condition=Q(jobs_running__gte=1), name="an_account_group_may_run_one_job"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A member of staff in an account group: what the admin shows them."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    group = models.ForeignKey(AccountGroup, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=30, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="a_user_has_one_role_in_a_group"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="a_membership_has_a_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"


class ApiKey(models.Model):
    """A partner's key. Only its hash is kept; the text is shown once, by actions.issue_key."""

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=8, choices=[("sk_live_", "live"), ("sk_test_", "test")], editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    last4 = models.CharField(max_length=4, editable=False)
    permissions = ArrayField(models.CharField(max_length=30, choices=Permission.choices), default=list, blank=True)
    groups = models.ManyToManyField(AccountGroup, through="Grant", related_name="keys")
    rate_limit = models.PositiveIntegerField(
        null=True, blank=True, validators=_AT_LEAST_ONE, help_text="Requests a minute; empty: its group's."
    )
    rate_limit_starts = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=_AT_LEAST_ONE,
        help_text="Jobs started a minute; empty: the default.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.CharField(max_length=200, default="", editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()
    granted: dict[str, AccountGroup]  # by id; set by KeyAuthentication only

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="an_api_key_is_stored_as_its_hash"),
            models.CheckConstraint(condition=Q(prefix__in=["sk_live_", "sk_test_"]), name="an_api_key_is_live_or_test"),
            models.CheckConstraint(
                condition=Q(permissions__contained_by=Permission.values),
                name="an_api_key_has_known_permissions",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="an_api_key_expires_after_it_was_made"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by="") | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
                name="a_revoked_api_key_says_when_and_by_whom",
            ),
            models.CheckConstraint(condition=~Q(created_by=""), name="an_api_key_says_who_made_it"),
            models.CheckConstraint(condition=Q(rate_limit__gte=1), name="an_api_key_may_ask_once_a_minute"),
            models.CheckConstraint(condition=Q(rate_limit_starts__gte=1), name="an_api_key_may_start_once_a_minute"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.masked})"

    @property
    def masked(self) -> str:
        return f"{self.prefix}...{self.last4}"

    @property
    def test(self) -> bool:
        return self.prefix == "sk_test_"

    def live_at(self, now: datetime) -> bool:
        """Whether the key opens doors at that moment: neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    def expires_soon(self, now: datetime) -> bool:
        return self.live_at(now) and self.expires_at is not None and self.expires_at <= now + EXPIRES_SOON


class Grant(models.Model):
    """An account group a key reaches."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="grants")
    group = models.ForeignKey(AccountGroup, models.CASCADE, related_name="grants")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "group"], name="a_key_is_granted_a_group_once")]

    def __str__(self) -> str:
        return f"{self.key} reaches {self.group}"


class IdempotencyRecord(models.Model):
    """One Idempotency-Key that has started something; written by accounts/idempotency.py only."""

    group = models.ForeignKey(AccountGroup, models.CASCADE, related_name="+")
    operation = models.CharField(max_length=60)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    resource_id = models.CharField(max_length=40, default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "operation", "key"], name="an_idempotency_key_is_used_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"


class AuditEntry(models.Model):
    """Something a person, key or command did. Append-only: a trigger refuses UPDATE and DELETE.

    Entries of one chain (an account group, or "" for what belongs to none) are numbered without gaps, and
    each holds the hash of the one before, so that an altered or removed entry shows (audit.verify).
    """

    chain = models.CharField(max_length=24, blank=True, help_text="The account group, or empty.")
    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    object_name = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    trace_id = models.CharField(max_length=32, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest_first"),
            # Read by the search of the staff page: whole ids, and beginnings of names.
            models.Index(fields=["object_id"], name="audit_by_object"),
            models.Index(fields=["trace_id"], name="audit_by_trace"),
            models.Index(fields=["actor"], opclasses=["varchar_pattern_ops"], name="audit_by_actor"),
            models.Index(fields=["object_name"], opclasses=["varchar_pattern_ops"], name="audit_by_name"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="an_audit_chain_has_no_two_equal_numbers"),
            models.CheckConstraint(condition=~Q(actor=""), name="an_audit_entry_says_who"),
            models.CheckConstraint(
                condition=Q(number=1, previous_hash="") | (Q(number__gt=1) & ~Q(previous_hash="")),
                name="an_audit_entry_names_the_one_before",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.object_name or self.object_id}"


class CreditAccount(models.Model):
    """What an account group may still spend; the sum of its credit entries. Written by accounts/credits.py only."""

    group = models.OneToOneField(AccountGroup, models.PROTECT, primary_key=True, related_name="credits")
    available = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0, help_text="Set aside for jobs that are not over.")

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="a_credit_account_is_never_overdrawn"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="a_credit_account_reserves_nothing_below_zero"),
        ]

    def __str__(self) -> str:
        return f"Credits of {self.group}"


class CreditEntry(models.Model):
    """One movement of an account's credits, as what it changed. Append-only: a trigger refuses UPDATE and DELETE."""

    group = models.ForeignKey(AccountGroup, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=CreditKind.choices)
    available = models.BigIntegerField(help_text="What the movement did to the available credits.")
    reserved = models.BigIntegerField(help_text="What it did to the reserved ones.")
    job_kind = models.CharField(max_length=40, blank=True)
    job_id = models.CharField(max_length=40, blank=True)
    by = models.CharField(max_length=200, blank=True, help_text="Who granted.")
    note = models.CharField(max_length=500, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "credit entries"
        indexes = [models.Index(fields=["group", "-at", "-id"], name="credits_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["job_kind", "job_id", "kind"], condition=~Q(job_id=""), name="a_job_reserves_and_settles_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=CreditKind.GRANTED, available__gt=0, reserved=0, job_kind="", job_id="") & ~Q(by="")
                | Q(kind=CreditKind.RESERVED, reserved__gt=0, available=-F("reserved")) & _FOR_A_JOB
                | Q(kind=CreditKind.SETTLED, reserved__lt=0, available__gte=0, available__lte=-F("reserved"))
                & _FOR_A_JOB,
                name="a_credit_entry_grants_reserves_or_settles",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.job_id or self.by}"

    @property
    def spent(self) -> int:
        """Credits that are gone for good: what a settlement took and did not give back."""
        return -(self.available + self.reserved) if self.kind == CreditKind.SETTLED else 0
