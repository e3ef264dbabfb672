"""What apps above this one add to its pages: signal scans know which signals are of a prospect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from accounts.shown import Table

Tell = Callable[[HttpRequest, Any], Iterable[Table]]
_told: dict[type[Model], list[Tell]] = defaultdict(list)


def shown_on(model: type[Model]) -> Callable[[Tell], Tell]:
    """Register tables for the page of a row of `model`; they follow what is known of it."""

    def made(tell: Tell) -> Tell:
        _told[model].append(tell)
        return tell

    return made


def tables_on(request: HttpRequest, row: Model) -> list[Table]:
    return [table for tell in _told[type(row)] for table in tell(request, row)]
