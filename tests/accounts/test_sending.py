"""Forms of the staff site that are sent twice, late, or by somebody who has changed them."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import reverse

from accounts import credits, sending
from accounts.enums import Role
from accounts.models import ApiKey, CreditEntry
from compliance.enums import UploadStatus
from compliance.models import Audit, Export
from jobs import wires
from tests.accounts.staff_addresses import MAKERS, list_of, pages_of
from tests.compliance import factories

pytestmark = pytest.mark.django_db
GRANT = "/admin/accounts/creditentry/add/"


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that no worker of this test would read."""
    monkeypatch.setattr(wires, "send", lambda *_: True)


@pytest.fixture
def acme() -> Any:
    return factories.group("Acme")


@pytest.fixture
def ann(acme: Any) -> Client:
    client = Client()
    client.force_login(factories.staff("Ann", acme, role=Role.ADMINISTRATOR))
    return client


def form_id(answer: Any) -> str:
    (found,) = re.findall(r'name="form_id" value="(\w+)"', answer.content.decode())
    return str(found)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_credits_are_granted_once_however_often_the_form_is_sent(acme: Any, ann: Client) -> None:
    sent = {"group": acme.pk, "amount": "50", "form_id": form_id(ann.get(GRANT))}
    first, second = (ann.post(GRANT, sent, follow=True) for _ in range(2))
    assert "got 50 credits" in said(first)
    assert "sent twice" in said(second)
    assert credits.balance(acme).available == 50


def test_a_key_is_issued_and_shown_once_however_often_the_form_is_sent(acme: Any, ann: Client) -> None:
    page = reverse("admin:accounts_apikey_add")
    sent = {"name": "Partner", "groups": [acme.pk], "form_id": form_id(ann.get(page))}
    first, second = (ann.post(page, sent, follow=True) for _ in range(2))
    shown = [re.findall(r"sk_live_\w{36}", answer.content.decode()) for answer in (first, second)]
    assert [len(keys) for keys in shown] == [1, 0]
    assert "One key was issued, and shown in the answer to the first" in said(second)
    assert ApiKey.objects.count() == 1


def test_a_form_that_says_something_else_or_was_opened_anew_is_another_one(acme: Any, ann: Client) -> None:
    sent = {"group": acme.pk, "amount": "50", "form_id": form_id(ann.get(GRANT))}
    for each in (sent, {**sent, "amount": "60"}, {**sent, "form_id": form_id(ann.get(GRANT))}):
        ann.post(GRANT, each)
    assert credits.balance(acme).available == 160


def test_what_is_refused_may_be_sent_again(acme: Any, ann: Client) -> None:
    scan = factories.completed(acme)
    page = pages_of(scan).url_of(scan, "deed", "export_bundle")
    sent = {"confirmed": "1", "form_id": form_id(ann.get(page))}
    for _ in range(2):  # it has no evidence yet
        assert "sent twice" not in said(ann.post(page, sent, follow=True))
    factories.with_evidence(scan)
    ann.post(page, sent)
    assert Export.objects.count() == 1


@pytest.mark.parametrize("away", [False, True])
def test_a_deed_is_done_once_unless_nobody_remembers(
    acme: Any, ann: Client, monkeypatch: pytest.MonkeyPatch, *, away: bool
) -> None:
    def nobody(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError("away")

    if away:
        monkeypatch.setattr(sending, "client", lambda: SimpleNamespace(set=nobody, delete=nobody))
    case = factories.case(acme)
    page = pages_of(case).url_of(case, "deed", "note")
    sent = {"text": "Asked the bank.", "form_id": form_id(ann.get(page))}
    for _ in range(2):
        ann.post(page, sent)
    assert case.notes.count() == 1 + away


def test_a_row_is_added_once(acme: Any, ann: Client) -> None:
    page = reverse("admin:compliance_audit_add")
    wanted = {"group": acme.pk, "name": "Q1", "form_id": form_id(ann.get(page))}
    answers = [ann.post(page, wanted, follow=True) for _ in range(2)]
    assert "sent twice" in said(answers[1])
    assert Audit.objects.count() == 1


def test_a_form_with_faults_may_be_sent_again_once_they_are_mended(acme: Any, ann: Client) -> None:
    page = reverse("admin:compliance_audit_add")
    form = form_id(ann.get(page))
    for _ in range(2):
        answer = ann.post(page, {"group": acme.pk, "name": "", "form_id": form})
        assert answer.context["adminform"].errors


def test_a_key_is_rotated_once_by_those_who_saw_the_same(acme: Any, ann: Client) -> None:
    factories.key_text(acme)
    key = ApiKey.objects.get()
    page = pages_of(key).url_of(key, "deed", "rotate")
    seen = ann.get(page).context["form"].initial["ends"]
    answers = [ann.post(page, {"overlap": "24", "ends": seen}) for _ in range(2)]
    assert "sk_live_" in answers[0].content.decode()
    assert "has rotated this key meanwhile" in answers[1].content.decode()
    assert ApiKey.objects.count() == 2


def test_a_deed_that_has_become_impossible_is_said_to_be(acme: Any, ann: Client) -> None:
    upload = factories.upload(acme)
    unread: dict[str, Any] = {"status": UploadStatus.PROCESSING, "profile": {}, "records": "", "row_count": 0}
    type(upload).objects.filter(pk=upload.pk).update(**unread)
    page = pages_of(upload).url_of(upload, "deed", "map_columns")
    for answer in (ann.get(page, follow=True), ann.post(page, {"amount": "Amount"}, follow=True)):
        assert "Map columns: as file.csv (0 records) stands now, this is not possible." in said(answer)


@pytest.mark.parametrize("ids", [None, "", "x", "\0", "9" * 40, "-1", ",".join(map(str, range(20_000)))])
@pytest.mark.parametrize("name", ["accounts_apikey", "compliance_violation", "prospecting_suppression"])
def test_ids_that_nobody_was_shown_are_no_fault_of_the_servers(
    name: str, ids: str | None, acme: Any, client: Client
) -> None:
    client.force_login(factories.staff("root", superuser=True))
    row = MAKERS[name](acme)
    (action,) = pages_of(row).actions
    sent = {"action": action, "select_across": "1", "_selected_action": "1", "confirmed": "1", "status": "approved"}
    answers = [client.post(list_of(row), {**sent, **({} if ids is None else {"ids": ids})})]
    if ids is not None:
        answers.append(client.post(list_of(row), {"action": action, "_selected_action": ids}))
    assert {answer.status_code for answer in answers} <= {200, 302, 400}
    assert not CreditEntry.objects.exists()
