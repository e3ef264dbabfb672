"""Going through a list of violations one by one, as it was filtered and sorted."""

from __future__ import annotations

import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from compliance.admin.queue import FILTERS
from compliance.models import ComplianceScan, Violation
from tests.compliance import factories
from tests.compliance.admin.test_violations import LIST, decide, page, said
from tests.compliance.desk import CONFIG

COLUMNS = {"rule": 1, "severity": 2, "account": 3, "amount": 4, "findings": 5, "decision": 6}


@pytest.fixture
def scan(cast: SimpleNamespace) -> ComplianceScan:
    made = factories.completed(cast.acme, accounts=["A1", "A2", "A3", "A4", "A5"])
    about = {
        "A1": ("LOW", 30, 1, "pending"), "A2": ("CRITICAL", None, 7, "pending"), "A3": ("HIGH", 10, 1, "approved"),
        "A4": ("CRITICAL", 20, 2, "pending"), "A5": ("MEDIUM", 20, 2, "pending"),
    }  # fmt: skip
    for account, (severity, amount, findings, status) in about.items():
        decided = {} if status == "pending" else {"status": status, "reviewed_at": made.created_at, "reviewed_by": "x"}
        made.violations.filter(account=account).update(
            severity=severity, amount=amount, finding_count=findings, **decided
        )  # fmt: skip
    return made


def listed(client: Any, query: str) -> list[Violation]:
    return list(client.get(f"{reverse(LIST)}?{query}").context["cl"].result_list)


def addresses(client: Any, violation: Violation, query: str) -> dict[str, str]:
    """{key: where it leads} on the page of the violation as reached from the list."""
    links = re.findall(r'href="([^"]*)" aria-keyshortcuts="(\w)"', client.get(at(violation, query)).content.decode())
    return {key: address.replace("&amp;", "&") for address, key in links}


def at(violation: Violation, query: str) -> str:
    """As the list links it."""
    return f"{page(violation)}?{urlencode({FILTERS: query})}"


ORDERS = ["", *(f"o={sign}{number}" for number in COLUMNS.values() for sign in ("", "-")), "o=-2.3", "o=5.-4"]


@pytest.mark.parametrize("order", ORDERS)
def test_next_and_previous_walk_the_list_in_its_order(cast: SimpleNamespace, scan: Any, order: str) -> None:
    query = f"scan__id__exact={scan.pk}&{order}".rstrip("&")
    rows = listed(cast.colleague, query)
    assert len(rows) == 5
    walked, violation = [], rows[0]
    for _ in rows:
        walked.append(violation.account)
        links = addresses(cast.colleague, violation, query)
        if "j" in links:
            violation = Violation.objects.get(pk=links["j"].split("/violation/")[1].split("/")[0])
    assert walked == [row.account for row in rows]
    back = addresses(cast.colleague, rows[1], query)["k"]
    assert str(rows[0].pk) in back


def test_severity_is_sorted_by_weight_not_by_letter(cast: SimpleNamespace, scan: Any) -> None:
    rows = listed(cast.colleague, f"scan__id__exact={scan.pk}&o=-2.3")
    assert [row.severity for row in rows] == ["CRITICAL", "CRITICAL", "HIGH", "MEDIUM", "LOW"]


def test_filters_stay_on_the_way(cast: SimpleNamespace, scan: Any) -> None:
    query = f"scan__id__exact={scan.pk}&severity__exact=CRITICAL"
    first, second = listed(cast.reader, query)
    links = addresses(cast.reader, first, query)
    assert str(second.pk) in links["j"]
    assert list(addresses(cast.reader, second, query)) == ["k"]
    content = cast.reader.get(at(first, query)).content.decode()
    assert "2 in this list" in content
    assert f'href="{reverse(LIST)}?{query.replace("&", "&amp;")}"' in content


def test_a_decision_leads_to_the_next_pending_one_of_the_same_list(cast: SimpleNamespace, scan: Any) -> None:
    query = f"scan__id__exact={scan.pk}&status__exact=pending&o=-2.3"
    rows = listed(cast.colleague, query)
    assert [row.account for row in rows] == ["A2", "A4", "A5", "A1"]
    answer = decide(cast.colleague, rows[0], queue=query)
    assert str(rows[1].pk) in answer.url
    followed = cast.colleague.get(answer.url)
    assert "3 in this list" in followed.content.decode()
    assert "Score 99.00 →" in followed.content.decode()
    assert "status__exact" in answer.url
    # From the last one there is no next: back to the list.
    answer = decide(cast.colleague, rows[3], queue=query)
    assert answer.url == f"{reverse(LIST)}?{query}"
    assert "That was the last one of this list" in said(answer)
    assert [row.account for row in listed(cast.colleague, query)] == ["A4", "A5"]


def test_a_refused_decision_stays_where_it_is(cast: SimpleNamespace, scan: Any) -> None:
    query = f"scan__id__exact={scan.pk}&status__exact=pending"
    seen = listed(cast.colleague, query)[0]
    decide(cast.administrator, seen, status="disputed")
    answer = decide(cast.colleague, seen, queue=query)
    assert answer.url.startswith(page(seen))
    assert "status__exact" in answer.url


def test_without_a_list_the_queue_is_the_scan(cast: SimpleNamespace, scan: Any) -> None:
    factories.completed(cast.acme, accounts=["B1"])
    violation = listed(cast.colleague, f"scan__id__exact={scan.pk}")[0]  # the last one would have no next
    content = cast.reader.get(page(violation)).content.decode()
    assert "5 in this list" in content
    answer = decide(cast.colleague, violation)
    assert Violation.objects.get(pk=answer.url.split("/violation/")[1].split("/")[0]).scan == scan


@pytest.mark.parametrize("query", ["nonsense__exact=1", "scan__id__exact=nonsense"])
def test_a_list_that_is_none_is_walked_by_nobody(cast: SimpleNamespace, scan: Any, query: str) -> None:
    answer = cast.reader.get(at(scan.violations.first(), query))
    assert answer.status_code in (200, 400)
    assert 'aria-keyshortcuts="j"' not in answer.content.decode()


def test_the_page_one_was_on_does_not_matter(cast: SimpleNamespace, scan: Any) -> None:
    query = f"scan__id__exact={scan.pk}&p=7"
    assert "5 in this list" in cast.reader.get(at(scan.violations.first(), query)).content.decode()


def test_a_queue_holds_nothing_of_other_groups(cast: SimpleNamespace, scan: Any) -> None:
    factories.completed(cast.neighbour, accounts=["A1", "A2"])
    violation = scan.violations.get(account="A1")
    content = cast.reader.get(at(violation, "account=A1")).content.decode()
    assert "1 in this list" in content


def test_a_long_queue_is_counted_no_further_than_lists_are(
    cast: SimpleNamespace, scan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.staff.CappedPaginator.most", 3)
    assert "3+ in this list" in cast.reader.get(page(scan.violations.first())).content.decode()


def test_a_step_costs_the_same_in_a_long_queue(cast: SimpleNamespace) -> None:
    counted = []
    for size in (3, 60):
        made = factories.completed(cast.acme, accounts=[f"A{number:03}" for number in range(size)])
        address = at(made.violations.get(account="A001"), f"scan__id__exact={made.pk}&o=3")
        cast.reader.get(address)  # what a process asks only once
        with CaptureQueriesContext(connection) as captured:
            cast.reader.get(address)
        counted.append(len(captured))
    assert counted[0] == counted[1]
    assert counted[0] <= 25


def test_columns_of_all_scans_together_are_not_sorted_by(cast: SimpleNamespace, scan: Any) -> None:
    assert "sortable" not in cast.reader.get(reverse(LIST)).content.decode()
    assert "sortable" in cast.reader.get(reverse(LIST), {"scan__id__exact": scan.pk}).content.decode()


def test_one_account_is_filtered_and_the_other_filters_stay(cast: SimpleNamespace, scan: Any) -> None:
    query = f"scan__id__exact={scan.pk}&account=A4"
    assert [row.account for row in listed(cast.reader, query)] == ["A4"]
    content = cast.reader.get(f"{reverse(LIST)}?{query}&q=A").content.decode()
    menu = content.split('<div class="filter-menu">')[1].split("</form>")[0]
    assert f'name="scan__id__exact" value="{scan.pk}"' in menu
    assert 'name="q" value="A"' in menu
    assert 'name="account" value="A4"' in menu
    assert menu.count("<input") == 4


def test_rules_are_offered_for_all_scans_and_for_one(cast: SimpleNamespace, scan: Any) -> None:
    factories.policy(cast.acme, rules=[{**factories.RULE, "rule_id": "ELSEWHERE"}])
    factories.policy(cast.neighbour, rules=[{**factories.RULE, "rule_id": "FOREIGN"}])

    def offered(**query: object) -> set[str]:
        return set(re.findall(r"rule=(\w+)", cast.reader.get(reverse(LIST), query).content.decode()))

    assert offered() == {"BIG", "ELSEWHERE"}
    assert offered(scan__id__exact=scan.pk) == {"BIG"}


def test_scans_are_offered_by_name_and_day_without_those_of_others(cast: SimpleNamespace) -> None:
    for name in ("March", "April"):
        factories.completed(cast.acme, audit_name=name)
    factories.completed(cast.neighbour, audit_name="Foreign")
    content = cast.reader.get(reverse(LIST)).content.decode()
    assert re.search(r"March, 20\d\d-\d\d-\d\d", content)
    assert "Foreign" not in content


def test_what_the_rule_looks_at_is_marked_and_comes_first(cast: SimpleNamespace) -> None:
    rule = {
        **factories.RULE,
        "where": {"AND": [factories.RULE["where"], {"field": "Kind", "operator": "==", "value": "x"}]},
    }
    content = b"Account,Note,Kind,Amount\nA1,n,x,500\n"
    made = factories.executed(cast.acme, content, {"account": "Account", "amount": "Amount"},
                              on=factories.policy(cast.acme, rules=[rule]))  # fmt: skip
    shown = cast.reader.get(page(made.violations.get())).content.decode()
    evidence = shown.split('id="evidence"')[1].split("</table>")[0]
    assert re.findall(r'<th scope="col">(\w+)', evidence) == ["Kind", "Amount", "Account", "Note"]
    assert re.findall(r'<td class="marked">([^<]*)', evidence) == ["x", "500"]
    assert "Marked: what the rule looks at, Kind, Amount." in evidence


def test_the_time_is_marked_where_the_rule_looks_back(cast: SimpleNamespace) -> None:
    rule = {"rule_id": "MANY", "name": "Many", "kind": "aggregate", "severity": "HIGH", "function": "count",
            "operator": ">=", "threshold": 1, "window": {"hours": 24}, "group_by": ["account"]}  # fmt: skip
    made = factories.executed(cast.acme, b"Account,Amount,Date\nA1,500,2024-01-01\n", CONFIG,
                              on=factories.policy(cast.acme, rules=[rule]))  # fmt: skip
    shown = cast.reader.get(page(made.violations.get())).content.decode()
    assert re.findall(r'<td class="marked">([^<]*)', shown) == ["2024-01-01"]


def test_other_violations_of_the_account_are_a_step_away(cast: SimpleNamespace) -> None:
    rules = [factories.RULE, {**factories.RULE, "rule_id": "OTHER", "severity": "LOW"}]
    file, config = b"Account,Amount\nA1,500\nA2,500\n", {"account": "Account", "amount": "Amount"}
    made = factories.executed(cast.acme, file, config, on=factories.policy(cast.acme, rules=rules))
    mine = made.violations.get(rule_id="BIG", account="A1")
    other = made.violations.get(rule_id="OTHER", account="A1")
    table = cast.reader.get(page(mine)).content.decode().split('id="also-on-a1"')[1].split("</table>")[0]
    assert re.findall(r"/violation/([0-9a-f-]{36})/", table) == [str(other.pk)]


def test_a_newer_scan_is_named_where_a_decision_would_not_reach_it(cast: SimpleNamespace, scan: Any) -> None:
    violation = scan.violations.first()
    assert "newer scan of this policy" not in cast.reader.get(page(violation)).content.decode()
    newer = factories.completed(cast.acme, on=scan.policy)
    content = cast.reader.get(page(violation)).content.decode()
    assert "newer scan of this policy" in content
    assert str(newer.pk) in content


def test_every_key_belongs_to_one_thing_on_the_page(cast: SimpleNamespace, scan: Any) -> None:
    query = f"scan__id__exact={scan.pk}"
    violation = listed(cast.colleague, query)[2]
    keys = re.findall(r'aria-keyshortcuts="([^"]*)"', cast.colleague.get(at(violation, query)).content.decode())
    assert sorted(keys) == sorted([*"afdrjkn?"] if violation.status != "pending" else [*"afdjkn?"])
    looking = re.findall(r'aria-keyshortcuts="([^"]*)"', cast.reader.get(at(violation, query)).content.decode())
    assert sorted(looking) == ["j", "k"]


def test_the_score_of_the_scan_stands_beside_the_decision(cast: SimpleNamespace, scan: Any) -> None:
    ComplianceScan.objects.filter(pk=scan.pk).update(score=Decimal("97.10"))
    assert "<b>97.10</b>" in cast.colleague.get(page(scan.violations.first())).content.decode()
