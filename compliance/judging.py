"""Judging a scan's records by what was frozen for it: the same inputs give the same findings, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import AccountGroup
from compliance import files
from compliance.columns import read_alike
from compliance.engine import run as engine
from compliance.engine.outcome import Outcome, StageDone
from compliance.engine.plan import compile_plan
from compliance.engine.rules import parse_rules
from compliance.engine.sources import ContextUpload
from compliance.models import ComplianceScan, ReferenceListVersion, Upload
from compliance.scales import hours_of, microseconds


def judge(
    scan: ComplianceScan, scratch: Path, *, on_stage: Callable[[StageDone], None] | None = None,
    session_hook: Callable[[engine.Session], None] | None = None,
) -> Outcome:  # fmt: skip
    """Run the frozen rules and lists over the frozen upload and its context; the files of the outcome lie in `scratch`.

    Raises what compliance.engine.run raises, and FileNotFoundError when the content of the upload is gone.
    """
    context, lists = _context(scan), frozen_lists(scan.group, scan.list_versions)
    columns = scan.upload.columns(scan.mapping_overrides)
    plan = compile_plan(
        parse_rules(scan.policy_version.active_rules), columns=columns,
        mapping=scan.mapping_config, hours_per_step=hours_of(scan.temporal_scale), time_zone=scan.time_zone,
        created_at_us=microseconds(scan.created_at), compat=scan.compat,
        context=[ContextUpload(str(row.pk), read_alike(row.facts().columns, columns)) for row in context], lists=lists,
    )  # fmt: skip
    return engine.run(
        plan, records=files.fetch(scan.upload.records, scratch), scratch=scratch, on_stage=on_stage,
        settings=bounds(), session_hook=session_hook, lists=lists,
        context=[_fetched(upload, scratch / f"context{place}") for place, upload in enumerate(context, start=1)],
    )  # fmt: skip


def _context(scan: ComplianceScan) -> list[Upload]:
    """The frozen context uploads, in their order."""
    known = {str(row.pk): row for row in Upload.objects.for_group(scan.group).filter(pk__in=scan.context_uploads)}
    return [known[upload_id] for upload_id in scan.context_uploads]


def frozen_lists(group: AccountGroup, frozen: Mapping[str, Any]) -> dict[str, list[str]]:
    """{name: values} of the versions that a job froze."""
    versions = ReferenceListVersion.objects.filter(list__group=group)
    return {name: versions.get(list__name=name, number=about["version"]).values for name, about in frozen.items()}


def _fetched(upload: Upload, folder: Path) -> Path:
    """The records of a context upload; a copy has a folder of its own, as all these files have one name."""
    folder.mkdir()
    return files.fetch(upload.records, folder)


def bounds() -> engine.EngineSettings:
    """What the operator lets the engine take."""
    return engine.EngineSettings(settings.ENGINE_THREADS, settings.ENGINE_MEMORY, settings.ENGINE_TEMP)
