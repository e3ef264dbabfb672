"""The closed lists of accounts."""

from __future__ import annotations

from django.db.models import TextChoices


class Permission(TextChoices):
    """What a key may do (contract-v1, section 1). The value is what a key stores and a partner reads."""

    SIGNALS_READ = "signals:read", "Read signal scans"
    SIGNALS_WRITE = "signals:write", "Start and cancel signal scans"
    PROSPECTING_READ = "prospecting:read", "Read prospecting jobs"
    PROSPECTING_WRITE = "prospecting:write", "Start and cancel prospecting jobs"
    PROSPECTS_READ = "prospects:read", "Read prospects"
    PROSPECTS_WRITE = "prospects:write", "Change and erase prospects"
    AUDIENCES_READ = "audiences:read", "Read audiences"
    AUDIENCES_WRITE = "audiences:write", "Change audiences"
    TEMPLATES_READ = "templates:read", "Read signal specifications"
    TEMPLATES_WRITE = "templates:write", "Change signal specifications"
    COMPLIANCE_READ = "compliance:read", "Read uploads, policies, scans and violations"
    COMPLIANCE_WRITE = "compliance:write", "Upload, map, write policies, start scans"
    COMPLIANCE_REVIEW = "compliance:review", "Review violations"
    COMPLIANCE_DELETE = "compliance:delete", "Delete compliance scans"
    ACTIVITIES_WRITE = "activities:write", "Send activities"
    WEBHOOKS_READ = "webhooks:read", "Read webhooks"
    WEBHOOKS_WRITE = "webhooks:write", "Change webhooks"
    CHANGES_READ = "changes:read", "Read the change feed"


class Role(TextChoices):
    """What a member of staff is in an account group."""

    ADMINISTRATOR = "administrator", "Administrator"
    COMPLIANCE_ANALYST = "compliance_analyst", "Compliance analyst"
    PROSPECTING_OPERATOR = "prospecting_operator", "Prospecting operator"
    AUDITOR = "auditor", "Read-only auditor"


class Plan(TextChoices):
    TESTER = "tester", "Tester"
    STARTER = "starter", "Starter"
    SCALE = "scale", "Scale"
    ENTERPRISE = "enterprise", "Enterprise"


class CreditKind(TextChoices):
    """What moved an account's credits."""

    GRANTED = "granted", "Granted"
    RESERVED = "reserved", "Reserved"  # set aside when a job starts
    SETTLED = "settled", "Settled"  # spent, and the rest given back, when it is over
