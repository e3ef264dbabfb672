"""Two people of one scan who turn out to be one.

Their rows in the scan stay, both of the one person, with what was found and where each of them worked: so its counts
are what they were, and nothing that was shown goes. What one person says is looked at once.
"""

from __future__ import annotations

from typing import Any

from prospecting.models import Prospect
from scans.enums import SubjectState
from scans.models import ScanProspect


def look_once(*, kept: Prospect, gone: Prospect, **_: Any) -> None:
    """prospecting.actions.merging.merging: of two rows one at most still waits, none if one has been looked at.

    From then on everything the two have said is read for either row, so what the other one found would be found again.
    """
    waiting = ScanProspect.objects.filter(state=SubjectState.WAITING)
    of_gone = ScanProspect.objects.filter(prospect=gone, state=SubjectState.EVALUATED)
    waiting.filter(prospect=kept, scan__in=of_gone.values("scan")).update(state=SubjectState.NO_SOURCE)
    of_kept = ScanProspect.objects.filter(prospect=kept, state__in=(SubjectState.EVALUATED, SubjectState.WAITING))
    waiting.filter(prospect=gone, scan__in=of_kept.values("scan")).update(state=SubjectState.NO_SOURCE)
