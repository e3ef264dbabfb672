"""How facts that pages of several apps show are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from accounts.models import ApiKey, User


@dataclass(frozen=True)
class Table:
    """A table below the fields of a row's page; `numbers` are the places of columns that hold numbers."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str
    numbers: frozenset[int] = frozenset()
    note: object = ""  # below the title: a help text, or a link to all of the rows

    @property
    def id(self) -> str:
        return slugify(self.title)

    @property
    def columns(self) -> list[tuple[str, bool]]:
        return [(head, place in self.numbers) for place, head in enumerate(self.heads)]

    @property
    def lines(self) -> list[list[tuple[object, bool]]]:
        return [[(cell, place in self.numbers) for place, cell in enumerate(row)] for row in self.rows]


def asked_by(key: ApiKey | None, user: User | None) -> str:
    """Who is behind a row: a member of staff, a partner's key, or a command of the operator."""
    return user.get_username() if user else f"key {key.name}" if key else "-"


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """{actor: what people call it}, of actors as the audit log names them: key:<id>, user:<name>, command:<name>."""
    wanted = set(actors)
    keys = ApiKey.objects.filter(pk__in=[name.removeprefix("key:") for name in wanted if name.startswith("key:")])
    known = {f"key:{pk}": f"key {name}" for pk, name in keys.values_list("pk", "name")}
    return {name: known.get(name, name.removeprefix("user:").replace("command:", "command ", 1)) for name in wanted}


def pairs(facts: Mapping[str, object], between: str = ": ") -> str:
    return ", ".join(f"{name}{between}{value}" for name, value in facts.items()) or "-"


def preformatted(text: str) -> SafeString:
    return format_html('<pre class="text">{}</pre>', text)


def outside(address: object, text: str = "") -> object:
    """A link out of this site, for addresses of the web only: what a source wrote there may be anything."""
    address = str(address or "")
    if not address.startswith(("https://", "http://")):
        return address or "-"
    shown = text or (address if len(address) <= 80 else f"{address[:79]}…")
    return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', address, shown)
