"""`field__any_of=values`: as `in`, with all values as one parameter, so that thousands cost as little as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import CharField, Lookup


def text_array(values: Iterable[str | None]) -> str:
    """The values as PostgreSQL reads them from `%s::text[]`; psycopg needs 15 times as long for a list of JSON."""
    return "{" + ",".join(["NULL" if each is None else f'"{_escaped(each)}"' for each in values]) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@CharField.register_lookup
class AnyOf(Lookup):
    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::text[])", (*parameters, text_array(self.rhs))
