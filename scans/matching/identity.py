"""The identity of an event across scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from scans.matching.documents import Document
from scans.matching.traces import Trace, same_event


def signal_key(document: Document, company: str, among: str = "") -> str:
    """32 hex digits: the same for the same document (type and key) of the same company in every scan."""
    said = "\0".join((document.type, company, document.key, among))
    return sha256(said.encode(errors="surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Seen:
    """A signal of an earlier scan. `keys`: signal_key of every document that was folded into it."""

    identity: str
    keys: frozenset[str]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Found:
    """An event of this scan: its representative first among `keys`."""

    keys: tuple[str, ...]
    trace: Trace


def identities(found: Sequence[Found], earlier: Sequence[Seen]) -> list[str]:
    """The identity of each event of one company: that of the earlier signal that tells the same, else a new one.

    Each earlier signal goes to one event at most: to that with its very document, then to one that shares a document
    with it, then to one that is near it. `found` is in the order `fold` gave.
    """
    free = {seen.identity: seen for seen in sorted(earlier, key=lambda seen: seen.identity)}
    taken: dict[int, str] = {}
    for same in (_by_representative, _by_document, _by_text):
        for number, event in enumerate(found):
            if number in taken:
                continue
            if (identity := next((seen.identity for seen in free.values() if same(event, seen)), None)) is not None:
                taken[number] = identity
                del free[identity]
    used = {seen.identity for seen in earlier}
    for number, event in enumerate(found):
        if number not in taken:
            taken[number] = _unused(event.keys[0], used)
            used.add(taken[number])
    return [taken[number] for number in range(len(found))]


def _by_representative(event: Found, seen: Seen) -> bool:
    return event.keys[0] == seen.identity


def _by_document(event: Found, seen: Seen) -> bool:
    return not seen.keys.isdisjoint(event.keys)


def _by_text(event: Found, seen: Seen) -> bool:
    return same_event(event.trace, seen.trace)


def _unused(key: str, used: set[str]) -> str:
    """Two sources may give the same key to different documents: the later one gets another identity."""
    while key in used:
        key = sha256(key.encode()).hexdigest()[:32]
    return key
