"""Every list of the staff site asks the database as often for 50 rows as for one, also when it is searched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.actions import issue_key
from accounts.enums import Role
from accounts.models import AccountGroup, AuditEntry, CreditAccount, CreditEntry
from compliance.models import GroupSettings
from prospecting.models import ProspectingSettings
from tests.compliance import factories
from tests.compliance.admin import test_pages as compliance
from tests.prospecting.admin import test_pages as prospecting
from tests.staff_cast import sent as sent
from web.identifiers import new_object_id

ROWS = 50


def of_new_group(model: type[Model]) -> Callable[[AccountGroup], Any]:
    """Of what an account group has but one, each row is another group's."""
    return lambda _: model._default_manager.get_or_create(group=factories.group(new_object_id()))


def task(_: AccountGroup) -> PeriodicTask:
    every, _made = IntervalSchedule.objects.get_or_create(every=1, period="minutes")
    return PeriodicTask.objects.create(name=new_object_id(), task="jobs.tasks.sweep", interval=every)


MAKERS: dict[str, Callable[[AccountGroup], Any]] = {
    **prospecting.PAGES,
    **compliance.PAGES,
    "accounts_accountgroup": lambda _: factories.group(new_object_id()),
    "accounts_apikey": lambda of: issue_key(groups=[of], permissions=[], name="a key", actor=factories.ACTOR),
    "accounts_auditentry": lambda _: factories.group(new_object_id()),  # making it is an entry
    "accounts_creditaccount": of_new_group(CreditAccount),
    "accounts_creditentry": lambda of: CreditEntry.objects.create(
        group=of, kind="granted", available=1, reserved=0, by="user:ann"
    ),
    "accounts_membership": lambda of: factories.staff(new_object_id(), of, role=Role.AUDITOR),
    "accounts_user": lambda _: factories.staff(new_object_id()),
    "compliance_groupsettings": of_new_group(GroupSettings),
    "compliance_referencelist": lambda of: factories.reference_list(of, name=new_object_id()),
    "compliance_waiver": factories.waiver,
    "django_celery_beat_periodictask": task,
    "prospecting_prospectingsettings": of_new_group(ProspectingSettings),
}
NAMES = sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)


def statements(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_list_of_50_costs_as_many_queries_as_a_list_of_1(name: str, client: Client) -> None:
    acme, address = factories.group("Acme"), reverse(f"admin:{name}_changelist")
    client.force_login(factories.staff("root", superuser=True))
    asked = (address, f"{address}?q=a")
    MAKERS[name](acme)
    client.get(address)  # what is remembered from then on
    few = [statements(client, each) for each in asked]
    for _ in range(ROWS - 1):
        MAKERS[name](acme)
    for before, address_asked in zip(few, asked, strict=True):
        after = statements(client, address_asked)
        assert len(before) == len(after) <= 12, "\n".join(after)


def test_the_audit_log_has_a_row_for_each_group_made(db: None) -> None:
    MAKERS["accounts_auditentry"](factories.group())
    assert AuditEntry.objects.count() == 2
