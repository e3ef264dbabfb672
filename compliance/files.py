"""Where the files of compliance lie in Django's storage."""

from __future__ import annotations

from django.conf import settings

from web.storing import fetch as fetch
from web.storing import names_in as names_in
from web.storing import remove as remove
from web.storing import remove_all_but as remove_all_but
from web.storing import remove_folder as remove_folder
from web.storing import scratch as scratch
from web.storing import store as store


def folder_of_upload(group_id: str, upload_id: str) -> str:
    return f"uploads/{group_id}/{upload_id}"


def findings_folder(group_id: str, scan_id: str) -> str:
    return f"findings/{group_id}/{scan_id}"


def findings_name(group_id: str, scan_id: str, attempt: int) -> str:
    return f"{findings_folder(group_id, scan_id)}/{attempt}.parquet"


def work_folder(group_id: str, scan_id: str) -> str:
    """What a cluster writes between the stages of a scan; nothing in it outlives the run."""
    return f"work/{group_id}/{scan_id}"


def address(name: str) -> str:
    """A name of the storage as the servers of a cluster know it."""
    return f"{settings.SPARK_STORAGE.rstrip('/')}/{name}"


def export_folder(group_id: str, export_id: str) -> str:
    return f"exports/{group_id}/{export_id}"


def export_name(group_id: str, export_id: str, attempt: int) -> str:
    return f"{export_folder(group_id, export_id)}/{attempt}"


def evidence_name(group_id: str, scan_id: str, attempt: int) -> str:
    return f"{findings_folder(group_id, scan_id)}/{attempt}.evidence.parquet"
