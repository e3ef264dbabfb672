"""What an import says takes the place of what enrichment concluded, and is no news of a person's position."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from prospecting.models import PositionChange
from tests.prospecting.enrichment.desk import Desk
from tests.prospecting.importing.people import bring, make_job

pytestmark = pytest.mark.django_db


def test_what_was_concluded_gives_way_to_what_is_said() -> None:
    desk = Desk()
    anna = desk.prospect(email="anna@acme.com", name="Anna Schmidt", title="CTO", location="Berlin, Germany")
    desk.enrich(anna)
    assert (anna.country, anna.last_name) == ("DE", "Schmidt")
    row = {"email": "anna@acme.com", "country": "Austria", "firstName": "Annie", "companyName": "Acme Rockets"}
    bring(desk.group, [row], job=make_job(desk.group, created_at=timezone.now() + timedelta(minutes=1)))
    anna.refresh_from_db()
    assert anna.company is not None
    assert (anna.country, anna.first_name, anna.company.name) == ("AT", "Annie", "Acme Rockets")
    assert anna.provenance["country"]["origin"] == "import"
    assert not PositionChange.objects.exists()
    desk.begin()
    desk.enrich(anna)
    assert (anna.country, anna.first_name) == ("AT", "Annie")
