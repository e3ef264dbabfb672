"""The score history of a scan: append-only, one hash chain from the result digest on."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from compliance.chain import linked
from compliance.models import ComplianceScan, ScoreEvent


def append_event(
    *,
    scan: ComplianceScan,
    action: str,
    score: Decimal,
    actor: str,
    at: datetime,
    violation_id: uuid.UUID | None = None,
    waiver_id: uuid.UUID | None = None,
    event_id: int | None = None,
) -> ScoreEvent:
    """Add the next step. The caller holds the lock of the scan's row, so steps cannot collide.

    `event_id` when the step's own id has been handed out before.
    """
    last = scan.score_events.order_by("-sequence").first()
    event = ScoreEvent(
        pk=event_id, scan=scan, sequence=last.sequence + 1 if last else 1, score=score, at=at, action=action,
        actor=actor, violation_id=violation_id, waiver_id=waiver_id,
    )  # fmt: skip
    event.hash = chained(last.hash if last else scan.result_digest, event)
    event.save(force_insert=True)
    return event


def chained(previous_hash: str, event: ScoreEvent) -> str:
    """The hash of an event after the one before it."""
    return linked(previous_hash, **event.content)
