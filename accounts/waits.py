"""Rows that wait for somebody, as cards of the home: counted in one statement, and no further than is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.home import Card
from accounts.staff import list_url

MOST = 1_000  # counting stops there


@dataclass(frozen=True)
class Wait:
    """`rows` that wait: what one is called, and several; `filters` narrow their list to them. `tone` as of a Card."""

    rows: QuerySet[Any]
    one: str
    several: str
    tone: str
    hint: str = ""
    filters: Mapping[str, object] = field(default_factory=dict)


def cards_of(waits: Sequence[Wait]) -> Iterator[Card]:
    for wait, count in zip(waits, _counted([wait.rows for wait in waits]), strict=True):
        url = list_url(wait.rows.model, **wait.filters)
        what = wait.one if count == 1 else wait.several
        yield Card(min(count, MOST), what, url, wait.tone, wait.hint, more=count > MOST)


def _counted(every: Sequence[QuerySet[Any]]) -> Sequence[int]:
    """How many rows each has, up to one more than MOST."""
    if not every:
        return ()
    bounded = [rows.order_by().values("pk")[: MOST + 1].query.sql_with_params() for rows in every]
    counts = ", ".join(f"(SELECT count(*) FROM ({sql}) AS counted)" for sql, _ in bounded)  # noqa: S608  Django's own
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}", [value for _, values in bounded for value in values])
        return tuple(cursor.fetchone())
