"""What the sources of a prospecting job need, checked before the job stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from accounts.enums import Plan
from accounts.models import AccountGroup
from accounts.requester import Requester
from prospecting.enums import FROM_PROVIDER, JobSource
from prospecting.errors import NoProvider
from prospecting.importing import headers
from prospecting.importing.reading import count_inputs
from prospecting.models import LeadFile
from prospecting.normalising.profiles import profile
from prospecting.providers import for_group
from prospecting.providers.base import PeopleProvider
from web.errors import ValidationFailed

# What one job may bring from a provider.
CAPS = {Plan.TESTER: 100, Plan.STARTER: 1000, Plan.SCALE: 2000, Plan.ENTERPRISE: 2000}


class Wanted(NamedTuple):
    """A job's params, how many inputs it has (None: not yet known) and how many prospects it brings at most."""

    params: dict[str, Any]
    total: int | None
    most: int

    @property
    def max_results(self) -> int | None:
        """What the row of the job keeps."""
        return self.most if self.total is None else None


def wanted_of(
    *, group: AccountGroup, test: bool, source: JobSource, params: Mapping[str, Any], max_results: int | None
) -> Wanted:
    """What a job of this source will do. ValidationFailed names the faulty field; NoProvider."""
    match source:
        case JobSource.URL_UPLOAD:
            _refuse_no_profiles(params["urls"])
            return _local(params, count_inputs(group, source, params), None)
        case JobSource.RECORDS:
            return _local(params, len(params["records"]), max_results)
        case JobSource.FILE_UPLOAD:
            return _file(group, params, max_results)
        case _:
            return _from_provider(group, test, params, max_results)


def ask_provider(*, group: AccountGroup, by: Requester, source: JobSource, params: Mapping[str, Any]) -> None:
    """Whether a provider would serve this search, where one is needed. Over the network: outside any transaction.

    Raises NoProvider, UpstreamError, and ValidationFailed when the provider does not know what `params` name.
    """
    if source in FROM_PROVIDER:
        _provider(group, by.in_sandbox).check(source, params)


def _provider(group: AccountGroup, test: bool) -> PeopleProvider:
    provider = for_group(group, test)
    if provider is None:
        raise NoProvider
    return provider


def _from_provider(group: AccountGroup, test: bool, params: Mapping[str, Any], max_results: int | None) -> Wanted:
    _provider(group, test)
    cap = CAPS[Plan(group.plan)]
    if max_results is not None and max_results > cap:
        raise ValidationFailed.at("maxResults", f"must be at most {cap} with the plan {group.plan}")
    return Wanted(dict(params), None, max_results or cap)


def _local(params: Mapping[str, Any], inputs: int, max_results: int | None) -> Wanted:
    total = min(inputs, max_results or inputs)
    return Wanted(dict(params), total, total)


def _refuse_no_profiles(urls: Sequence[str]) -> None:
    """ValidationFailed naming every address that is no profile."""
    found = [profile(url) for url in urls]
    faults = [(f"urls[{index}]", each.fault or "is empty") for index, each in enumerate(found) if not each.value]
    if faults:
        more = f" ({len(faults) - 1} more in details)" if len(faults) > 1 else ""
        raise ValidationFailed(f"{faults[0][0]}: {faults[0][1]}{more}", details=faults)


def _file(group: AccountGroup, params: Mapping[str, Any], max_results: int | None) -> Wanted:
    """With the mapping as it will be read: what was sent before what the headers suggest."""
    file: LeadFile | None = LeadFile.objects.for_group(group).filter(pk=params["file_id"]).first()
    if file is None:
        raise ValidationFailed.at("fileId", "names no file of this account group; send one by POST /files")
    if not file.content:
        raise ValidationFailed.at("fileId", "names a file whose content has been deleted; send it again by POST /files")
    mapping = headers.check(file.headers, params.get("mapping", {}))
    return _local({"file_id": file.pk, "mapping": mapping}, file.row_count, max_results)
