"""Which signal an event is: one of an earlier scan, or a new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from scans.copying import copy_rows
from scans.evaluating import Evaluated, Subject
from scans.matching.identity import Found, Seen, identities
from scans.matching.traces import WINDOW, packed, unpacked
from scans.models import Signal, SignalKey
from web.identifiers import new_object_id

_COLUMNS = ("id", "group_id", "company_id", "prospect_id", "type", "identity", "trace", "posted_at")


def recognise(group_id: str, evaluated: Sequence[Evaluated]) -> None:
    """Give every finding of an event its signal. Inside the caller's transaction, which holds the group's signals
    (queries.hold_signals).
    """
    finding_events = [each for each in evaluated if each.events]
    if not finding_events:
        return
    earlier = _earlier(group_id, finding_events)
    named: dict[tuple[str, str], tuple[Subject, Found]] = {}
    identity_of: dict[int, str] = {}
    for each in finding_events:
        subject = each.read.subject
        seen = earlier.get(subject.key, [])
        found = [event.found for event in each.events]
        for event, identity in zip(each.events, identities(found, seen), strict=True):
            named[subject.key, identity] = (subject, event.found)
            identity_of[id(event)] = identity
    signals = _signals(group_id, named)
    for each in finding_events:
        for event in each.events:
            for finding in event.findings:
                finding.signal_id = signals[identity_of[id(event)]]
    _remember(group_id, ((signals[identity], found) for (_, identity), (_, found) in named.items()))


def _earlier(group_id: str, evaluated: Sequence[Evaluated]) -> dict[str, list[Seen]]:
    """{key of the subject: its signals that one of its events may be}: those with a document of it, those near in
    time, and those of unknown time.
    """
    keys = {key for each in evaluated for event in each.events for key in event.found.keys}
    by_key = SignalKey.objects.filter(group=group_id, key__in=keys).values("signal_id")
    companies = [each.read.subject.company_id for each in evaluated if each.read.subject.company_id]
    prospects = [each.read.subject.prospect_id for each in evaluated if each.read.subject.prospect_id]
    near = (Q(company__in=companies) | Q(prospect__in=prospects)) & _near_in_time(evaluated)
    signals = Signal.objects.filter(group=group_id).filter(Q(pk__in=by_key) | near)
    rows = list(signals.values_list("pk", "company_id", "prospect_id", "identity", "trace"))
    told: dict[str, list[str]] = defaultdict(list)
    for signal, key in SignalKey.objects.filter(signal__in=[row[0] for row in rows]).values_list("signal_id", "key"):
        told[signal].append(key)
    earlier: dict[str, list[Seen]] = defaultdict(list)
    for signal, company, prospect, identity, trace in rows:
        seen = Seen(identity, frozenset(told[signal]), unpacked(bytes(trace)))
        earlier[Subject(company, prospect, "").key].append(seen)
    return earlier


def _near_in_time(evaluated: Sequence[Evaluated]) -> Q:
    times: list[datetime | None] = [event.found.trace.posted_at for each in evaluated for event in each.events]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return Q()  # an unknown time keeps nothing apart
    return Q(posted_at__isnull=True) | Q(posted_at__range=(min(known) - WINDOW, max(known) + WINDOW))


def _signals(group_id: str, named: dict[tuple[str, str], tuple[Subject, Found]]) -> dict[str, str]:
    """{identity: id of its signal}, those made that are not there."""
    wanted = {identity for _, identity in named}
    known = dict(Signal.objects.filter(group=group_id, identity__in=wanted).values_list("identity", "pk"))
    new = {
        identity: (new_object_id(), group_id, subject.company_id, subject.prospect_id, found.trace.type, identity,
                   packed(found.trace), found.trace.posted_at)
        for (_, identity), (subject, found) in named.items()
        if identity not in known
    }  # fmt: skip
    copy_rows(Signal, _COLUMNS, new.values())
    return known | {identity: row[0] for identity, row in new.items()}


def _remember(group_id: str, told: Iterable[tuple[str, Found]]) -> None:
    """The documents of each signal; one that told of another signal before stays with that."""
    rows = {key: (group_id, key, signal) for signal, found in told for key in found.keys}
    known = SignalKey.objects.filter(group=group_id, key__in=rows).values_list("key", flat=True)
    for key in list(known):
        del rows[key]
    copy_rows(SignalKey, ("group_id", "key", "signal_id"), rows.values())
