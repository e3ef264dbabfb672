"""What stands of an account group: its rows, and its files in the storage. For "nothing half written stays"."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

from accounts.models import AccountGroup, AuditEntry, CreditAccount, CreditEntry, IdempotencyRecord
from compliance import models as compliance
from jobs.models import JobEvent


def standing(group: AccountGroup) -> Counter[str]:
    """{table or "files": how many}; two equal answers mean that nothing was added or removed in between."""
    rows: list[Any] = [
        AuditEntry.objects.filter(chain=group.pk),
        IdempotencyRecord.objects.filter(group=group),
        JobEvent.objects.filter(group=group),
        compliance.Upload.objects.filter(group=group),
        compliance.UploadReading.objects.filter(group=group),
        compliance.Mapping.objects.filter(upload__group=group),
        compliance.PiiCheck.objects.filter(upload__group=group),
        compliance.Policy.objects.filter(group=group),
        compliance.ReferenceList.objects.filter(group=group),
        compliance.ReferenceListVersion.objects.filter(list__group=group),
        compliance.PolicyVersion.objects.filter(policy__group=group),
        compliance.ComplianceScan.objects.filter(group=group),
        compliance.ScoreEvent.objects.filter(scan__group=group),
        compliance.Violation.objects.filter(scan__group=group),
        compliance.Audit.objects.filter(group=group),
        compliance.Case.objects.filter(group=group),
        compliance.CaseNote.objects.filter(case__group=group),
        compliance.CaseEvent.objects.filter(case__group=group),
        compliance.DryRun.objects.filter(group=group),
        compliance.Export.objects.filter(group=group),
        compliance.Waiver.objects.filter(group=group),
        compliance.Review.objects.filter(violation__scan__group=group),
        compliance.Source.objects.filter(group=group),
        compliance.SourceImport.objects.filter(group=group),
        compliance.Schedule.objects.filter(group=group),
        compliance.ScheduleRun.objects.filter(schedule__group=group),
    ]
    rows += [model._default_manager.filter(**{_path_to_group(model): group}) for model in _of_v1()]
    return Counter(_counted(rows)) + Counter(files=len(files_of(group)))


def _counted(rows: list[Any]) -> dict[str, int]:
    """In one statement, as this is asked thousands of times."""
    compiled = [of.order_by().values("pk").query.sql_with_params() for of in rows]
    counts = ", ".join(f"(SELECT count(*) FROM ({query}) AS rows)" for query, _ in compiled)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}", [value for _, params in compiled for value in params])
        return dict(zip((of.model.__name__ for of in rows), cursor.fetchone(), strict=True))


def _of_v1() -> list[Any]:
    credits = [CreditAccount, CreditEntry]
    return [model for app in ("prospecting", "scans") for model in apps.get_app_config(app).get_models()] + credits


def _path_to_group(model: Any) -> str:
    """By which lookup its rows belong to an account group: their own column, or a parent's."""
    names = {field.name: field for field in model._meta.concrete_fields}
    if "group" in names:
        return "group"
    parent = next(field for field in names.values() if field.many_to_one)
    return f"{parent.name}__{_path_to_group(parent.related_model)}"


def files_of(group: AccountGroup) -> list[Path]:
    """The group's files in the storage."""
    roots = [Path(settings.MEDIA_ROOT) / kind / group.pk for kind in ("uploads", "findings", "exports", "leads")]
    found = (walked for root in roots for walked in os.walk(root))  # others may be removing some at this moment
    return [Path(folder, name) for folder, _, names in found for name in names]
