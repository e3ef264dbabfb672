"""Idempotency-Key: the same request twice starts one job (contract-v1, section 1).

    key = idempotency.key_of(request)
    with transaction.atomic():
        claim = idempotency.claim(
            group=request.group, operation="compliance.scan.run", key=key,
            fingerprint=idempotency.fingerprint(valid_body),
        )
        if claim.replays:
            scan = scans.get(pk=claim.resource_id)
        else:
            scan = ...create...
            claim.remember(scan.pk)
    return Response(..., headers=claim.headers)

Claim, job and record share one transaction: a request that fails leaves no trace, so only 2xx uses a key up,
and a twin that comes meanwhile waits for the outcome.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from accounts.models import AccountGroup, IdempotencyRecord
from web.errors import IdempotencyConflict, ValidationFailed

KEPT = timedelta(hours=24)

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")

# One statement inserts, or takes over a record past its day; a live one makes it change nothing. Either way
# a twin waits on the unique index until the first transaction has ended.
_CLAIM = """
INSERT INTO accounts_idempotencyrecord AS mine
       (group_id, operation, key, fingerprint, resource_id, created_at)
VALUES (%(group)s, %(operation)s, %(key)s, %(fingerprint)s, '', %(now)s)
ON CONFLICT (group_id, operation, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, resource_id = '', created_at = excluded.created_at
 WHERE mine.created_at <= %(expired)s
RETURNING id
"""


@dataclass(frozen=True)
class Claim:
    """The right to do the work (`replays` False), or the answer that it was done (`resource_id`)."""

    replays: bool = False
    resource_id: str = ""
    record_id: int | None = None  # None without a key: nothing to remember
    headers: Mapping[str, str] = field(default_factory=dict)

    def remember(self, resource_id: object) -> None:
        """Bind the key to what was made. Call it in the transaction of the claim."""
        if self.record_id is not None:
            IdempotencyRecord.objects.filter(pk=self.record_id).update(resource_id=str(resource_id))


def key_of(request: Request | HttpRequest) -> str | None:
    """The text of Idempotency-Key, quoted (RFC 8941) or bare; None without it. Raises ValidationFailed."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    text = header.strip()
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    if not _PRINTABLE.fullmatch(text):
        raise ValidationFailed.at("Idempotency-Key", "must be 1 to 255 printable ASCII characters, quoted or bare")
    return text


def is_used(*, group: AccountGroup, operation: str, key: str | None) -> bool:
    """Whether `claim` would answer with what was made before, as far as is known now: nothing is claimed."""
    live = IdempotencyRecord.objects.filter(created_at__gt=timezone.now() - KEPT).exclude(resource_id="")
    return key is not None and live.filter(group=group, operation=operation, key=key).exists()


def fingerprint(body: Any, *, upload_sha256: str | None = None) -> str:
    """SHA-256 of the valid body as canonical JSON. For uploads: of the form fields and the file's hash."""
    content = body if upload_sha256 is None else {"fields": body, "sha256": upload_sha256}
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def claim(*, group: AccountGroup, operation: str, key: str | None, fingerprint: str) -> Claim:
    """Claim `key` for this request, inside the caller's transaction.

    Without a key every request is new. Raises IdempotencyConflict for a key of another request.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("idempotency.claim needs the transaction of the job it guards")
    if key is None:
        return Claim()
    while True:
        if (record_id := _insert(group, operation, key, fingerprint)) is not None:
            return Claim(record_id=record_id)
        found = IdempotencyRecord.objects.filter(group=group, operation=operation, key=key).first()
        if found is None:  # swept between the two statements
            continue
        if found.fingerprint != fingerprint:
            raise IdempotencyConflict
        return Claim(True, found.resource_id, found.pk, {"Idempotent-Replayed": "true"})


def forget_expired() -> int:
    """Delete the records past their 24 hours; answers how many. For beat."""
    return IdempotencyRecord.objects.filter(created_at__lte=timezone.now() - KEPT).delete()[0]


def _insert(group: AccountGroup, operation: str, key: str, fingerprint: str) -> int | None:
    now = timezone.now()
    values = {"group": group.pk, "operation": operation, "key": key, "fingerprint": fingerprint}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {**values, "now": now, "expired": now - KEPT})
        row = cursor.fetchone()
    return row[0] if row else None
