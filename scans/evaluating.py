"""From what sources say to what a scan found: judged, folded, not yet stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scans.enums import SubjectState, Verdict
from scans.matching.fold import Group, fold
from scans.matching.identity import Found, signal_key
from scans.matching.judging import Judge, Judged
from scans.sources.documents import Document, Failure

# What v1 shows beside the keys every signal has; a source may know more.
SHOWN = frozenset(
    {
        "postLink", "totalLikes", "totalComments", "replySummary", "commentedAt", "commentLink", "jobUrl", "newsUrl",
        "previousTitle", "previousCompany",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A company or a prospect; `company_name` is what their signals show."""

    company_id: str | None
    prospect_id: str | None
    company_name: str

    @property
    def key(self) -> str:
        return f"company:{self.company_id}" if self.company_id else f"prospect:{self.prospect_id}"


@dataclass(frozen=True, slots=True)
class Read:
    """What the sources of one subject said. `sources`: how many it has, of the types asked for."""

    subject: Subject
    documents: Sequence[Document]
    failures: Sequence[Failure]
    sources: int

    @property
    def state(self) -> SubjectState:
        if not self.sources:
            return SubjectState.NO_SOURCE
        return SubjectState.FAILED if len(self.failures) >= self.sources else SubjectState.EVALUATED


@dataclass(slots=True)
class NewFinding:
    """A row of scans.models.Finding before it is written, under the names of its columns. A model takes five times as
    long to make, and a scan may find a document in each that it reads.
    """

    scan_id: str
    company_id: str | None
    prospect_id: str | None
    type: str
    verdict: str
    item: int
    score: int
    reasoning: str
    summary: str
    title: str
    posted_at: datetime | None
    company_name: str
    sources: list[str]
    extra: dict[str, Any]
    signal_id: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One signal in this scan: its kept finding first, then those folded into it."""

    found: Found
    findings: list[NewFinding]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One subject, done."""

    read: Read
    events: list[Event] = field(default_factory=list)
    dropped: list[NewFinding] = field(default_factory=list)

    @property
    def findings(self) -> list[NewFinding]:
        return [finding for event in self.events for finding in event.findings] + self.dropped

    @property
    def counts(self) -> Counter[str]:
        return Counter(finding.verdict for finding in self.findings)


def evaluate(judge: Judge, scan_id: str, read: Sequence[Read]) -> list[Evaluated]:
    """Each subject by itself: nothing that is found of one depends on the others. A failed one finds nothing."""
    readable = [each for each in read if each.state == SubjectState.EVALUATED]
    done = {each.subject.key: Evaluated(each) for each in read}
    owners = {id(document): each.subject for each in readable for document in each.documents}
    kept: list[Judged[Document]] = []
    for judged in judge(document for each in readable for document in each.documents):
        if judged.verdict.value == Verdict.KEPT.value:
            kept.append(judged)
        else:
            subject = owners[id(judged.document)]
            done[subject.key].dropped.append(_finding(scan_id, subject, judged, judged.verdict.value))
    for group in fold(kept, lambda document: owners[id(document)].key):
        subject = owners[id(group.representative.document)]
        done[subject.key].events.append(_event(scan_id, subject, group))
    return list(done.values())


def _event(scan_id: str, subject: Subject, group: Group[Document]) -> Event:
    told = [group.representative, *group.duplicates]
    keys = tuple(dict.fromkeys(signal_key(judged.document, subject.key) for judged in told))
    first = _finding(scan_id, subject, group.representative, Verdict.KEPT.value)
    first.sources = list(group.sources)
    others = [_finding(scan_id, subject, judged, Verdict.DUPLICATE.value) for judged in group.duplicates]
    return Event(Found(keys, group.trace), [first, *others])


def _finding(scan_id: str, subject: Subject, judged: Judged[Document], verdict: str) -> NewFinding:
    document = judged.document
    return NewFinding(
        scan_id=scan_id, company_id=subject.company_id, prospect_id=subject.prospect_id, type=document.type,
        verdict=verdict, item=judged.item_index, score=judged.score, reasoning=judged.reasoning,
        summary=judged.summary, title=document.title, posted_at=document.posted_at, company_name=subject.company_name,
        sources=[document.url] if document.url else [], extra=_shown(document.extra),
    )  # fmt: skip


def _shown(extra: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extra.items() if name in SHOWN and value not in (None, "")}
