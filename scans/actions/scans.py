"""Starting and cancelling signal scans: the same for partners, staff and monitors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs import kinds, lifecycle
from jobs.errors import NotCancellable
from prospecting.errors import AudienceNotReady
from prospecting.models import Audience, AudienceMember
from scans import remote
from scans.enums import ScanType
from scans.errors import NobodyLeft, ScanOver
from scans.models import Monitor, SignalScan, SignalSpecification
from scans.storing import standing
from web.errors import ValidationFailed

KIND = "signal_scan"


def start_scan(
    *, group: AccountGroup, by: Requester, signal_specification_id: str, audience_id: str,
    prospect_ids: Sequence[str] | None = None, test: bool = False, monitor: Monitor | None = None,
) -> SignalScan:  # fmt: skip
    """Queue a scan with copies of the specification and of what scores are reckoned by. To be called inside a
    transaction; published when it commits.

    Either it finds both named rows and holds them, so that their deletion finds the scan, or they are gone already.
    ValidationFailed names an id that is not of this group; AudienceNotReady while a job fills the audience.
    """
    specification = specification_named(group, signal_specification_id)
    audience = audience_named(group, audience_id)
    chosen = None if prospect_ids is None else _members(audience, prospect_ids)
    scan = SignalScan(
        group=group, type=ScanType.MONITORING if monitor else ScanType.PROSPECTING, monitor=monitor, test=test,
        specification=specification, audience=audience, items=specification.items, prospect_ids=chosen,
        scale={"half_lives": settings.SIGNAL_HALF_LIVES, "weights": settings.SIGNAL_WEIGHTS},
        prospects_total=audience.prospect_count if chosen is None else len(chosen),
        trace_id=by.trace_id, requested_by_key=by.key, requested_by_user=by.user,
    )  # fmt: skip
    lifecycle.start(scan, actor=by.name)
    by.audit("signal_scan.started", scan, after={"specification": specification.name, "audience": audience.name})
    return scan


def repeat_scan(*, scan: SignalScan, by: Requester) -> SignalScan:
    """A new scan of the same audience with the specification as it is now; of chosen prospects, those still in it.

    Raises what start_scan does, and NobodyLeft.
    """
    with transaction.atomic():
        chosen = scan.prospect_ids
        if chosen is not None:
            members = AudienceMember.objects.filter(audience=scan.audience_id, prospect__in=chosen)
            left = set(members.values_list("prospect_id", flat=True))
            chosen = [prospect_id for prospect_id in chosen if prospect_id in left]
            if not chosen:
                raise NobodyLeft
        return start_scan(
            group=scan.group, by=by, signal_specification_id=scan.specification_id, audience_id=scan.audience_id,
            prospect_ids=chosen, test=scan.test,
        )  # fmt: skip


def cancel_scan(*, scan: SignalScan, by: Requester) -> None:
    """ScanOver unless queued or running; UpstreamError when a provider refuses to stop, and nothing has changed."""
    if scan.is_final:
        raise ScanOver
    remote.stop(scan)
    try:
        with transaction.atomic():
            lifecycle.cancel(kinds.get(KIND), scan.pk, actor=by.name)
            by.audit("signal_scan.cancelled", scan)
    except NotCancellable as fault:
        raise ScanOver from fault


def specification_named(group: AccountGroup, specification_id: str) -> SignalSpecification:
    """The specification that a body names; not deleted before what is made with it stands."""
    standing("scans_signalspecification", [specification_id])
    found: SignalSpecification | None = SignalSpecification.objects.for_group(group).filter(pk=specification_id).first()
    if found is None:
        raise ValidationFailed.at("signalSpecificationId", "names no signal specification of this account group")
    return found


def audience_named(group: AccountGroup, audience_id: str) -> Audience:
    """The audience that a body names; not deleted before what is made with it stands. AudienceNotReady while a job
    fills it.
    """
    standing("prospecting_audience", [audience_id])
    found: Any = Audience.objects.for_group(group).with_filling().filter(pk=audience_id).first()
    if found is None:
        raise ValidationFailed.at("audienceId", "names no audience of this account group")
    if found.filling:
        raise AudienceNotReady
    audience: Audience = found
    return audience


def _members(audience: Audience, prospect_ids: Sequence[str]) -> list[str]:
    """The ids, each once. ValidationFailed for those that are not in the audience."""
    wanted = list(dict.fromkeys(prospect_ids))
    members = AudienceMember.objects.filter(audience=audience, prospect__in=wanted)
    known = set(members.values_list("prospect_id", flat=True))
    faults = [
        (f"prospectIds[{index}]", "is not in this audience")
        for index, prospect_id in enumerate(prospect_ids)
        if prospect_id not in known
    ]
    if faults:
        more = f" ({len(faults) - 1} more in details)" if len(faults) > 1 else ""
        raise ValidationFailed(f"{faults[0][0]}: {faults[0][1]}{more}", details=faults[:100])
    return wanted
