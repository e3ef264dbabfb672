"""Everything the sources of many companies say, each source asked once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from accounts.models import AccountGroup
from jobs.working import Work
from prospecting.models import Company
from scans.sources.documents import Gathered

OnDone = Callable[[list[Gathered]], None]


def gather(
    group: AccountGroup, companies: Iterable[Company], types: Collection[str], *, since: datetime | None, work: Work,
    on_done: OnDone,
) -> None:  # fmt: skip
    """Read the feeds, job boards and pages of `companies`, and hand every company to `on_done` exactly once.

    - `companies` is walked lazily, a few hundred ahead of what is done; companies of other groups are a mistake.
    - `types`: those of enums.OF_COMPANIES that the scan's items ask for; others are ignored here (job changes:
      scans.sources.job_change; posts and comments: the scan's own activities).
    - `since`: documents posted before are left out, None: all that are stored.
    - `on_done` gets some companies at a time, in the order they finish, on the caller's thread and outside of any
      transaction, so it may use the database; what it raises ends the gathering and is raised here.
    - What was read is stored as it comes: a retry of the job asks only what its first attempt had not yet read.

    Returns when all are done. Raises what `work.check()` raises within 2 seconds after the job must stop; then no
    request is open any more.
    """
    raise NotImplementedError
