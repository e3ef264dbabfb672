"""What every normal form answers with."""

from __future__ import annotations

from typing import NamedTuple


class Normal(NamedTuple):
    """The one normal form of a value, or why it has none. Both are empty when nothing was sent."""

    value: str = ""
    fault: str = ""
    """As the end of a sentence that begins with the name of the field: "is no e-mail address"."""


NOTHING = Normal()
