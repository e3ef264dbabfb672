"""What every source of people yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OWN = "import"
"""The provider under which ids in a column of a file or a record are kept."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One person as a source names them, not yet judged.

    `line` is where a person finds it: the row of the file, or the place in the list, from 1. `fields` has the names of
    importing.fields and values as they came. `provider` and `external_id` are the id under which its source knows the
    person. `raw` is the row as it was sent, {header: value}, for whoever has to correct it; `fault` says why the row
    could not even be read.
    """

    line: int
    fields: Mapping[str, str]
    provider: str = ""
    external_id: str = ""
    person_id: str = ""
    raw: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
