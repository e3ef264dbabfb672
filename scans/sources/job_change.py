"""Changes of position: our own data, noted by imports and enrichment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from accounts.models import AccountGroup
from prospecting.models import PositionChange
from scans.enums import SignalType
from scans.sources.documents import Document

MOST = 50  # changes of one prospect


def collect(
    group: AccountGroup, prospect_ids: Collection[str], since: datetime | None
) -> dict[str, list[Document]]:  # fmt: skip
    """The changes of these prospects seen since then, newest first, by prospect. One query; give some thousand."""
    changes = PositionChange.objects.for_group(group).filter(prospect__in=prospect_ids).select_related("prospect")
    if since:
        changes = changes.filter(seen_at__gte=since)
    found: dict[str, list[Document]] = defaultdict(list)
    for change in changes.order_by("-seen_at", "-pk"):
        if len(found[change.prospect_id]) < MOST:
            found[change.prospect_id].append(_document(change))
    return dict(found)


def _document(change: PositionChange) -> Document:
    name = change.prospect.name or "Somebody"
    now, before = (_position(*each) for each in (
        (change.title, change.company), (change.previous_title, change.previous_company),
    ))  # fmt: skip
    told = {"previousTitle": change.previous_title, "previousCompany": change.previous_company}
    return Document(
        type=str(SignalType.JOB_CHANGE), key=f"position:{change.pk}", title=f"{name}: {now}",
        text=f"{name} is now {now}; before: {before}.", url=change.prospect.linkedin_url, posted_at=change.seen_at,
        extra={key: value for key, value in told.items() if value},
    )  # fmt: skip


def _position(title: str, company: str) -> str:
    if title and company:
        return f"{title} at {company}"
    return title or (f"at {company}" if company else "unknown")
