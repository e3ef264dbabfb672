"""The counts of a scan, for every mixture of states its companies and prospects can be in."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccountGroup
from scans.enums import SubjectState
from scans.models import ScanCompany, ScanProspect
from scans.queries import tally
from tests.scans import factories

pytestmark = pytest.mark.django_db

states = st.sampled_from(SubjectState.values)
# Of each company its state, and the states of those who work there; the last ones work nowhere.
mixtures = st.tuples(
    st.lists(st.tuples(states, st.lists(states, min_size=1, max_size=3)), max_size=3), st.lists(states, max_size=3)
)
COUNTS = ("kept", "duplicate", "below_score", "stale", "excluded")


@pytest.fixture
def group() -> AccountGroup:
    return factories.group()


def outcome(*sources: str) -> str:
    """What becomes of a prospect with these sources, as sources.md says it."""
    if "waiting" in sources:
        return "remaining"
    looked_at = [state for state in sources if state != "no_source"]
    return "failed" if looked_at and set(looked_at) == {"failed"} else "evaluated"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixture=mixtures, found=st.integers(0, 5))
def test_each_prospect_is_counted_once_as_its_sources_went(
    mixture: tuple[list[tuple[str, list[str]]], list[str]], found: int, group: AccountGroup
) -> None:
    companies, alone = mixture
    scan = factories.scan(group, prospects=[])
    expected = [outcome(own) for own in alone]
    rows = [ScanProspect(scan=scan, prospect=factories.prospect(group), state=own) for own in alone]
    evaluated = 0
    for state, staff in companies:
        company = factories.company(group)
        counts = dict.fromkeys(COUNTS, found) if state == "evaluated" else {}
        evaluated += state == "evaluated"
        ScanCompany.objects.create(scan=scan, company=company, state=state, **counts)
        expected += [outcome(state, own) for own in staff]
        rows += [
            ScanProspect(scan=scan, prospect=factories.prospect(group), company=company, state=own) for own in staff
        ]  # fmt: skip
    ScanProspect.objects.bulk_create(rows)
    counted = tally(scan.pk)
    assert (counted.evaluated, counted.failed) == (expected.count("evaluated"), expected.count("failed"))
    assert len(rows) - counted.evaluated - counted.failed == expected.count("remaining")
    assert [getattr(counted, name) for name in COUNTS] == [found * evaluated] * 5
    assert 0 <= counted.done <= counted.subjects
