"""Two people press at the same moment, each with a connection of their own: one is done, the other is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from accounts.models import AccountGroup, ApiKey, AuditEntry, Membership
from compliance.models import ComplianceScan, Schedule, Source, Violation
from jobs import lifecycle, wires
from prospecting.models import MergeCandidate, Prospect, Suppression
from tests.accounts.staff_addresses import pages_of
from tests.compliance import factories
from tests.compliance.schedule_rows import schedule
from tests.prospecting.admin import test_pages as prospecting
from tests.until import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]
Send = Callable[[], Any]


@pytest.fixture(autouse=True)
def unpublished(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker hears of the jobs."""
    monkeypatch.setattr(wires, "send", lambda *_: True)


@pytest.fixture
def acme() -> AccountGroup:
    return factories.group(f"Acme {uuid.uuid4()}")


@pytest.fixture
def people(acme: AccountGroup) -> list[Client]:
    """Two administrators."""
    return [browser(acme), browser(acme)]


def browser(of: AccountGroup) -> Client:
    client = Client()
    client.force_login(factories.staff(f"staff-{uuid.uuid4()}", of, role=Role.ADMINISTRATOR))
    return client


def at_once(held: QuerySet[Any], *sends: Send) -> list[tuple[int, str]]:
    """(status, messages) of each answer. All run up against the rows of `held` before any of them goes on."""

    def run(send: Send) -> tuple[int, str]:
        try:
            answer = send()
            told = " ".join(map(str, get_messages(answer.wsgi_request)))
            return answer.status_code, told or answer.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(sends)) as pool:
        with transaction.atomic():
            assert list(held.select_for_update(of=("self",)))
            running = [pool.submit(run, send) for send in sends]
            until(lambda: _waiting() == len(sends) or all(each.done() for each in running), "them to meet")
        return [each.result() for each in running]


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction looks once, else
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def deed(client: Client, row: Any, name: str, **form: Any) -> Send:
    page = pages_of(row).url_of(row, "deed", name)
    return lambda: client.post(page, {"confirmed": "1", **form})


def one_of(answers: list[tuple[int, str]], done: str, told: str) -> bool:
    """One did it and the other one is told; nobody sees a fault of the server's."""
    assert all(status < 500 for status, _ in answers), answers
    return sorted((done in text, told in text) for _, text in answers) == [(False, True), (True, False)]


def test_two_administrators_do_not_remove_each_other(acme: AccountGroup, people: list[Client]) -> None:
    first, second = Membership.objects.filter(group=acme).order_by("pk")
    answers = at_once(
        AccountGroup.objects.filter(pk=acme.pk),
        lambda: people[0].post(reverse("admin:accounts_membership_delete", args=[second.pk]), {"post": "yes"}),
        lambda: people[1].post(reverse("admin:accounts_membership_delete", args=[first.pk]), {"post": "yes"}),
    )
    assert Membership.objects.filter(group=acme).count() == 1
    assert one_of(answers, "was deleted successfully", "nobody who can log in would be left")


def test_two_who_add_the_same_member_add_one(acme: AccountGroup, people: list[Client]) -> None:
    bob = factories.staff(f"bob-{uuid.uuid4()}")
    wanted = {"user": bob.username, "group": acme.pk, "role": Role.AUDITOR}
    adds = [lambda client=client: client.post(reverse("admin:accounts_membership_add"), wanted) for client in people]
    answers = at_once(AccountGroup.objects.filter(pk=acme.pk), *adds)
    assert bob.memberships.count() == 1
    assert one_of(answers, "was added successfully", "somebody else has just made the same")


def test_a_role_given_while_the_member_goes_brings_nobody_back(acme: AccountGroup, people: list[Client]) -> None:
    bob = factories.staff(f"bob-{uuid.uuid4()}", acme, role=Role.AUDITOR).memberships.get()
    answers = at_once(
        Membership.objects.filter(pk=bob.pk),
        lambda: people[0].post(reverse("admin:accounts_membership_delete", args=[bob.pk]), {"post": "yes"}),
        lambda: people[1].post(reverse("admin:accounts_membership_change", args=[bob.pk]), {"role": Role.AUDITOR}),
    )
    assert all(status < 500 for status, _ in answers), answers
    assert not Membership.objects.filter(pk=bob.pk).exists()


def test_two_who_rotate_a_key_get_one_successor(acme: AccountGroup, people: list[Client]) -> None:
    factories.key_text(acme)
    key = ApiKey.objects.get(groups=acme)
    rotations = [deed(client, key, "rotate", overlap="24", ends="never") for client in people]
    answers = at_once(ApiKey.objects.filter(pk=key.pk), *rotations)
    assert ApiKey.objects.filter(groups=acme).count() == 2
    assert one_of(answers, "<title>The new API key", "has rotated this key meanwhile")


def test_two_who_revoke_keys_of_the_same_groups_do_not_wait_for_each_other(acme: AccountGroup) -> None:
    groups = [acme, factories.group(f"Other {uuid.uuid4()}")]
    listed, sends, held = reverse("admin:accounts_apikey_changelist"), [], []
    for later, first in (groups, groups[::-1]):  # the newest key comes first
        keys = []
        for of in (later, first):
            known = set(ApiKey.objects.filter(groups=of).values_list("pk", flat=True))
            factories.key_text(of)
            keys += ApiKey.objects.filter(groups=of).exclude(pk__in=known)
        held.append(keys[0].pk)
        client = Client()
        client.force_login(factories.staff(f"root-{uuid.uuid4()}", superuser=True))
        sent = {"action": "revoke_selected", "ids": f"{keys[0].pk},{keys[1].pk}", "select_across": "1",
                "_selected_action": keys[0].pk, "confirmed": "1"}  # fmt: skip
        sends.append(lambda client=client, sent=sent: client.post(listed, sent))
    answers = at_once(ApiKey.objects.filter(pk__in=held), *sends)
    assert all("Revoked: 2." in told for _, told in answers), answers


def test_two_who_decide_on_one_violation_do_not_overwrite_each_other(acme: AccountGroup, people: list[Client]) -> None:
    violation = factories.completed(acme).violations.get()
    page = reverse("admin:compliance_violation_review", args=[violation.pk])
    sends = [
        lambda client=client, status=status: client.post(page, {"version": "1", "status": status})
        for client, status in zip(people, ("approved", "false_positive"), strict=True)
    ]
    answers = at_once(ComplianceScan.objects.filter(pk=violation.scan_id), *sends)
    assert one_of(answers, "Score ", "has decided on it meanwhile")
    assert violation.reviews.count() == 1


def test_one_who_decides_on_many_and_one_on_one_of_them(acme: AccountGroup, people: list[Client]) -> None:
    scan = factories.completed(acme, accounts=["A1", "A2"])
    one = scan.violations.get(account="A1")
    listed = reverse("admin:compliance_violation_changelist")
    asked = people[0].post(listed, {"action": "review_selected", "_selected_action": [
        str(each.pk) for each in scan.violations.all()]}).context  # fmt: skip
    many = {**asked["hidden"], "versions": asked["form"].initial["versions"], "confirmed": "1", "status": "approved"}
    page = reverse("admin:compliance_violation_review", args=[one.pk])
    answers = at_once(
        ComplianceScan.objects.filter(pk=scan.pk),
        lambda: people[0].post(listed, many),
        lambda: people[1].post(page, {"version": "1", "status": "disputed"}),
    )
    assert one_of(answers, "core", "decided"), answers
    assert Violation.objects.get(pk=one.pk).version == 2


def test_two_who_decide_on_violations_of_the_same_groups_do_not_wait_for_each_other(acme: AccountGroup) -> None:
    groups = (acme, factories.group(f"Other {uuid.uuid4()}"))
    # The first superuser's scans are of acme, then of the other group; the second one's the other way round.
    scans = [
        factories.completed(of, id=uuid.UUID(int=place << 120 | uuid.uuid4().int >> 8))
        for place, of in enumerate((groups[0], groups[1], groups[1], groups[0]))
    ]
    listed, sends = reverse("admin:compliance_violation_changelist"), []
    for pair in (scans[:2], scans[2:]):
        client = Client()
        client.force_login(factories.staff(f"root-{uuid.uuid4()}", superuser=True))
        ids = ",".join(str(each.violations.get().pk) for each in pair)
        sent = {"action": "review_selected", "ids": ids, "select_across": "1",
                "confirmed": "1", "status": "approved"}  # fmt: skip
        sends.append(lambda client=client, sent={**sent, "_selected_action": ids[:36]}: client.post(listed, sent))
    second = Violation.objects.filter(scan__in=(scans[1], scans[3]))
    answers = at_once(second, *sends)
    assert all("Reviewed: 2." in told for _, told in answers), answers


def test_a_schedule_that_two_start_runs_once(acme: AccountGroup, people: list[Client]) -> None:
    planned = schedule(acme)
    answers = at_once(Schedule.objects.filter(pk=planned.pk), *(deed(client, planned, "run") for client in people))
    assert planned.runs.count() == 1
    assert one_of(answers, "The run has begun.", "is waiting or going on"), answers


def test_a_source_that_goes_while_it_is_imported_from(acme: AccountGroup, people: list[Client]) -> None:
    source = factories.source(acme)
    answers = at_once(
        Source.objects.filter(pk=source.pk), deed(people[0], source, "import_now"), deed(people[1], source, "forget")
    )
    assert all(status < 500 for status, _ in answers), answers


def test_a_pair_that_two_merge_is_merged_once(acme: AccountGroup, people: list[Client]) -> None:
    pair = prospecting.pair(acme)
    page = reverse("admin:prospecting_mergecandidate_decide", args=[pair.pk])
    sends = [lambda client=client: client.post(page, {"decision": "merge"}) for client in people]
    answers = at_once(MergeCandidate.objects.filter(pk=pair.pk), *sends)
    assert one_of(answers, "Merged:", "decided"), answers
    assert Prospect.objects.filter(group=acme).count() == 1


def test_pairs_that_share_a_person_are_decided_on_without_a_deadlock(acme: AccountGroup, people: list[Client]) -> None:
    for _ in range(8):
        one, two, three = sorted((prospecting.prospect(acme) for _ in range(3)), key=lambda each: each.pk)
        pairs = [
            MergeCandidate.objects.create(group=acme, prospect=low, other=high, reason="same_name", score=90)
            for low, high in ((one, two), (two, three))
        ]
        decisions = ("merge", "apart")
        sends = [
            lambda client=client, pair=pair, decision=decision: client.post(
                reverse("admin:prospecting_mergecandidate_decide", args=[pair.pk]), {"decision": decision}
            )
            for client, pair, decision in zip(people, pairs, decisions, strict=True)
        ]
        answers = at_once(Prospect.objects.filter(pk=two.pk), *sends)
        assert all(status < 500 for status, _ in answers), answers


def test_what_two_take_off_the_suppression_list_is_audited_once(acme: AccountGroup, people: list[Client]) -> None:
    entry = prospecting.suppression(acme)
    answers = at_once(Suppression.objects.filter(pk=entry.pk), *(deed(client, entry, "lift") for client in people))
    assert all("It is off the list." in told for _, told in answers), answers
    assert AuditEntry.objects.filter(chain=acme.pk, action="suppression.lifted").count() == 1


def test_a_cancel_that_comes_as_the_job_ends_is_refused_in_words(acme: AccountGroup, people: list[Client]) -> None:
    scan, lease = factories.running(acme)
    lock = ComplianceScan.objects.filter(pk=scan.pk)

    def end() -> Iterator[None]:
        with lifecycle.finish(lease) as (_, results):
            results.update(score=99, result_digest="0" * 64, rules_processed=scan.rules_total)
            yield

    ending = end()
    with ThreadPoolExecutor(1) as pool:
        next(ending)
        sent = pool.submit(lambda: (deed(people[0], scan, "cancel")(), connection.close())[0])
        until(lambda: _waiting() == 1, "the cancel to meet the end")
        next(ending, None)
        answer = sent.result()
    assert "Only queued or running jobs can be cancelled" in " ".join(map(str, get_messages(answer.wsgi_request)))
    assert lock.get().status == "completed"


def test_a_job_that_two_cancel_is_cancelled_once(acme: AccountGroup, people: list[Client]) -> None:
    scan = factories.scan(acme)
    cancels = [deed(client, scan, "cancel") for client in people]
    answers = at_once(ComplianceScan.objects.filter(pk=scan.pk), *cancels)
    assert one_of(answers, "Cancelled:", "Only queued or running jobs can be cancelled"), answers
