"""The audit log: who did what to which object, as a hash chain per account group."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AccountGroup, AuditEntry
from web.addresses import client_address
from web.tracing import current_trace_id

_HASHED = (
    "chain",
    "number",
    "actor",
    "address",
    "action",
    "object_type",
    "object_id",
    "object_name",
    "before",
    "after",
    "trace_id",
    "previous_hash",
)
SECRET_FIELDS = frozenset({"password", "hash"})


@dataclass(frozen=True)
class Actor:
    """Who acts: `user:alice`, `key:<id>`, `command:create_key`; and from which address, when there is one."""

    name: str
    address: str = ""

    @classmethod
    def staff(cls, request: HttpRequest) -> Actor:
        return cls(f"user:{request.user.get_username()}", client_address(request))


def record(
    *,
    actor: Actor,
    action: str,
    obj: Model,
    group: AccountGroup | str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append an entry to the chain of `group`, in the caller's transaction (or one of its own).

    `before` and `after` are the fields that changed, without secrets (`snapshot`).
    """
    chain = group.pk if isinstance(group, AccountGroup) else group or ""
    with transaction.atomic():
        _lock(chain)
        last = AuditEntry.objects.filter(chain=chain).order_by("-number").first()
        entry = AuditEntry(
            chain=chain,
            number=last.number + 1 if last else 1,
            at=timezone.now(),
            actor=actor.name[:200],
            address=actor.address,
            action=action,
            object_type=obj._meta.label_lower,
            object_id=str(obj.pk),
            object_name=str(obj)[:300],
            before=_plain(before),
            after=_plain(after),
            trace_id=current_trace_id() or "",
            previous_hash=last.hash if last else "",
        )
        entry.hash = entry_hash(entry)
        entry.save(force_insert=True)
    return entry


def snapshot(obj: Model) -> dict[str, Any]:
    """The editable fields of a row, for `before` and `after`, secrets left out."""
    fields = model_to_dict(obj, exclude=list(SECRET_FIELDS))
    # Many-to-many fields come as rows.
    return {name: [str(v) for v in value] if isinstance(value, list) else value for name, value in fields.items()}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two snapshots cut down to the fields that differ."""
    moved = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in moved}, {name: after[name] for name in moved}


def verify(chain: str) -> int | None:
    """The number of the first entry that was altered or whose predecessor is missing; None for a sound chain.

    Entries cut off at the end cannot be seen from here: compare the newest hash with a copy kept elsewhere.
    """
    previous = ""
    for number, entry in enumerate(AuditEntry.objects.filter(chain=chain).order_by("number").iterator(), 1):
        if entry.number != number or entry.previous_hash != previous or entry.hash != entry_hash(entry):
            return number
        previous = entry.hash
    return None


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over every field of the entry, the hash of the one before among them."""
    content = {name: getattr(entry, name) for name in _HASHED} | {"at": entry.at.isoformat()}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As JSON will give it back, so that the hash can be computed again from the stored row."""
    if fields is None:
        return None
    plain: dict[str, Any] = json.loads(json.dumps(dict(fields), cls=DjangoJSONEncoder))
    return plain


def _lock(chain: str) -> None:
    """One writer per chain until the transaction ends; chains do not wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"accounts.audit:{chain}"])
