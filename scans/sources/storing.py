"""What is kept of sources: their states and documents, written for many of them at once."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import AccountGroup
from scans.copying import copy_rows
from scans.fetching.faults import Failed
from scans.fetching.intervals import Bounds
from scans.models import SourceState, StoredDocument
from scans.sources.documents import Document
from scans.sources.source import Parsed, Place, Said

KEPT = 1_000  # documents of one source; the longest unseen go first
SEEN_AGAIN = timedelta(days=1)  # a document that is still there is noted so often
_STATE = [
    "etag", "last_modified", "snapshot", "interval", "asked_at", "answered_at", "changed_at", "next_at", "failures",
    "fault_code", "fault", "left_out",
]  # fmt: skip
_DOCUMENT = (
    "group_id", "source_id", "key", "digest", "type", "title", "text", "url", "posted_at", "language", "extra",
    "first_seen_at", "last_seen_at",
)  # fmt: skip
_CHANGING = ["digest", "title", "text", "url", "language", "extra", "last_seen_at"]


@dataclass(frozen=True)
class Result:
    """What became of asking one source. `said` None: not modified; `parsed` what is in it."""

    state: SourceState
    failed: Failed | None = None
    said: Said | None = None
    parsed: Parsed | None = None


def states(group: AccountGroup, places: Mapping[str, Place]) -> dict[str, SourceState]:
    """The states of these places by their key, made where there are none. Snapshots are left in the database."""
    known = _states(group, places)
    missing = [
        SourceState(group=group, kind=place.kind, address=place.address, key=key)
        for key, place in sorted(places.items()) if key not in known
    ]  # fmt: skip
    if missing:
        SourceState.objects.bulk_create(missing, ignore_conflicts=True)
        known |= _states(group, [state.key for state in missing])
    return known


def _states(group: AccountGroup, keys: Iterable[str]) -> dict[str, SourceState]:
    found = SourceState.objects.for_group(group).filter(key__in=list(keys)).defer("snapshot")
    return {state.key: state for state in found}


def snapshots(states: Iterable[SourceState]) -> dict[int, str]:
    """The text of each at its last change."""
    return dict(SourceState.objects.filter(pk__in=[state.pk for state in states]).values_list("pk", "snapshot"))


def store(results: Sequence[Result], snapshots: Mapping[int, str], now: datetime) -> None:
    """Write what became of asking these sources, in one short transaction."""
    results = sorted(results, key=lambda result: result.state.key)
    bounds = Bounds(settings.SIGNAL_INTERVAL_LEAST, settings.SIGNAL_INTERVAL_MOST)
    with transaction.atomic():
        _hold([result.state for result in results])
        new = _store_documents([result for result in results if result.parsed], now)
        for result in results:
            result.state.snapshot = snapshots.get(result.state.pk, "")
            _note(result, bounds, now, changed=result.state.pk in new)
        SourceState.objects.bulk_create(
            [result.state for result in results], update_conflicts=True, unique_fields=["group", "key"],
            update_fields=_STATE,
        )  # fmt: skip


def _hold(states: Iterable[SourceState]) -> None:
    """One writer of these sources and their documents until the transaction ends; all lock in one order."""
    held = SourceState.objects.select_for_update(no_key=True).filter(pk__in=[state.pk for state in states])
    list(held.order_by("key").values_list("pk"))


def _note(result: Result, bounds: Bounds, now: datetime, *, changed: bool) -> None:
    state = result.state
    state.asked_at = now
    if result.failed:
        state.failures += 1
        state.fault_code, state.fault = result.failed.code, result.failed.message[:300]
        wait = bounds.after_failure(state.failures, result.failed.later)
    else:
        state.failures, state.fault_code, state.fault, state.answered_at = 0, "", "", now
        state.interval = wait = bounds.next(state.interval, changed=changed)
    if changed:
        state.changed_at = now
    if result.said and result.parsed:
        state.etag = result.said.marks.get("etag", "")
        state.last_modified = result.said.marks.get("last_modified", "")
        state.left_out = result.parsed.left_out
        if result.parsed.snapshot is not None:
            state.snapshot = result.parsed.snapshot
    state.next_at = now + timedelta(seconds=wait)


def _store_documents(results: Sequence[Result], now: datetime) -> set[int]:
    """The sources that have new ones. The caller holds the sources, so that nobody else writes their documents."""
    known: dict[int, dict[str, tuple[int, str, datetime]]] = defaultdict(dict)
    rows = StoredDocument.objects.filter(source__in=[result.state.pk for result in results])
    for source, key, *told in rows.values_list("source_id", "key", "pk", "digest", "last_seen_at"):
        known[source][key] = tuple(told)
    new, changed, seen = [], [], []
    for state, parsed in ((result.state, result.parsed) for result in results if result.parsed):
        for key, document in {document.key: document for document in parsed.documents}.items():
            pk, digest, seen_at = known[state.pk].get(key, (None, "", now))
            told = _digest(document)
            if pk is None:
                new.append(_new(state, document, told, now))
            elif digest != told:
                changed.append(_changed(pk, document, told, now))
            elif seen_at < now - SEEN_AGAIN:
                seen.append(pk)
    copy_rows(StoredDocument, _DOCUMENT, new)
    StoredDocument.objects.bulk_update(changed, _CHANGING, batch_size=1_000)
    if seen:
        StoredDocument.objects.filter(pk__in=seen).update(last_seen_at=now)
    for result in results:
        if result.parsed and len(known[result.state.pk]) + len(result.parsed.documents) > KEPT:
            _drop_oldest(result.state.pk)
    return {row[1] for row in new}


def _digest(document: Document) -> str:
    told = [document.title, document.text, document.url, document.language, document.extra]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _new(state: SourceState, document: Document, digest: str, now: datetime) -> tuple[Any, ...]:
    """In the order of _DOCUMENT."""
    return (
        state.group_id, state.pk, document.key, digest, document.type, document.title, document.text, document.url,
        document.posted_at or now, document.language or "", json.dumps(document.extra), now, now,
    )  # fmt: skip


def _changed(pk: int, document: Document, digest: str, now: datetime) -> StoredDocument:
    return StoredDocument(
        pk=pk, digest=digest, title=document.title, text=document.text, url=document.url,
        language=document.language or "", extra=document.extra, last_seen_at=now,
    )  # fmt: skip


def _drop_oldest(source: int) -> None:
    kept = StoredDocument.objects.filter(source=source).order_by("-last_seen_at", "-posted_at", "-pk")[KEPT:]
    StoredDocument.objects.filter(pk__in=list(kept.values_list("pk", flat=True))).delete()


_DOCUMENTS = """
SELECT source_id, type, key, title, text, url, posted_at, language, extra::text
  FROM scans_storeddocument
 WHERE source_id = ANY(%s) AND (%s::timestamptz IS NULL OR posted_at >= %s)
 ORDER BY posted_at DESC, id DESC
"""


def documents(sources: Collection[int], since: datetime | None) -> dict[int, list[Document]]:
    """What these sources said since then, newest first, by source."""
    found: dict[int, list[Document]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, [list(sources), since, since])
        for source, kind, key, title, text, url, posted_at, language, extra in cursor:
            told = Document(kind, key, title, text, url, posted_at, language or None, json.loads(extra))
            found[source].append(told)
    return found


def forget_old(days: int) -> int:
    """Delete documents that no source has shown for so many days, and sources unasked as long. How many documents."""
    before = timezone.now() - timedelta(days=days)
    old = StoredDocument.objects.filter(last_seen_at__lt=before, posted_at__lt=before)
    with transaction.atomic():
        # A source that answers "not modified" is read whole again, as it may still show what is deleted here.
        SourceState.objects.filter(Exists(old.filter(source=OuterRef("pk")))).update(etag="", last_modified="")
        deleted, _ = old.delete()
        SourceState.objects.filter(asked_at__lt=before).delete()
    return deleted
