"""Judging a scan's records by what was frozen for it: the same inputs give the same findings, whoever asks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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

    On the cluster where there is one and the records are many. Raises what compliance.engine.run raises, and
    FileNotFoundError when the content of the upload is gone.
    """
    context, lists = _context(scan), frozen_lists(scan.group, scan.list_versions)
    columns = scan.upload.columns(scan.mapping_overrides)
    on_cluster = belongs_on_cluster(scan.record_count + sum(upload.row_count or 0 for upload in context))
    plan = compile_plan(
        parse_rules(scan.policy_version.active_rules), columns=columns,
        mapping=scan.mapping_config, hours_per_step=hours_of(scan.temporal_scale), time_zone=scan.time_zone,
        created_at_us=microseconds(scan.created_at), compat=scan.compat, lists=lists, re2=not on_cluster,
        context=[ContextUpload(str(row.pk), read_alike(row.facts().columns, columns)) for row in context],
    )  # fmt: skip
    if on_cluster:
        with _on_cluster(scan, context, scratch) as session:
            if session_hook:
                session_hook(session)
            return engine.run_on(session, plan, scratch=scratch, on_stage=on_stage, lists=lists)
    return engine.run(
        plan, records=files.fetch(scan.upload.records, scratch), scratch=scratch, on_stage=on_stage,
        settings=bounds(), session_hook=session_hook, lists=lists,
        context=[_fetched(upload, scratch / f"context{place}") for place, upload in enumerate(context, start=1)],
    )  # fmt: skip


def belongs_on_cluster(records: int) -> bool:
    """Whether so many records are more than a worker judges by itself."""
    most = settings.SCAN_LOCAL_MAX_ROWS
    return bool(settings.SPARK_CONNECT_URL) and most is not None and records > most


@contextmanager
def _on_cluster(scan: ComplianceScan, context: Sequence[Upload], scratch: Path) -> Iterator[engine.Session]:
    """A session whose servers read the uploads where they lie, and work in a folder beside them that is gone
    afterwards."""
    from compliance.engine import spark  # an extra, and slow to import

    work = f"{files.work_folder(scan.group_id, str(scan.pk))}/{uuid.uuid4().hex}"
    cluster = spark.Cluster(settings.SPARK_CONNECT_URL, files.address(work))
    records = [files.address(upload.records) for upload in (scan.upload, *context)]
    try:
        with spark.Session(cluster, records, scratch, bounds()) as session:
            yield session
    finally:
        files.remove_folder(work)


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
