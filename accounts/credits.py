"""Credits: granted to an account group, reserved when a job starts, settled when it is over.

A ledger of entries that are never changed, and beside it one row a group with their sum. Every function locks that
row, so that movements of one group wait for each other; its constraints keep it from ever falling below zero.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F

from accounts.enums import CreditKind
from accounts.errors import InsufficientCredits
from accounts.models import AccountGroup, CreditAccount, CreditEntry
from accounts.requester import Requester
from web.errors import ValidationFailed
from web.tracing import current_trace_id

MOST = 1_000_000_000  # credits of one grant
LOW = 100  # an account with less is told of


class Balance(NamedTuple):
    available: int
    reserved: int


def balance(group: AccountGroup) -> Balance:
    """What `group` may still spend, and what is set aside for jobs that go on. Nothing granted: zero."""
    found = CreditAccount.objects.for_group(group).values_list("available", "reserved").first()
    return Balance(*found) if found else Balance(0, 0)


@transaction.atomic
def grant(group: AccountGroup, amount: int, by: Requester, note: str = "") -> Balance:
    """Give credits; answers the balance after it. Raises ValidationFailed for an amount that is no gift."""
    if not 1 <= amount <= MOST:
        raise ValidationFailed.at("amount", f"must be from 1 to {MOST:,}")
    CreditAccount.objects.bulk_create([CreditAccount(group=group)], ignore_conflicts=True)
    entry = _move(group, CreditKind.GRANTED, available=amount, reserved=0, by=by.name[:200], note=note[:500])
    by.audit("credits.granted", entry, after={"amount": amount, "note": entry.note})
    return balance(group)


def reserve(group: AccountGroup, amount: int, job_kind: str, job_id: object) -> None:
    """Set credits aside for a job, in the transaction that makes it; a job reserves once, and nothing for 0.

    Raises InsufficientCredits when the group has less than `amount`.
    """
    _in_transaction()
    if amount < 0:
        raise ValueError(f"{amount} credits cannot be reserved")
    if not amount:
        return
    available = _lock(group)
    if available < amount:
        raise InsufficientCredits(f"This needs {amount:,} credits, and the account group has {available:,}.")
    _move(group, CreditKind.RESERVED, available=-amount, reserved=amount, job_kind=job_kind, job_id=str(job_id))


def settle(group: AccountGroup, job_kind: str, job_id: object, spent: int) -> None:
    """Spend `spent` of what the job reserved and give the rest back, in the transaction that ends it.

    The first settlement counts, each further one changes nothing. A job that reserved nothing has nothing to settle.
    Raises ValueError for more than was reserved: whoever counts so has counted wrongly.
    """
    _in_transaction()
    _lock(group)
    entries = CreditEntry.objects.for_group(group).filter(job_kind=job_kind, job_id=str(job_id))
    moved: dict[str, int] = dict(entries.values_list("kind", "reserved"))
    held = moved.get(CreditKind.RESERVED, 0)
    if CreditKind.SETTLED in moved:
        return
    if not 0 <= spent <= held:
        raise ValueError(f"{job_kind} {job_id} reserved {held} credits and cannot spend {spent}")
    if held:
        back = held - spent
        _move(group, CreditKind.SETTLED, available=back, reserved=-held, job_kind=job_kind, job_id=str(job_id))


def _move(group: AccountGroup, kind: CreditKind, *, available: int, reserved: int, **about: str) -> CreditEntry:
    """Entry and sum, together."""
    CreditAccount.objects.for_group(group).update(
        available=F("available") + available, reserved=F("reserved") + reserved
    )
    trace_id = current_trace_id() or ""
    entry: CreditEntry = CreditEntry.objects.create(
        group=group, kind=kind, available=available, reserved=reserved, trace_id=trace_id, **about
    )
    return entry


def _lock(group: AccountGroup) -> int:
    """What is available, which nobody else moves until the transaction ends."""
    account = CreditAccount.objects.for_group(group).select_for_update(no_key=True).first()
    return account.available if account else 0


def _in_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("credits move in the transaction of the job they are for")
