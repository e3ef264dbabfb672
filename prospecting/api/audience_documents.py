"""The JSON of audiences and folders: one plain function a document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prospecting.models import Audience, Folder


def audience(of: Audience) -> dict[str, Any]:
    return {
        "id": of.pk,
        "name": of.name,
        "type": of.type,
        "description": of.description or None,
        "folderId": of.folder_id,
        "prospectCount": of.prospect_count,
        "createdAt": of.created_at,
    }


def folder(of: Folder) -> dict[str, Any]:
    return {"id": of.pk, "name": of.name, "createdAt": of.created_at}


def navigation(folders: Iterable[Folder], audiences: Iterable[Audience], *, has_more: bool) -> dict[str, Any]:
    """Every folder with its audiences, and those that are in none."""
    filed: dict[str | None, list[dict[str, Any]]] = {}
    for one in audiences:
        shown = {"id": one.pk, "name": one.name, "type": one.type, "prospectCount": one.prospect_count}
        filed.setdefault(one.folder_id, []).append(shown)
    return {
        "folders": [{**folder(each), "audiences": filed.get(each.pk, [])} for each in folders],
        "audiences": filed.get(None, []),
        "hasMore": has_more,
    }
