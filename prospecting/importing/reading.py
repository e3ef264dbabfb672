"""The leads of a job, one after the other, from where it stands; for the sources that need no provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from accounts.models import AccountGroup
from prospecting.enums import JobSource
from prospecting.importing import headers
from prospecting.importing.leads import OWN, Lead
from prospecting.models import ProspectingJob
from prospecting.normalising.profiles import profile


def open_leads(job: ProspectingJob, *, after: int = 0) -> Iterator[Lead]:
    """The leads of a job whose line is greater than `after`, in the order of their lines, streamed."""
    leads = _SOURCES[JobSource(job.source)](job.group, job.params)
    return (lead for lead in leads if lead.line > after)


def count_inputs(group: AccountGroup, source: JobSource, params: Mapping[str, Any]) -> int:
    """How many leads a job with these params will read. ValidationFailed where they name nothing that can be read."""
    return sum(1 for _ in _SOURCES[source](group, params))


def _urls(_: AccountGroup, params: Mapping[str, Any]) -> Iterator[Lead]:
    """Each profile once, wherever it stands first; what is no profile stays, to be told so."""
    seen: set[str] = set()
    for line, url in enumerate(params["urls"], 1):
        name = profile(url).value or url
        if name not in seen:
            seen.add(name)
            yield Lead(line, {"linkedinUrl": url}, raw={"linkedinUrl": url})


def _records(_: AccountGroup, params: Mapping[str, Any]) -> Iterator[Lead]:
    for line, record in enumerate(params["records"], 1):
        raw = {name: _text(value) for name, value in record.items()}
        yield lead_of(line, raw, _suggested(tuple(raw)))


def lead_of(line: int, raw: Mapping[str, str], mapping: Mapping[str, str]) -> Lead:
    """A row as a lead; `mapping` is {header: field}."""
    fields = {field: raw[header] for header, field in mapping.items() if raw.get(header)}
    external_id = fields.pop("providerId", "").strip()
    person_id = fields.pop("personId", "").strip()
    return Lead(line, fields, OWN if external_id else "", external_id, person_id, raw)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


@lru_cache(maxsize=256)
def _suggested(names: tuple[str, ...]) -> dict[str, str]:
    return headers.suggest(names)


_SOURCES: dict[JobSource, Callable[[AccountGroup, Mapping[str, Any]], Iterator[Lead]]] = {
    JobSource.URL_UPLOAD: _urls,
    JobSource.RECORDS: _records,
}
