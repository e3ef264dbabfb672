"""Which signal an event is: one of an earlier scan, or a new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from scans.copying import copy_rows
from scans.evaluating import Evaluated, Subject
from scans.matching.identity import Found, Seen, identities
from scans.matching.traces import WINDOW, packed, unpacked
from scans.models import Signal
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


# Signals with one of these documents, and those of these subjects that are near in time or of unknown time. Three
# ways to them, each by an index of its own; conditions joined by OR would read all signals of the subjects.
_EARLIER = """
WITH near AS (
    SELECT signal_id AS id FROM scans_signalkey WHERE group_id = %(group)s AND key = ANY(%(keys)s)
    UNION
    SELECT id FROM scans_signal
     WHERE company_id = ANY(%(companies)s)
       AND (posted_at BETWEEN %(from)s AND %(to)s OR posted_at IS NULL OR %(from)s IS NULL)
    UNION
    SELECT id FROM scans_signal
     WHERE prospect_id = ANY(%(prospects)s)
       AND (posted_at BETWEEN %(from)s AND %(to)s OR posted_at IS NULL OR %(from)s IS NULL)
)
SELECT s.company_id, s.prospect_id, s.identity, s.trace,
       (SELECT array_agg(key) FROM scans_signalkey WHERE signal_id = s.id)
  FROM scans_signal s JOIN near USING (id)
 WHERE s.group_id = %(group)s
"""


def _earlier(group_id: str, evaluated: Sequence[Evaluated]) -> dict[str, list[Seen]]:
    """{key of the subject: its signals that one of its events may be}: those with a document of it, those near in
    time, and those of unknown time.
    """
    since, until = _span(evaluated)
    asked = {
        "group": group_id, "from": since, "to": until,
        "keys": [key for each in evaluated for event in each.events for key in event.found.keys],
        "companies": [each.read.subject.company_id for each in evaluated if each.read.subject.company_id],
        "prospects": [each.read.subject.prospect_id for each in evaluated if each.read.subject.prospect_id],
    }  # fmt: skip
    earlier: dict[str, list[Seen]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, asked)
        for company, prospect, identity, packed_trace, keys in cursor.fetchall():
            seen = Seen(identity, frozenset(keys or ()), unpacked(bytes(packed_trace)))
            earlier[Subject(company, prospect, "").key].append(seen)
    return earlier


def _span(evaluated: Sequence[Evaluated]) -> tuple[datetime | None, datetime | None]:
    """From when to when a signal may be of one of these events; None: an unknown time keeps nothing apart."""
    times: list[datetime | None] = [event.found.trace.posted_at for each in evaluated for event in each.events]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return None, None
    return min(known) - WINDOW, max(known) + WINDOW


_KNOWN = "SELECT identity, id FROM scans_signal WHERE group_id = %s AND identity = ANY(%s)"
_REMEMBER = """
INSERT INTO scans_signalkey (group_id, key, signal_id) SELECT %s, * FROM unnest(%s::text[], %s::text[])
ON CONFLICT (group_id, key) DO NOTHING
"""


def _signals(group_id: str, named: dict[tuple[str, str], tuple[Subject, Found]]) -> dict[str, str]:
    """{identity: id of its signal}, those made that are not there."""
    wanted = {identity for _, identity in named}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [group_id, list(wanted)])
        known = dict(cursor.fetchall())
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
    rows = {key: signal for signal, found in told for key in found.keys}
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [group_id, list(rows), list(rows.values())])
