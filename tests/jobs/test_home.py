"""The oldest job that waits for a worker, of all the kinds one sees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.enums import Role
from accounts.models import AccountGroup
from compliance.models import ComplianceScan
from prospecting.models import ProspectingJob
from tests.compliance import factories
from tests.homes import figures, home_of
from tests.prospecting.admin import test_pages as prospecting
from tests.staff_cast import sent as sent

pytestmark = pytest.mark.django_db
NAME = "Oldest queued job"


def browser(of: AccountGroup, role: Role) -> Client:
    client = Client()
    client.force_login(factories.staff(role, of, role=role))
    return client


def test_the_oldest_of_the_kinds_one_sees_is_named() -> None:
    acme = factories.group("Acme")
    administrator, operator = browser(acme, Role.ADMINISTRATOR), browser(acme, Role.PROSPECTING_OPERATOR)
    assert figures(administrator)[NAME] == "none"
    ComplianceScan.objects.filter(pk=factories.scan(acme).pk).update(created_at=Now() - timedelta(hours=5))
    assert figures(operator)[NAME] == "none"
    ProspectingJob.objects.filter(pk=prospecting.job(acme).pk).update(created_at=Now() - timedelta(hours=2))
    foreign = prospecting.job(factories.group("Neighbour"))
    ProspectingJob.objects.filter(pk=foreign.pk).update(created_at=Now() - timedelta(days=9))
    for client, hours, model in ((administrator, 5, "compliancescan"), (operator, 2, "prospectingjob")):
        (figure,) = [each for each in home_of(client).figures if each.name == NAME]
        assert figure.value == f"{hours}\xa0hours"
        assert f"/{model}/" in figure.url
        assert client.get(figure.url).context["cl"].result_count == 1
