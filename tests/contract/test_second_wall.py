"""With the filters of our own queries taken away, PostgreSQL's row-level security still keeps account groups apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from accounts.queries import GroupQuerySet
from compliance import queries as compliance
from jobs import queries as jobs
from scans import queries as scans
from tests.contract import test_routes, v1_calls
from tests.contract.calls import Call, send, without_ids
from tests.contract.standing import standing
from web.compiled import Compiled

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db", "sandbox_provider")]

CALLS: Mapping[str, Callable[..., Call]] = {**test_routes.CALLS, **v1_calls.CALLS}


def _querysets() -> list[type[Any]]:
    modules = (compliance, jobs, scans)
    of_ours = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    return [kind for kind in {GroupQuerySet, *of_ours} if "for_group" in vars(kind)]


@pytest.fixture
def no_first_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in _querysets():
        monkeypatch.setattr(kind, "for_group", lambda self, group: self.all())
    monkeypatch.setattr(Compiled, "rows", lambda self, **values: list(self.query(**values)))  # nor those written before


@pytest.mark.usefixtures("no_first_wall")
@pytest.mark.parametrize("route", sorted(CALLS))
def test_a_stranger_learns_and_changes_nothing_all_the_same(route: str) -> None:
    of = v1_calls.Owner if route in v1_calls.CALLS else test_routes.Owner
    owner, stranger = of(), of()
    method, call = route.split()[0], CALLS[route](owner)
    call = Call(
        call.path.replace(owner.group.pk, stranger.group.pk), call.body, call.content_type, call.named, call.shown
    )
    before = standing(owner.group)
    answer = send(method, call, stranger.key())
    if call.named:
        unknown = send(method, call.with_unknown_ids(), stranger.key())
        assert answer.status_code in (400, 404)
        assert without_ids(answer) == without_ids(unknown)
    assert [shown for shown in call.shown if shown in answer.content.decode()] == []
    assert standing(owner.group) == before
