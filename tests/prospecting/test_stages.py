"""The stages of a job, over any course it may take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.enums import FINAL, LIVE, Status
from prospecting.checkpoint import Checkpoint
from prospecting.stages import Counts, Stage, Stages

OVER = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}
STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=20)


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[Status, Checkpoint, int | None]]:
    """The states of a job as its batches move it: any steps, lost workers in between, any end at any point.

    A job knows its total from the start, or (a provider's) only the most it may be.
    """
    imports, enriches = draw(STEPS), draw(STEPS)
    given_ = sum(map(sum, imports))
    most = given_ + draw(st.integers(0, 5))
    known = draw(st.booleans())
    place = Checkpoint(import_total=given_ if known else None)
    course = [(Status.QUEUED, place)]

    def stand() -> None:
        course.append((Status.RUNNING, place))
        if draw(st.integers(0, 9)) == 0:
            course.extend([(Status.QUEUED, place), (Status.RUNNING, place)])

    stand()
    for done, failed, skipped in imports:
        place = place.imported(done=done, failed=failed, skipped=skipped)
        stand()
    place = place.moved(import_total=given_, enrichment_total=sum(map(sum, enriches)))
    stand()
    for done, failed, skipped in enriches:
        place = place.enriched(done=done, failed=failed, skipped=skipped)
        stand()
    course.append((Status.COMPLETED, place))
    cut = draw(st.integers(1, len(course)))
    if cut < len(course):
        course = [*course[:cut], (draw(st.sampled_from([Status.FAILED, Status.CANCELLED])), course[cut - 1][1])]
    return [(status, at, None if known else most) for status, at in course]


def stages_of(status: Status, place: Checkpoint, most: int | None) -> Stages:
    return Stages.of(status, replace(place.import_counts, expected=most), place.enrichment_counts)


@given(courses())
def test_no_progress_ever_goes_back(course: list[Any]) -> None:
    seen = [stages_of(*state) for state in course]
    for before, after in zip(seen, seen[1:], strict=False):
        assert before.import_.progress <= after.import_.progress
        assert before.enrichment.progress <= after.enrichment.progress
        assert before.progress <= after.progress


@given(courses())
def test_progress_is_1_exactly_when_a_stage_is_completed(course: list[Any]) -> None:
    for state in course:
        stages = stages_of(*state)
        for stage in (stages.import_, stages.enrichment):
            assert 0 <= stage.progress <= 1
            assert (stage.progress == 1) == (stage.status == Status.COMPLETED)


@given(courses())
def test_no_stage_is_queued_or_running_once_the_job_is_over_nor_over_before_its_turn(course: list[Any]) -> None:
    for status, place, most in course:
        stages = stages_of(status, place, most)
        words = {stages.import_.status, stages.enrichment.status}
        if status in FINAL:
            assert words <= OVER
            assert status in words
        else:
            assert stages.enrichment.status in LIVE
            assert stages.enrichment.status == Status.QUEUED or stages.import_.status == Status.COMPLETED
        assert (words == {Status.COMPLETED}) == (status == Status.COMPLETED)


@given(courses())
def test_what_partners_see_and_what_is_spent_follow_from_the_checkpoint_as_it_was_kept(course: list[Any]) -> None:
    for status, place, most in course:
        assert Checkpoint.read(place.kept()) == place
        columns = place.public(expected=most)
        assert columns["credits_spent"] == columns["import_done"] + columns["emails_found"]
        if status == Status.RUNNING:
            assert columns["progress"] == stages_of(status, place, most).progress


@pytest.mark.parametrize(
    ("status", "enriching", "words"),
    [
        (Status.QUEUED, False, ("queued", "queued")),
        (Status.RUNNING, False, ("running", "queued")),
        (Status.RUNNING, True, ("completed", "running")),
        (Status.QUEUED, True, ("completed", "queued")),
        (Status.FAILED, False, ("failed", "cancelled")),
        (Status.FAILED, True, ("completed", "failed")),
        (Status.CANCELLED, False, ("cancelled", "cancelled")),
        (Status.CANCELLED, True, ("completed", "cancelled")),
        (Status.COMPLETED, True, ("completed", "completed")),
    ],
)
def test_the_words_of_the_stages(status: Status, enriching: bool, words: tuple[str, str]) -> None:
    stages = Stages.of(status, Counts(5, 5), Counts(5 if enriching else None))
    assert (stages.import_.status, stages.enrichment.status) == words


def test_a_stage_that_consumed_everything_and_failed_all_the_same_is_not_at_1() -> None:
    assert Stage(Status.FAILED, Counts(3, 3)).progress == 0.9999
    assert Stage(Status.RUNNING, Counts(3, 1)).progress == 0.3333
    assert Stage(Status.RUNNING, Counts(0)).progress == 0
    assert Stage(Status.RUNNING, Counts(None, 25, expected=100)).progress == 0.25
