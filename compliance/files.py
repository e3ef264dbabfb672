"""Where the files of compliance lie in Django's storage."""

from __future__ import annotations

from web.storing import fetch as fetch
from web.storing import names_in as names_in
from web.storing import remove as remove
from web.storing import remove_all_but as remove_all_but
from web.storing import scratch as scratch
from web.storing import store as store


def folder_of_upload(group_id: str, upload_id: str) -> str:
    return f"uploads/{group_id}/{upload_id}"


def findings_folder(group_id: str, scan_id: str) -> str:
    return f"findings/{group_id}/{scan_id}"


def findings_name(group_id: str, scan_id: str, attempt: int) -> str:
    return f"{findings_folder(group_id, scan_id)}/{attempt}.parquet"


def export_folder(group_id: str, export_id: str) -> str:
    return f"exports/{group_id}/{export_id}"


def export_name(group_id: str, export_id: str, attempt: int) -> str:
    return f"{export_folder(group_id, export_id)}/{attempt}"


def evidence_name(group_id: str, scan_id: str, attempt: int) -> str:
    return f"{findings_folder(group_id, scan_id)}/{attempt}.evidence.parquet"
