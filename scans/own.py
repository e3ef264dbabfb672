"""What we know ourselves of prospects: changes of position, and the posts and comments that partners push."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from accounts.models import AccountGroup
from scans.enums import ACTIVITIES, SignalType, SubjectState
from scans.evaluating import Read, Subject
from scans.models import Activity, ScanProspect, SignalScan
from scans.sources import job_change
from scans.sources.documents import Document
from web.dialects import Dialect

PAGE = 500  # prospects
MOST = 500  # activities of one prospect, the newest first


def waiting(scan: SignalScan, *, since: datetime) -> Iterator[list[Read]]:
    """The prospects of the scan that are not done, some at a time, each with what we know since then."""
    last = 0
    while True:
        rows = ScanProspect.objects.filter(scan=scan, state=SubjectState.WAITING, pk__gt=last).order_by("pk")
        page = list(rows.select_related("company")[:PAGE])
        if not page:
            return
        last = page[-1].pk
        documents = _documents(scan.group, [row.prospect_id for row in page], scan.types, since)
        yield [
            Read(
                Subject(None, row.prospect_id, row.company.name if row.company else ""),
                documents.get(row.prospect_id, []), failures=(), sources=1,
            )
            for row in page
        ]  # fmt: skip


def _documents(
    group: AccountGroup, prospects: Iterable[str], types: frozenset[str], since: datetime
) -> dict[str, list[Document]]:  # fmt: skip
    """{prospect: documents}"""
    found: dict[str, list[Document]] = {pk: [] for pk in prospects}
    wanted = types & set(ACTIVITIES)
    if wanted:
        activities = Activity.objects.filter(prospect__in=found, type__in=wanted, posted_at__gte=since)
        for activity in activities.order_by("prospect", "-posted_at").iterator():
            if len(found[activity.prospect_id]) < MOST:
                found[activity.prospect_id].append(_activity(activity))
    if SignalType.JOB_CHANGE in types:
        for prospect_id, changes in job_change.collect(group, list(found), since).items():
            found[prospect_id] += changes
    return found


def _activity(activity: Activity) -> Document:
    return Document(
        type=activity.type, key=activity.external_id, title="", text=activity.text, url=activity.url,
        posted_at=activity.posted_at, extra=_post(activity) if activity.type == SignalType.POST else _comment(activity),
    )  # fmt: skip


def _post(activity: Activity) -> dict[str, object]:
    return {
        "postLink": activity.url, "totalLikes": activity.total_likes, "totalComments": activity.total_comments,
    }  # fmt: skip


def _comment(activity: Activity) -> dict[str, object]:
    return {
        "commentLink": activity.url, "replySummary": activity.reply_summary,
        "commentedAt": Dialect.V1.time(activity.posted_at),
    }  # fmt: skip
