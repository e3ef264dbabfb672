"""Credits: the ledger always sums to the account, which never falls below zero, whoever moves it at once."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import nullcontext
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import credits
from accounts.credits import Balance
from accounts.errors import InsufficientCredits
from accounts.models import AccountGroup, AuditEntry, CreditAccount, CreditEntry
from accounts.requester import Requester
from tests.accounts.test_idempotency import at_once
from web.errors import ValidationFailed

KIND = "prospecting_job"


def grant(group: AccountGroup, amount: int, note: str = "") -> Balance:
    return credits.grant(group, amount, Requester.command("tests", group), note)


def reserve(group: AccountGroup, amount: int, job: str = "a") -> None:
    with transaction.atomic():
        credits.reserve(group, amount, KIND, job)


def settle(group: AccountGroup, spent: int, job: str = "a") -> None:
    with transaction.atomic():
        credits.settle(group, KIND, job, spent)


def summed(group: AccountGroup) -> Balance:
    sums = CreditEntry.objects.for_group(group).aggregate(available=Sum("available"), reserved=Sum("reserved"))
    return Balance(sums["available"] or 0, sums["reserved"] or 0)


def test_a_group_without_any_grant_has_nothing(group: AccountGroup) -> None:
    assert credits.balance(group) == (0, 0)
    with pytest.raises(InsufficientCredits, match="needs 1 credits, and the account group has 0"):
        reserve(group, 1)
    settle(group, 0)
    assert not CreditEntry.objects.exists()


def test_a_grant_is_added_and_audited_with_its_note(group: AccountGroup) -> None:
    assert grant(group, 100, "June") == (100, 0)
    assert grant(group, 50) == (150, 0)
    entry = AuditEntry.objects.filter(action="credits.granted").order_by("number").first()
    assert entry is not None
    assert (entry.actor, entry.chain, entry.after) == ("command:tests", group.pk, {"amount": 100, "note": "June"})


@pytest.mark.parametrize("amount", [1, 1_000_000_000])
def test_the_least_and_the_most_of_one_grant(group: AccountGroup, amount: int) -> None:
    assert grant(group, amount) == (amount, 0)


def test_a_grant_that_cannot_be_audited_is_none(group: AccountGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Requester, "audit", refuse)
    with pytest.raises(RuntimeError):
        grant(group, 10)
    assert credits.balance(group) == summed(group) == (0, 0)


def test_who_granted_and_why_are_cut_to_what_an_entry_holds(group: AccountGroup) -> None:
    by = Requester.command("n" * 300, group)
    credits.grant(group, 1, by, "w" * 600)
    entry = CreditEntry.objects.get()
    assert (entry.by, entry.note) == (by.name[:200], "w" * 500)


@pytest.mark.parametrize("amount", [0, -1, 1_000_000_001])
def test_a_grant_that_is_no_gift_is_refused(group: AccountGroup, amount: int) -> None:
    with pytest.raises(ValidationFailed):
        grant(group, amount)
    assert not CreditAccount.objects.exists()


def test_a_job_spends_of_its_reservation_and_gives_the_rest_back_once(group: AccountGroup) -> None:
    grant(group, 10)
    reserve(group, 8)
    assert credits.balance(group) == (2, 8)
    settle(group, 3)
    settle(group, 3)
    settle(group, 8)
    assert credits.balance(group) == (7, 0)
    assert [entry.spent for entry in CreditEntry.objects.order_by("pk")] == [0, 0, 3]


def test_what_is_reserved_is_not_reserved_by_another_job(group: AccountGroup) -> None:
    grant(group, 10)
    reserve(group, 6)
    with pytest.raises(InsufficientCredits):
        reserve(group, 5, "b")
    reserve(group, 4, "b")
    assert credits.balance(group) == (0, 10)


def test_a_job_of_nothing_leaves_no_trace(group: AccountGroup) -> None:
    reserve(group, 0)
    settle(group, 0)
    assert not CreditEntry.objects.exists()


def test_a_job_reserves_once(group: AccountGroup) -> None:
    grant(group, 10)
    reserve(group, 1)
    with pytest.raises(IntegrityError, match="a_job_reserves_and_settles_once"):
        reserve(group, 1)
    assert credits.balance(group) == (9, 1)


@pytest.mark.parametrize("spent", [-1, 6])
def test_nobody_spends_more_than_was_reserved(group: AccountGroup, spent: int) -> None:
    grant(group, 10)
    reserve(group, 5)
    with pytest.raises(ValueError, match="reserved 5 credits and cannot spend"):
        settle(group, spent)
    assert credits.balance(group) == (5, 5)


def test_a_refused_start_gives_its_reservation_back_with_its_transaction(group: AccountGroup) -> None:
    grant(group, 10)
    with transaction.atomic():
        credits.reserve(group, 5, KIND, "a")
        transaction.set_rollback(True)
    assert credits.balance(group) == (10, 0)


def test_groups_do_not_pay_for_each_other(group: AccountGroup, neighbour: AccountGroup) -> None:
    grant(group, 10)
    with pytest.raises(InsufficientCredits):
        reserve(neighbour, 1)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"available": -1}, "a_credit_account_is_never_overdrawn"),
        ({"reserved": -1}, "a_credit_account_reserves_nothing_below_zero"),
    ],
)
def test_the_database_keeps_the_account_above_zero(group: AccountGroup, change: dict[str, int], rule: str) -> None:
    grant(group, 10)
    with pytest.raises(IntegrityError, match=rule):
        CreditAccount.objects.update(**change)


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "granted", "available": 0, "reserved": 0, "by": "x"},
        {"kind": "granted", "available": 5, "reserved": 0, "by": ""},
        {"kind": "granted", "available": 5, "reserved": 1, "by": "x"},
        {"kind": "reserved", "available": -5, "reserved": 4, "job_kind": KIND, "job_id": "a"},
        {"kind": "reserved", "available": -5, "reserved": 5, "job_kind": KIND, "job_id": ""},
        {"kind": "settled", "available": 6, "reserved": -5, "job_kind": KIND, "job_id": "a"},
        {"kind": "settled", "available": -1, "reserved": -5, "job_kind": KIND, "job_id": "a"},
        {"kind": "stolen", "available": 6, "reserved": 0, "by": "x"},
    ],
)
def test_an_entry_that_is_no_movement_is_refused(group: AccountGroup, entry: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="a_credit_entry_grants_reserves_or_settles"):
        CreditEntry.objects.create(group=group, **entry)


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_creditentry SET available = 99", "DELETE FROM accounts_creditentry"]
)
def test_an_entry_is_never_changed(group: AccountGroup, statement: str) -> None:
    grant(group, 10)
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_credits_do_not_move_outside_a_transaction(transactional_db: None) -> None:
    group = AccountGroup.objects.create(name="Acme")
    for move in (lambda: credits.reserve(group, 1, KIND, "a"), lambda: credits.settle(group, KIND, "a", 0)):
        with pytest.raises(transaction.TransactionManagementError):
            move()


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.just(""), st.integers(1, 30)),
        st.tuples(st.just("reserve"), st.sampled_from("abcd"), st.integers(0, 30)),
        st.tuples(st.just("settle"), st.sampled_from("abcd"), st.integers(0, 30)),
    ),
    max_size=25,
)


class Model:
    """What a group may spend, and what each job holds until it has settled, in plain Python."""

    def __init__(self) -> None:
        self.available = 0
        self.held: dict[str, int] = {}
        self.over: set[str] = set()

    def expects(self, verb: str, job: str, amount: int) -> type[Exception] | None:
        """The fault of this move; without one, the move is made."""
        if verb == "reserve" and amount:
            if amount > self.available:
                return InsufficientCredits
            if job in self.held:
                return IntegrityError
            self.available, self.held[job] = self.available - amount, amount
        if verb == "settle" and job not in self.over:
            if amount > self.held.get(job, 0):
                return ValueError
            if job in self.held:
                self.available += self.held[job] - amount
                self.over.add(job)
        if verb == "grant":
            self.available += amount
        return None

    @property
    def balance(self) -> Balance:
        return Balance(self.available, sum(held for job, held in self.held.items() if job not in self.over))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_the_ledger_always_sums_to_the_account_and_a_model_agrees(db: None, moves: list[tuple[str, str, int]]) -> None:
    group, model = AccountGroup.objects.create(name="Acme"), Model()
    for verb, letter, amount in moves:
        job = f"{group.pk} {letter}"
        expected = model.expects(verb, job, amount)
        with pytest.raises(expected) if expected else nullcontext(), transaction.atomic():
            match verb:
                case "grant":
                    grant(group, amount)
                case "reserve":
                    reserve(group, amount, job)
                case "settle":
                    settle(group, amount, job)
        assert credits.balance(group) == summed(group) == model.balance


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_jobs_that_start_at_once_reserve_no_more_than_there_is(self) -> None:
        group = AccountGroup.objects.create(name="Acme")
        grant(group, 30)
        answers = at_once(8, lambda number: reserve(group, 10, f"job {number}"))
        assert Counter(answers) == {None: 3, "InsufficientCredits": 5}
        assert credits.balance(group) == summed(group) == (0, 30)

    def test_a_job_settled_by_several_at_once_is_settled_once(self) -> None:
        group = AccountGroup.objects.create(name="Acme")
        grant(group, 30)
        reserve(group, 20)
        assert at_once(8, lambda number: settle(group, number)) == [None] * 8
        (entry,) = CreditEntry.objects.filter(kind="settled")
        assert credits.balance(group) == summed(group) == (30 - entry.spent, 0)

    def test_the_first_grants_of_a_group_may_come_at_once(self) -> None:
        group = AccountGroup.objects.create(name="Acme")
        at_once(6, lambda _: grant(group, 5))
        assert credits.balance(group) == summed(group) == (30, 0)


def test_the_command_grants_and_prints_what_may_be_spent(group: AccountGroup) -> None:
    out = io.StringIO()
    call_command("grant_credits", group.pk, "250", "--note", "Trial", stdout=out)
    call_command("grant_credits", group.pk, "50", stdout=out)
    assert out.getvalue() == "250\n300\n"
    assert AuditEntry.objects.filter(action="credits.granted", actor="command:grant_credits").count() == 2


@pytest.mark.parametrize(("who", "amount", "told"), [("0" * 24, "1", "no account group"), ("GROUP", "0", "from 1 to")])
def test_the_command_says_what_is_wrong(group: AccountGroup, who: str, amount: str, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("grant_credits", group.pk if who == "GROUP" else who, amount)
    assert not CreditEntry.objects.exists()
