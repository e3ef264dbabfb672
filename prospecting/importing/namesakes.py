"""By which names, and at which companies, the rows of a batch may find somebody. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from prospecting.importing.entries import Entry
from prospecting.importing.known import Employer


def names_at(employers: Iterable[Employer], entries: Sequence[Entry]) -> set[tuple[str, str]]:
    """(company id, folded name) of all that may be asked for while the entries are taken one after the other.

    A row may give a company the domain or the name by which a later row means it. So whatever shares one of these,
    directly or over others, counts as one company.
    """
    alike = _Alike()
    names: dict[str, set[str]] = defaultdict(set)
    marked = [(entry.name_key, _marks(entry.company_key, entry.domain, entry.company_name_key)) for entry in entries]
    known = [(each.id, _marks(each.values["key"], each.values.get("domain", ""), each.name_key)) for each in employers]
    for _, marks in (*marked, *known):
        alike.join(marks)
    for name, marks in marked:
        if name and marks:
            names[alike.one_of(marks[0])].add(name)
    return {(company, name) for company, marks in known for name in names.get(alike.one_of(marks[0]), ())}


def _marks(key: str, domain: str, name_key: str) -> list[str]:
    """What a company is told by; a key is a domain, or the beginning of `name:` and a folded name."""
    return [mark for mark in (key, domain, name_key and f"name:{name_key}") if mark]


class _Alike:
    """Marks of which some are known to mean the same company (disjoint sets)."""

    def __init__(self) -> None:
        self._towards: dict[str, str] = {}

    def one_of(self, mark: str) -> str:
        """The one that stands for all that are alike."""
        while (other := self._towards.setdefault(mark, mark)) != mark:
            self._towards[mark] = self._towards[other]
            mark = other
        return mark

    def join(self, marks: Sequence[str]) -> None:
        for mark in marks[1:]:
            self._towards[self.one_of(mark)] = self.one_of(marks[0])
