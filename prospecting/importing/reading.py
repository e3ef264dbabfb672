"""The leads of a job, one after the other, from where it stands; for the sources that need no provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from accounts.models import AccountGroup
from jobs.errors import JobFault
from prospecting.enums import JobSource
from prospecting.importing import headers
from prospecting.importing.leads import OWN, Lead
from prospecting.importing.tables import open_table
from prospecting.models import LeadFile, ProspectingJob
from prospecting.normalising.profiles import profile
from tabular.formulas import undefused
from web.storing import fetch, scratch

MORE = "(more)"
"""The name under which a row keeps values for which the header has none."""


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


def _file(group: AccountGroup, params: Mapping[str, Any]) -> Iterator[Lead]:
    """`mapping` is the one that holds, see headers.check."""
    file: LeadFile = LeadFile.objects.for_group(group).get(pk=params["file_id"])
    if not file.content:
        raise JobFault("FILE_DELETED", "The content of the file has been deleted. Send it again by POST /files.")
    with scratch() as folder:
        try:
            with open_table(fetch(file.content, folder), file.encoding) as table:
                for row in table.rows:
                    raw = _as_sent(table.headers, [undefused(value) for value in row.values])
                    if row.fault:
                        yield Lead(row.line, {}, raw=raw, fault=row.fault)
                    else:
                        yield lead_of(row.line, raw, params["mapping"])
        except FileNotFoundError as fault:
            raise JobFault("FILE_DELETED", "The content of the file is gone. Send it again by POST /files.") from fault


def _as_sent(names: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    raw = dict(zip(names, values, strict=False))
    return {**raw, MORE: " | ".join(values[len(names) :])} if len(values) > len(names) else raw


def lead_of(line: int, raw: Mapping[str, str], mapping: Mapping[str, str]) -> Lead:
    """A row as a lead; `mapping` is {header: field}."""
    fields = {field: value for header, field in mapping.items() if (value := raw.get(header))}
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
    JobSource.FILE_UPLOAD: _file,
}
