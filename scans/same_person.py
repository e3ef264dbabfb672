"""Two people of one scan who turn out to be one.

Their rows in the scan stay, both of the one person, with what was found and where each of them worked: so its counts
are what they were, and nothing that was shown goes. What one person says is looked at once.
"""

from __future__ import annotations

from typing import Any

from prospecting.models import Prospect
from scans.enums import SubjectState
from scans.models import ScanProspect, SignalScan


def look_once(*, kept: Prospect, gone: Prospect, **_: Any) -> None:
    """prospecting.actions.merging.merging: of two rows one at most still waits, none if one has been looked at.

    From then on everything the two have said is read for either row, so what the other one found would be found again.
    A scan that has not begun looks at the one who stays where it was asked for the other.
    """
    # One that begins in this moment waits for us (queries.draw_up), so we do not wait for it.
    for scan in _asked_for(gone).select_for_update(no_key=True, skip_locked=True):
        chosen = [kept.pk if prospect_id == gone.pk else prospect_id for prospect_id in scan.prospect_ids]
        SignalScan.objects.filter(pk=scan.pk).update(prospect_ids=list(dict.fromkeys(chosen)))
    waiting = ScanProspect.objects.filter(state=SubjectState.WAITING)
    of_gone = ScanProspect.objects.filter(prospect=gone, state=SubjectState.EVALUATED)
    waiting.filter(prospect=kept, scan__in=of_gone.values("scan")).update(state=SubjectState.NO_SOURCE)
    of_kept = ScanProspect.objects.filter(prospect=kept, state__in=(SubjectState.EVALUATED, SubjectState.WAITING))
    waiting.filter(prospect=gone, scan__in=of_kept.values("scan")).update(state=SubjectState.NO_SOURCE)


def _asked_for(prospect: Prospect) -> Any:
    """Scans of a subset that have not begun."""
    return SignalScan.objects.live().filter(
        group=prospect.group_id, drawn_up=False, prospect_ids__contains=[prospect.pk]
    )  # fmt: skip
