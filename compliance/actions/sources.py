"""Making and deleting data sources, and asking for an import."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.errors import SourceInUse, SourceNameTaken, SourceNotFound
from compliance.models import Source, SourceImport
from compliance.scales import hours_of
from compliance.sources.shapes import ConfigRefused, Files, PostgresqlQuery, Shape, read_config
from jobs import lifecycle
from web.errors import ValidationFailed
from web.sealed import Secret


def create_source(
    *, group: AccountGroup, by: Requester, name: str, kind: str, config: Any, secret: str = "",
    mapping_config: dict[str, str] | None = None, temporal_scale: str = "", **more: Any,
) -> Source:  # fmt: skip
    """ValidationFailed names every fault of the config; NoEncryptionKeys when a secret cannot be sealed."""
    shape, sealed = checked_source(group=group, name=name, kind=kind, config=config, secret=secret)
    _check_scale(temporal_scale)
    source = Source(
        group=group, name=name, kind=kind, config=shape.model_dump(), secret=sealed,
        mapping_config=mapping_config or {}, temporal_scale=temporal_scale, created_by_key=by.key,
        created_by_user=by.user, **more,
    )  # fmt: skip
    try:
        with transaction.atomic():
            source.save(force_insert=True)
            by.audit("source.created", source, after={"name": name, "kind": kind})
    except IntegrityError as fault:
        if "a_group_has_one_source_of_a_name" in str(fault):
            raise SourceNameTaken from fault
        raise
    return source


def checked_source(*, group: AccountGroup, name: str, kind: str, config: Any, secret: str) -> tuple[Shape, Secret]:
    """The config as its type and the sealed secret of a source that could be made now."""
    try:
        shape = read_config(kind, config)
    except ConfigRefused as refused:
        raise ValidationFailed(str(refused), details=refused.problems) from refused
    _check_secret(shape, secret)
    if Source.objects.for_group(group).in_use().filter(name=name).exists():
        raise SourceNameTaken
    return shape, Secret.of(secret)


def delete_source(*, source: Source, by: Requester) -> None:
    """Forget its secret and show it no more; its imports stay. SourceInUse while a schedule needs it."""
    with transaction.atomic():
        locked = Source.objects.in_use().select_for_update(no_key=True).filter(pk=source.pk).first()
        if locked is None:
            raise SourceNotFound
        if locked.schedules.filter(deleted_at__isnull=True).exists():
            raise SourceInUse
        Source.objects.filter(pk=source.pk).update(deleted_at=Now(), secret="")
        by.audit("source.deleted", locked)


def start_import(*, source: Source, by: Requester) -> SourceImport:
    """Queue a pull of a fresh upload. To be called inside a transaction; published when it commits."""
    wanted = SourceImport(
        group=source.group, source=source, trace_id=by.trace_id,
        requested_by_key=by.key, requested_by_user=by.user,
    )  # fmt: skip
    lifecycle.start(wanted, actor=by.name)
    by.audit("source.import_started", wanted)
    return wanted


def _check_secret(shape: Shape, secret: str) -> None:
    if secret and isinstance(shape, Files):
        raise ValidationFailed.at("secret", "sources of files need none; the operator opens folders (SOURCE_ROOTS)")
    if secret and not isinstance(shape, PostgresqlQuery) and not (secret.isascii() and secret.isprintable()):
        raise ValidationFailed.at("secret", "must be printable ASCII, as it is sent as a header")


def _check_scale(scale: str) -> None:
    try:
        hours_of(scale or "hourly")
    except ValueError as fault:
        raise ValidationFailed.at("temporal_scale", str(fault)) from fault
