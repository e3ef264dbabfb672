"""People data from elsewhere. Which provider serves an account group, if any."""

from __future__ import annotations

from accounts.models import AccountGroup
from prospecting.providers.base import PeopleProvider


def for_group(group: AccountGroup, test: bool) -> PeopleProvider | None:
    """The provider the operator has configured for the group; with `test` the sandbox. None: there is none."""
    return None
