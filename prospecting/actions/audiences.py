"""Audiences and their folders: make, rename, move, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs.enums import LIVE
from prospecting.enums import AudienceType
from prospecting.errors import AudienceInUse, AudienceNotFound, AudienceNotReady, FolderNameTaken, FolderNotFound
from prospecting.models import Audience, Folder
from web.errors import ValidationFailed


def find_audience(group: AccountGroup, audience_id: str) -> Audience:
    """An audience that can be used. Raises AudienceNotFound, and AudienceNotReady while a job fills it."""
    found: Any = Audience.objects.for_group(group).with_filling().filter(pk=audience_id).first()
    return _ready(found)


@transaction.atomic
def create_audience(
    *, group: AccountGroup, by: Requester, name: str, description: str = "",
    type: str = AudienceType.ON_DEMAND, folder_id: str | None = None,
) -> Audience:  # fmt: skip
    folder = _folder_named(group, folder_id) if folder_id else None
    audience: Audience = Audience.objects.create(
        group=group, name=name, description=description, type=type, folder=folder
    )
    by.audit("audience.created", audience, after={"name": name, "type": type, "folder": folder_id})
    return audience


@transaction.atomic
def change_audience(*, group: AccountGroup, audience_id: str, by: Requester, chosen: Mapping[str, Any]) -> Audience:
    """Give the fields of `chosen` (name, description) new values."""
    audience = _locked(group, audience_id)
    before = {name: getattr(audience, name) for name in chosen}
    for name, value in chosen.items():
        setattr(audience, name, value)
    audience.save(update_fields=list(chosen))
    by.audit("audience.changed", audience, before=before, after=chosen)
    return audience


@transaction.atomic
def move_audience(*, group: AccountGroup, audience_id: str, by: Requester, folder_id: str | None) -> Audience:
    """Into a folder, or out of the one it is in (None)."""
    audience = _locked(group, audience_id)
    folder = _folder_named(group, folder_id) if folder_id else None
    before = audience.folder_id
    if before != folder_id:
        audience.folder = folder
        audience.save(update_fields=["folder"])
        by.audit("audience.moved", audience, before={"folder": before}, after={"folder": folder_id})
    return audience


@transaction.atomic
def delete_audience(*, group: AccountGroup, audience_id: str, by: Requester) -> None:
    """Its prospects stay in the account group. Raises AudienceInUse while a scan or a monitor needs it."""
    audience = _locked(group, audience_id)
    in_use = Q(scans__status__in=LIVE) | Q(monitors__isnull=False)
    if Audience.objects.filter(in_use, pk=audience.pk).exists():
        raise AudienceInUse
    by.audit("audience.deleted", audience, before={"name": audience.name, "prospects": audience.prospect_count})
    audience.delete()


def create_folder(*, group: AccountGroup, by: Requester, name: str) -> Folder:
    """Raises FolderNameTaken."""
    with _name_of_its_own():
        folder: Folder = Folder.objects.create(group=group, name=name)
        by.audit("folder.created", folder, after={"name": name})
    return folder


def rename_folder(*, group: AccountGroup, folder_id: str, by: Requester, name: str) -> Folder:
    """Raises FolderNotFound and FolderNameTaken."""
    with _name_of_its_own():
        folder: Folder | None = Folder.objects.for_group(group).select_for_update().filter(pk=folder_id).first()
        if folder is None:
            raise FolderNotFound
        before, folder.name = folder.name, name
        folder.save(update_fields=["name"])
        by.audit("folder.renamed", folder, before={"name": before}, after={"name": name})
    return folder


@contextmanager
def _name_of_its_own() -> Iterator[None]:
    """A transaction in which a name that is taken is told as such."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        if "a_folder_has_a_name_of_its_own_in_its_group" in str(fault):
            raise FolderNameTaken from fault
        raise


def _locked(group: AccountGroup, audience_id: str) -> Audience:
    """The audience, which no job starts to fill and nobody else changes until the transaction ends."""
    Audience.objects.for_group(group).select_for_update().filter(pk=audience_id).first()
    return find_audience(group, audience_id)


def _ready(found: Any) -> Audience:
    if found is None:
        raise AudienceNotFound
    if found.filling:
        raise AudienceNotReady
    audience: Audience = found
    return audience


def _folder_named(group: AccountGroup, folder_id: str) -> Folder:
    """The folder that a body names."""
    folder: Folder | None = Folder.objects.for_group(group).filter(pk=folder_id).first()
    if folder is None:
        raise ValidationFailed.at("folderId", "names no folder of this account group")
    return folder
