"""Scans for posts and comments that a group's provider runs for a signal scan of ours: started, followed, stopped."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from django.conf import settings
from django.utils.dateparse import parse_datetime

from accounts.requester import Requester
from jobs import lifecycle
from jobs.errors import LeaseLost
from jobs.working import Work
from prospecting.providers import for_group
from prospecting.providers.remote import RemoteProvider
from scans.actions.activities import take_activities
from scans.enums import ACTIVITIES, RemoteStatus
from scans.models import RemoteScan, ScanProspect, SignalScan
from scans.sources.plain import web_address
from web.errors import Refused, UpstreamError

log = structlog.get_logger(__name__)

PEOPLE = 1000  # of one remote scan
POLL_EVERY = 0.5  # seconds


def follow(work: Work, scan: SignalScan, *, since: datetime) -> None:
    """Let the provider, if there is one that can, look for posts and comments, and take in what it finds.

    What a provider fails to tell costs the scan nothing else: partners may push activities as well.
    """
    types = scan.types & set(ACTIVITIES)
    provider = for_group(scan.group, scan.test) if types else None
    if provider is None:
        return
    try:
        for remote in _started(work, scan, provider, types, since):
            _take(work, scan, provider, remote)
    except Refused as fault:
        log.warning("remote_scan_failed", code=fault.code)


def stop(scan: SignalScan) -> None:
    """Tell the provider to stop what it runs for `scan`; nothing to do when it runs nothing.

    To be called outside any transaction. web.errors.UpstreamError when the provider refuses or is away.
    """
    running = list(RemoteScan.objects.filter(scan=scan, status=RemoteStatus.RUNNING))
    provider = for_group(scan.group, scan.test) if running else None
    for remote in running:
        if provider is None or provider.name != remote.provider:
            continue  # no longer configured: nobody to tell
        _cancel(provider, remote)


def _cancel(provider: RemoteProvider, remote: RemoteScan) -> None:
    status = RemoteStatus.CANCELLED
    try:
        provider.cancel_activity_scan(remote.external_id)
    except UpstreamError:
        status = RemoteStatus(provider.activity_scan(remote.external_id))
        if status == RemoteStatus.RUNNING:
            raise  # it is not over: it refuses
    RemoteScan.objects.filter(pk=remote.pk).update(status=status)


def _started(
    work: Work, scan: SignalScan, provider: RemoteProvider, types: Collection[str], since: datetime
) -> Iterator[RemoteScan]:
    """Those that were started by an attempt before, and the others, each with some of the people."""
    known = {remote.number: remote for remote in RemoteScan.objects.filter(scan=scan)}
    for number, people in enumerate(_people(scan)):
        if number in known:
            yield known[number]
            continue
        work.check()
        external_id = provider.start_activity_scan(people, types, since, once=f"{scan.pk}-{number}")
        if external_id is None:
            return
        yield _noted(work, scan, provider, number, external_id)


def _noted(work: Work, scan: SignalScan, provider: RemoteProvider, number: int, external_id: str) -> RemoteScan:
    row = RemoteScan(scan=scan, number=number, provider=provider.name, external_id=external_id)
    try:
        with lifecycle.fence(work.lease):
            row.save(force_insert=True)
    except LeaseLost:  # cancelled meanwhile, and whoever did it did not know of this one
        with suppress(Refused):
            provider.cancel_activity_scan(external_id)
        raise
    return row


def _people(scan: SignalScan) -> Iterator[list[str]]:
    """The public identifiers of the scan's people, in the same pieces in every attempt."""
    rows = ScanProspect.objects.filter(scan=scan).exclude(prospect__public_identifier="").order_by("pk")
    last = 0
    while piece := list(rows.filter(pk__gt=last).values_list("pk", "prospect__public_identifier")[:PEOPLE]):
        last = piece[-1][0]
        yield [name for _, name in piece]


def _take(work: Work, scan: SignalScan, provider: RemoteProvider, remote: RemoteScan) -> None:
    """Wait for the end of one and store its activities; doing it twice stores nothing twice."""
    if remote.provider != provider.name or remote.status != RemoteStatus.RUNNING:
        return
    status = _awaited(work, provider, remote)
    if status == RemoteStatus.COMPLETED:
        by = Requester.on_behalf(f"provider:{provider.name}", scan.group, key=None, user=None)
        for page in provider.activities(remote.external_id):
            work.check()
            sent = [fields for each in page if (fields := _fields(provider.name, each))]
            take_activities(group=scan.group, by=by, sent=list(enumerate(sent)))
    RemoteScan.objects.filter(pk=remote.pk).update(status=status)


def _awaited(work: Work, provider: RemoteProvider, remote: RemoteScan) -> RemoteStatus:
    deadline = time.monotonic() + settings.REMOTE_SCAN_SECONDS
    while (status := RemoteStatus(provider.activity_scan(remote.external_id))) == RemoteStatus.RUNNING:
        work.check()
        if time.monotonic() > deadline:
            log.warning("remote_scan_too_slow", provider=provider.name)
            return RemoteStatus.FAILED
        time.sleep(POLL_EVERY)  # the protocol has nothing to wait on
    return status


def _fields(provider: str, activity: dict[str, Any]) -> dict[str, Any] | None:
    """What Activity stores; None where the provider's date is none."""
    try:
        at = parse_datetime(activity["postedAt"])
        at = at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        at = None
    if at is None:
        return None
    return {
        "external_id": f"{provider}:{activity['id']}"[:200], "type": activity["type"], "text": activity["text"],
        "public_identifier": activity["publicIdentifier"], "url": web_address(activity["url"], ""),
        "posted_at": at, "total_likes": activity.get("totalLikes"),
        "total_comments": activity.get("totalComments"), "reply_summary": activity.get("replySummary") or "",
    }  # fmt: skip
