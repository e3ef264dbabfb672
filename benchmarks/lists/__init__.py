"""Server time of every list, search and big page of the staff site and of both APIs, on a database of two years."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import system
from benchmarks.lists.measuring import RUNS, Page, measured

TITLE = "Lists with much data"
BAR = 300  # ms
SHOWN = 25


def section(folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now. A database that DATABASE_URL names (with REDIS_URL) is filled and
    kept, or used as it was filled before; seeding takes 6 to 10 minutes and 8 GB.
    """
    with ExitStack() as stack:
        system.prepared(stack, folder)
        from accounts.models import AccountGroup
        from benchmarks.lists.seeding import seed

        if not AccountGroup.objects.exists():
            seed()
        return table(list(everything()))


def everything() -> Iterator[Page]:
    from django.test import Client

    from accounts.actions import issue_key
    from accounts.audit import Actor
    from accounts.enums import Permission
    from accounts.models import AccountGroup, User
    from benchmarks.lists import addresses
    from benchmarks.lists.seeding import BIG_GROUP

    group = AccountGroup.objects.get(name=BIG_GROUP)
    for name in ("root", "ann"):
        client: Any = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username=name))
        yield from (measured(client, name, address) for address in addresses.lists(client))
        yield from (measured(client, name, address) for address in addresses.pages(group.pk))
    actor = Actor("command:bench")
    key = issue_key(groups=[group], permissions=list(Permission.values), name="bench", actor=actor)[1]
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {key}"})
    yield from (measured(client, "key", address) for address in addresses.rest(group))


def table(pages: list[Page]) -> str:
    slowest = sorted(pages, key=lambda page: -page.ms)
    over = sum(page.ms > BAR for page in pages)
    lines = [
        "3 million violations in a million scans, 500,000 prospects at 50,000 companies, as many signals, a million",
        "findings, 20 account groups of which one has half of everything. In this process through the real middleware,",
        f"median of {RUNS} requests after one that does not count; `root` is a superuser, `ann` a member of the big group,",
        f"`key` a partner. {len(pages):,} pages: median {statistics.median(page.ms for page in pages):,.0f} ms,",
        f"{over:,} over {BAR} ms. The slowest:", "",
        "| page | who | ms | of it in the database | statements |", "|---|---|---|---|---|",
        *(
            f"| `{short(page.address)}` | {page.who} | {page.ms:,.0f} | {page.sql_ms:,.0f} | {page.statements} |"
            for page in slowest[:SHOWN]
        ),
    ]  # fmt: skip
    return "\n".join(lines)


def short(address: str) -> str:
    """Without the ids, which the next run has others of."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{24}|cursor=[^&]+", "…", address)
