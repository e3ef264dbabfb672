"""Every page of every model: who sees it, and that lists cost the same however long they are."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from accounts.models import User
from compliance.actions.schedules import run_now
from jobs.models import JobEvent
from tests.compliance import factories
from tests.compliance.schedule_rows import by, schedule

PAGES: dict[str, Callable[[Any], Any]] = {
    "compliance_audit": factories.audit,
    "compliance_case": factories.case,
    "compliance_dryrun": factories.dry_run,
    "compliance_compliancescan": lambda group: factories.completed(group, requested_by_user=User.objects.first()),
    "compliance_violation": lambda group: factories.completed(group).violations.get(),
    "compliance_upload": lambda group: factories.upload(group, created_by_user=User.objects.first()),
    "compliance_export": lambda group: factories.export(factories.completed(group)),
    "compliance_policy": factories.policy,
    "compliance_policyversion": lambda group: factories.policy(group).current(),
    "compliance_source": factories.source,
    "compliance_sourceimport": factories.source_import,
    "compliance_schedule": schedule,
    "compliance_schedulerun": lambda group: run_now(schedule=(made := schedule(group)), by=by(made)),
    "jobs_jobevent": lambda group: (factories.scan(group), JobEvent.objects.latest("id"))[1],
}
EDITED = {"compliance_audit", "compliance_policy", "compliance_schedule"}  # by staff, on their own pages
every_page = pytest.mark.parametrize("name", PAGES)
PEOPLE_OF_ACME = ("administrator", "colleague", "reader")


def list_of(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


def page_of(name: str, row: Any) -> str:
    return reverse(f"admin:{name}_change", args=[row.pk])


def queries(client: Any, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@every_page
@pytest.mark.parametrize("person", PEOPLE_OF_ACME)
def test_members_and_the_administrator_see_list_and_page(cast: SimpleNamespace, name: str, person: str) -> None:
    row = PAGES[name](cast.acme)
    client = getattr(cast, person)
    assert page_of(name, row) in client.get(list_of(name)).content.decode()
    assert client.get(page_of(name, row)).status_code == 200


@every_page
def test_the_stranger_sees_neither_row_nor_page(cast: SimpleNamespace, name: str) -> None:
    foreign, own = PAGES[name](cast.acme), PAGES[name](cast.neighbour)
    listed = cast.stranger.get(list_of(name)).content.decode()
    assert page_of(name, own) in listed
    assert page_of(name, foreign) not in listed
    answer = cast.stranger.get(page_of(name, foreign))
    assert (answer.status_code, answer.url) == (302, reverse("admin:index"))


@every_page
def test_filters_offer_the_stranger_no_foreign_choices(cast: SimpleNamespace, name: str) -> None:
    for group in (cast.acme, cast.neighbour):
        PAGES[name](group)
    assert "Acme" not in cast.stranger.get(list_of(name)).content.decode()


@every_page
def test_a_member_with_another_role_sees_nothing(cast: SimpleNamespace, name: str, client: Any) -> None:
    row = PAGES[name](cast.acme)
    client.force_login(factories.staff("visitor", cast.acme, role=Role.PROSPECTING_OPERATOR))
    assert page_of(name, row) not in client.get(list_of(name)).content.decode()
    assert client.get(page_of(name, row)).status_code in (302, 403)


@every_page
@pytest.mark.parametrize("person", ["administrator", "colleague"])
def test_a_list_of_30_costs_as_many_queries_as_a_list_of_1(cast: SimpleNamespace, name: str, person: str) -> None:
    client = getattr(cast, person)

    PAGES[name](cast.acme)
    before = queries(client, list_of(name))
    for _ in range(29):
        PAGES[name](cast.acme)
    after = queries(client, list_of(name))
    assert len(before) == len(after), "\n".join(after)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("compliance_compliancescan", "rule_results"),
        ("compliance_compliancescan", "sample_rows"),
        ("compliance_violation", "sample"),
        ("compliance_upload", "profile"),
        ("compliance_policyversion", "rules"),
    ],
)
def test_a_list_leaves_big_columns_alone(cast: SimpleNamespace, name: str, column: str) -> None:
    PAGES[name](cast.acme)
    assert f'."{column}"' not in " ".join(queries(cast.administrator, list_of(name)))


@every_page
def test_nothing_of_a_page_is_inline_or_from_another_host(cast: SimpleNamespace, name: str) -> None:
    row = PAGES[name](cast.acme)
    for address in (list_of(name), page_of(name, row)):
        content = cast.administrator.get(address).content.decode()
        assert "<style" not in content
        assert " style=" not in content
        assert "<script>" not in content
        assert " onclick=" not in content
        assert 'src="http' not in content


@every_page
def test_a_row_is_deleted_by_nobody(cast: SimpleNamespace, name: str) -> None:
    row = PAGES[name](cast.acme)
    answer = cast.administrator.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"})
    assert answer.status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("name", sorted(set(PAGES) - EDITED))
def test_what_a_worker_or_an_action_owns_is_changed_by_nobody(cast: SimpleNamespace, name: str) -> None:
    row = PAGES[name](cast.acme)
    assert cast.administrator.post(page_of(name, row), {"status": "failed"}).status_code == 403


def test_autocomplete_offers_only_what_is_seen(cast: SimpleNamespace) -> None:
    for group in (cast.acme, cast.neighbour):
        factories.policy(group, name=f"Policy of {group}")
    source = {"app_label": "compliance", "model_name": "compliancescan", "field_name": "policy"}
    found = cast.stranger.get(reverse("admin:autocomplete"), source).json()["results"]
    assert [choice["text"] for choice in found] == ["Policy of Neighbour"]


def test_a_list_counts_no_further_than_it_must(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.staff.CappedPaginator.most", 3)
    for _ in range(9):
        factories.policy(cast.acme)
    answer = cast.administrator.get(list_of("compliance_policy"))
    assert answer.context["cl"].result_count == 4
    assert "There are more than 3" in answer.content.decode()
