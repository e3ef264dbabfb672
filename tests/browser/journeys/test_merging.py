"""Journey: two prospects who are one are merged side by side."""

from __future__ import annotations

import pytest

from accounts.enums import Role
from prospecting.models import AudienceMember, MergeCandidate, Prospect
from tests.browser.journeys.conftest import Enter
from tests.prospecting.admin.test_merging import pair_of
from tests.scans import factories

pytestmark = pytest.mark.system


def test_two_become_one_and_all_that_pointed_at_the_other_points_at_it(enter: Enter) -> None:
    person = enter(Role.PROSPECTING_OPERATOR)
    pair = pair_of(
        person.group, {"name": "Jon Smith", "title": "CEO"}, {"name": "John Smith", "title": "Chair", "phone": "+431"}
    )
    goes, stays = sorted((pair.prospect, pair.other), key=lambda each: each.created_at)
    audience = factories.audience(person.group, goes)
    signal = factories.signal(factories.scan(person.group, prospects=[goes]), goes, "post")
    person.visitor.open("/admin/")
    person.follow("1 pair waits in the merge queue")
    person.first_of_list()
    person.reads("Similar names at one company")
    person.put("the newer: this one stays", True)
    person.press("Merge")
    person.reads("Merged: ")
    person.follow("John Smith")
    person.reads("Chair")
    assert list(Prospect.objects.filter(group=person.group)) == [stays]
    assert not MergeCandidate.objects.filter(group=person.group).exists()
    assert AudienceMember.objects.get(audience=audience).prospect == stays
    signal.refresh_from_db()
    assert signal.prospect == stays
