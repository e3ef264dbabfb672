"""Changes of position, and how long documents are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import AccountGroup
from prospecting.models import Company, PositionChange, Prospect
from scans.demo.world import World
from scans.enums import SignalType
from scans.models import SourceState, StoredDocument
from scans.sources import job_change, storing
from tests.scans.sources.conftest import Look

NEWS = [SignalType.COMPANY_NEWS]


def test_a_change_of_position_is_told_with_what_it_was(group: AccountGroup) -> None:
    ada = Prospect.objects.create(group=group, name="Ada L.", linkedin_url="https://linkedin.example/in/ada")
    told = {"title": "CTO", "company": "Acme", "previous_title": "Engineer", "previous_company": "Birch"}
    change = PositionChange.objects.create(group=group, prospect=ada, origin="import", **told)
    change.refresh_from_db()
    (found,) = job_change.collect(group, [ada.pk], None)[ada.pk]
    assert (found.type, found.title) == ("job_change", "Ada L.: CTO at Acme")
    assert found.text == "Ada L. is now CTO at Acme; before: Engineer at Birch."
    assert found.extra == {"previousTitle": "Engineer", "previousCompany": "Birch"}
    assert found.posted_at == change.seen_at


def test_changes_of_others_and_older_ones_are_left_out(group: AccountGroup) -> None:
    other = AccountGroup.objects.create(name="Other")
    ada, eve = (Prospect.objects.create(group=each, name="P") for each in (group, other))
    for days, prospect in ((1, ada), (9, ada), (1, eve)):
        seen = datetime.now(UTC) - timedelta(days=days)
        PositionChange.objects.create(group=prospect.group, prospect=prospect, title=f"T{days}", seen_at=seen)
    since = datetime.now(UTC) - timedelta(days=5)
    found = job_change.collect(group, [ada.pk, eve.pk], since)
    assert {key: [each.title for each in changes] for key, changes in found.items()} == {ada.pk: ["P: T1"]}


def test_documents_no_source_shows_are_forgotten_after_their_days(
    company: Callable[..., Company], look: Look, world: World
) -> None:
    known = company(0)
    look(known, types=NEWS)
    long_ago = datetime.now(UTC) - timedelta(days=500)
    gone = StoredDocument.objects.first()
    StoredDocument.objects.filter(pk=gone.pk).update(last_seen_at=long_ago, posted_at=long_ago)
    assert storing.forget_old(400) == 1
    assert StoredDocument.objects.count() == 2
    assert SourceState.objects.get().etag == ""  # read whole again: it may still be shown
    assert len(look(known, types=NEWS)["c0"].documents) == 3


def test_sources_nobody_asks_for_are_forgotten(company: Callable[..., Company], look: Look) -> None:
    look(company(0), types=NEWS)
    SourceState.objects.update(asked_at=datetime.now(UTC) - timedelta(days=500))
    storing.forget_old(400)
    assert not SourceState.objects.exists()
    assert not StoredDocument.objects.exists()


def test_a_source_keeps_so_many_documents(
    company: Callable[..., Company], look: Look, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "KEPT", 4)
    known = company(0)
    for number in range(4):
        world.companies["c0"].news = world.companies["c0"].news[:2]
        world.companies["c0"].publish(f"News {number}", "<p>Text</p>", datetime.now(UTC))
        look(known, types=NEWS)
    titles = {document.title for document in look(known, types=NEWS)["c0"].documents}
    assert len(titles) == 4
    assert "News 3" in titles


def test_a_document_that_is_edited_is_the_same_one(
    company: Callable[..., Company], look: Look, world: World, settings: Any
) -> None:
    known = company(0)
    first = {each.key: each for each in look(known, types=NEWS)["c0"].documents}
    edited = world.companies["c0"].news[0]
    edited.html, edited.posted = "<p>Corrected.</p>", datetime.now(UTC)
    second = {each.key: each for each in look(known, types=NEWS)["c0"].documents}
    (changed,) = [each for key, each in second.items() if each != first[key]]
    assert changed.text == "Corrected."
    assert changed.posted_at == first[changed.key].posted_at


def test_a_document_without_a_time_is_as_old_as_our_knowledge_of_it(
    company: Callable[..., Company], look: Look, world: World
) -> None:
    for news in world.companies["c0"].news:
        news.posted = None
    known = company(0)
    before = datetime.now(UTC)
    first = look(known, types=NEWS)["c0"].documents
    world.companies["c0"].publish("Another", "<p>Text</p>", None)
    again = {each.key: each.posted_at for each in look(known, types=NEWS)["c0"].documents}
    assert all(each.posted_at and each.posted_at >= before for each in first)
    assert all(again[each.key] == each.posted_at for each in first)
