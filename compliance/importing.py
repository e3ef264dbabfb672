"""What a worker does with one import: pull the file, then receive it as any other upload."""

from __future__ import annotations

from pathlib import Path

import structlog
from django.conf import settings

from accounts.requester import Requester
from compliance import files
from compliance.actions.uploads import Claimed, receive_upload
from compliance.models import Source, SourceImport, Upload
from compliance.sources import folders, https, postgresql
from compliance.sources.pulling import Bounds, Pulled, PullFailed
from compliance.sources.shapes import ConfigRefused, Files, HttpsFile, PostgresqlQuery, Shape, read_config
from config import env
from jobs import lifecycle
from jobs.errors import JobFault
from jobs.working import Work
from web.errors import Refused
from web.sealed import CannotOpen


def execute(work: Work) -> None:
    """Run the import of `work` to its end. JobFault for what partners should read."""
    wanted = SourceImport.objects.select_related("source", "group", "requested_by_key", "requested_by_user").get(
        pk=work.lease.job_id
    )
    structlog.contextvars.bind_contextvars(trace_id=wanted.trace_id)
    with files.scratch() as scratch:
        try:
            pulled = pull(wanted.source, scratch / "pulled", work)
        except PullFailed as fault:
            raise JobFault(fault.code, str(fault)) from fault
        work.report(progress=0.5)
        upload = _receive(wanted, pulled)
    with lifecycle.finish(work.lease) as (_, results):
        results["upload"] = upload


def pull(source: Source, target: Path, work: Work) -> Pulled:
    """The file of a source, as the kinds of sources find it. PullFailed or CannotOpen."""
    bounds = Bounds(
        most=env.UPLOAD_MAX, seconds=settings.SOURCE_SECONDS, group=source.group_id,
        roots=tuple(settings.SOURCE_ROOTS), s3_endpoint=settings.SOURCE_S3_ENDPOINT,
        check=work.check, interruptible=work.interruptible,
    )  # fmt: skip
    secret = _secret(source)
    match _config(source):
        case HttpsFile() as shape:
            return https.pull(shape, secret, target, bounds)
        case Files() as shape:
            return folders.pull(shape, target, bounds)
        case PostgresqlQuery() as shape:
            return postgresql.pull(shape, secret, target, bounds)


def _config(source: Source) -> Shape:
    """Checked again: what the operator allows may have changed since it was stored."""
    try:
        return read_config(source.kind, source.config)
    except ConfigRefused as refused:
        raise PullFailed("SOURCE_REFUSED", str(refused)) from refused


def _secret(source: Source) -> str:
    try:
        return source.secret.reveal()
    except (CannotOpen, Refused) as fault:
        message = "The secret of this source cannot be opened; make the source again, or ask the operator for its key."
        raise PullFailed("SOURCE_REFUSED", message) from fault


def _receive(wanted: SourceImport, pulled: Pulled) -> Upload:
    """The upload of this import. A second attempt finds the one that the first has made."""
    by = Requester.on_behalf(
        f"source:{wanted.source_id}", wanted.group, key=wanted.requested_by_key, user=wanted.requested_by_user
    )
    claimed = Claimed(key=f"source-import:{wanted.pk}", fingerprint="source import")
    try:
        upload, _ = receive_upload(
            group=wanted.group, by=by, path=pulled.path, name=pulled.name[:255], claimed=claimed, at_once=True
        )  # fmt: skip
    except Refused as refusal:
        raise JobFault(refusal.code, f"The file was pulled and refused: {refusal.message}") from refusal
    return upload
