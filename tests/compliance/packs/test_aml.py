"""Each rule of the AML pack: what it finds, what it only nearly finds, and what it cannot judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.compliance.packs.judging import Case, Record, judge, states

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = 24
SECOND = 1 / 3600
REPORTED = ("CASH_IN", "CASH_OUT", "DEPOSIT", "TRANSFER", "WIRE")
OTHERS = ("PAYMENT", "DEBIT")
NO_TYPE: dict[str, str] = {"type": " "}


def pay(amount: str, kind: str = "PAYMENT", hour: float = 0, **more: str) -> Record:
    """A transaction so many hours into 2024. Balances, before and after: `org="100 90"`, `dest="0 10"`."""
    record = {"recipient": "Z", "amount": amount, "type": kind}
    record["timestamp"] = (START + timedelta(seconds=round(hour * 3600))).isoformat()
    for side, names in (("org", ("oldbalanceOrg", "newbalanceOrig")), ("dest", ("oldbalanceDest", "newbalanceDest"))):
        record |= dict(zip(names, more.pop(side, "").split(), strict=False))
    return record | more


def each(rule_id: str, letter: str, says: str, *records: Record) -> Case:
    """Records of a record rule that are all judged alike: T found, F not, ? could not be evaluated."""
    return Case(rule_id, says, records, letter * len(records))


def found(rule_id: str, says: str, *records: Record, rows: list[int] | None = None) -> Case:
    """Records that are one finding: all of them, or those of `rows`."""
    return Case(rule_id, says, records, [list(range(1, len(records) + 1)) if rows is None else rows])


def nothing(rule_id: str, says: str, *records: Record) -> Case:
    return Case(rule_id, says, records, [])


CTR_THRESHOLD = [
    each("CTR_THRESHOLD", "T", "10,000 of a reported type", *(pay("10000", kind) for kind in REPORTED)),
    each("CTR_THRESHOLD", "T", "types in any case, with blanks", pay("10000", "cash_in"), pay("10000", " Wire ")),
    each("CTR_THRESHOLD", "F", "a cent below", *(pay("9999.99", kind) for kind in REPORTED)),
    each("CTR_THRESHOLD", "F", "other types", *(pay("20000", kind) for kind in OTHERS)),
    each("CTR_THRESHOLD", "?", "amount or type missing", pay("", "WIRE"), pay("20000", **NO_TYPE)),
]
CTR_AGGREGATION = [
    found("CTR_AGGREGATION", "10,000 to one recipient", pay("5000"), pay("5000", hour=DAY - SECOND)),
    nothing("CTR_AGGREGATION", "a cent below", pay("5000"), pay("4999.99")),
    nothing("CTR_AGGREGATION", "24 hours apart", pay("5000"), pay("5000", hour=DAY)),
    nothing("CTR_AGGREGATION", "two recipients", pay("5000"), pay("5000", recipient="Y")),
    nothing("CTR_AGGREGATION", "two accounts", pay("5000"), pay("5000", account="B")),
    nothing("CTR_AGGREGATION", "one record alone", pay("12000")),
    nothing("CTR_AGGREGATION", "recipients missing", pay("5000", recipient=""), pay("5000", recipient="")),
    found("CTR_AGGREGATION", "across midnight", pay("6000", hour=22), pay("6000", hour=26)),
]
STRUCTURING = [
    found("STRUCTURING_PATTERN", "three", pay("9000", hour=22), pay("9000", hour=23), pay("9000", hour=24.5)),
    found("STRUCTURING_PATTERN", "from 8,000 to below 10,000", pay("8000"), pay("9999.99"), pay("8000")),
    nothing(
        "STRUCTURING_PATTERN", "a cent too little, and 10,000", pay("7999.99"), pay("8000"), pay("8000"), pay("10000")
    ),
    nothing("STRUCTURING_PATTERN", "two", pay("9000"), pay("9000")),
    nothing("STRUCTURING_PATTERN", "the third 24 hours after the first", *(pay("9000", hour=h) for h in (0, 1, DAY))),
    found("STRUCTURING_PATTERN", "a burst is one finding", *[pay("9000")] * 4),
    nothing("STRUCTURING_PATTERN", "a time missing", pay("9000"), pay("9000"), pay("9000", timestamp="")),
    found("SUB_THRESHOLD_VELOCITY", "five", *[pay("9000")] * 5),
    found("SUB_THRESHOLD_VELOCITY", "at both ends", *[pay("8000")] * 3, *[pay("9999.99")] * 2),
    nothing("SUB_THRESHOLD_VELOCITY", "four", *[pay("9000")] * 4),
    nothing("SUB_THRESHOLD_VELOCITY", "four and one outside", *[pay("9000")] * 4, pay("7999.99"), pay("10000")),
    nothing("SUB_THRESHOLD_VELOCITY", "four and another account's", *[pay("9000")] * 4, pay("9000", account="B")),
    nothing("SUB_THRESHOLD_VELOCITY", "the fifth 24 hours later", *[pay("9000")] * 4, pay("9000", hour=DAY)),
]
SAR = [
    each("SAR_THRESHOLD", "T", "5,000", *(pay("5000", kind) for kind in ("TRANSFER", "WIRE", "CASH_OUT"))),
    each("SAR_THRESHOLD", "F", "a cent below", *(pay("4999.99", kind) for kind in ("TRANSFER", "WIRE", "CASH_OUT"))),
    each("SAR_THRESHOLD", "F", "other types", *(pay("6000", kind) for kind in ("CASH_IN", "DEPOSIT", *OTHERS))),
    each("SAR_THRESHOLD", "?", "amount or type missing", pay("", "WIRE"), pay("6000", **NO_TYPE)),
    found("SAR_VELOCITY", "a cent above 25,000", pay("20000"), pay("5000.01", hour=DAY - SECOND)),
    nothing("SAR_VELOCITY", "25,000", pay("20000"), pay("5000")),
    nothing("SAR_VELOCITY", "24 hours apart", pay("20000"), pay("20000", hour=DAY)),
    nothing("SAR_VELOCITY", "a single large record is not velocity", pay("90000")),
    nothing("SAR_VELOCITY", "an amount missing", pay("90000"), pay("")),
]
QUIET = "DORMANT_ACCOUNT_REACTIVATION"
DORMANT = [
    found(QUIET, "after 90 days", pay("500"), pay("5000.01", hour=90 * DAY), rows=[2]),
    nothing(QUIET, "a second before", pay("500"), pay("5000.01", hour=90 * DAY - SECOND)),
    nothing(QUIET, "5,000 wakes nobody", pay("500"), pay("5000", hour=90 * DAY)),
    found(QUIET, "a fee of 100 between", pay("500"), pay("100", hour=60 * DAY), pay("6000", hour=90 * DAY), rows=[3]),
    nothing(QUIET, "100.01 between", pay("500"), pay("100.01", hour=60 * DAY), pay("6000", hour=90 * DAY)),
    nothing(QUIET, "an account's first record", pay("9000", hour=180 * DAY)),
    nothing(QUIET, "only fees before", pay("100"), pay("9000", hour=180 * DAY)),
    nothing(QUIET, "the time missing", pay("500"), pay("9000", timestamp="")),
]
BALANCES = [
    each("BALANCE_MISMATCH", "T", "more than a cent off", pay("10", org="100 90.02"), pay("10", org="100 89.98")),
    each("BALANCE_MISMATCH", "F", "a cent off", pay("10", org="100 90.01"), pay("10", org="100 89.99")),
    each("BALANCE_MISMATCH", "F", "money in adds", pay("10", "CASH_IN", org="100 110"), pay("9", "deposit", org="0 9")),
    each("BALANCE_MISMATCH", "F", "money in, a cent off", pay("10", "CASH_IN", org="100 110.01")),
    each("BALANCE_MISMATCH", "T", "money in, a little more", pay("10", "DEPOSIT", org="100 110.02")),
    each(
        "BALANCE_MISMATCH",
        "T",
        "money in that subtracts",
        *(pay("10", kind, org="100 90") for kind in ("CASH_IN", "DEPOSIT")),
    ),
    each(
        "BALANCE_MISMATCH",
        "T",
        "money out that adds",
        *(pay("10", kind, org="100 110") for kind in ("CASH_OUT", "WIRE")),
    ),
    each("BALANCE_MISMATCH", "?", "a balance missing", pay("10"), pay("10", org="100"), pay("10", newbalanceOrig="90")),
    each("BALANCE_MISMATCH", "?", "amount missing", pay("", org="100 90")),
    each("BALANCE_MISMATCH", "?", "type missing, wrong either way or right one way", pay("10", org="1 90", **NO_TYPE)),
]
MONTH = 30 * DAY
ROUND = [
    found("ROUND_AMOUNT_PATTERN", "three in 30 days", *(pay("3000", hour=h) for h in (0, 9, MONTH - SECOND))),
    found("ROUND_AMOUNT_PATTERN", "whole thousands", pay("1000"), pay("2000.00"), pay("7000")),
    nothing("ROUND_AMOUNT_PATTERN", "zero is not round", pay("1000"), pay("2000"), pay("0"), pay("0.00")),
    nothing("ROUND_AMOUNT_PATTERN", "hundreds", pay("1000"), pay("2000"), pay("1500"), pay("1000.01")),
    nothing("ROUND_AMOUNT_PATTERN", "30 days apart", *(pay("3000", hour=h) for h in (0, 9, MONTH))),
    nothing("ROUND_AMOUNT_PATTERN", "an amount missing", pay("1000"), pay("2000"), pay("")),
]
EMPTY = "FRAUD_INDICATOR"
FRAUD = [
    each(EMPTY, "T", "an empty account", pay("9", "TRANSFER", dest="0 9"), pay("1", "CASH_OUT", dest="0.00 0.01")),
    each(EMPTY, "F", "other types", *(pay("9", kind, dest="0 9") for kind in ("CASH_IN", "DEPOSIT", "WIRE", *OTHERS))),
    each(EMPTY, "F", "empty afterwards", pay("9", "TRANSFER", dest="0 0")),
    each(EMPTY, "F", "a cent before", pay("9", "TRANSFER", dest="0.01 9.01")),
    each(EMPTY, "?", "balances missing", pay("9", "TRANSFER"), pay("9", "TRANSFER", dest="0")),
    each(EMPTY, "?", "type missing", pay("9", dest="0 9", **NO_TYPE)),
]
HIGH_VALUE = [
    each("HIGH_VALUE_TRANSFER", "T", "a cent above 50,000", pay("50000.01", "TRANSFER"), pay("50000.01", "WIRE")),
    each("HIGH_VALUE_TRANSFER", "F", "50,000", pay("50000", "TRANSFER"), pay("50000", "WIRE")),
    each(
        "HIGH_VALUE_TRANSFER", "F", "other types", *(pay("90000", kind) for kind in ("CASH_OUT", "CASH_IN", "DEPOSIT"))
    ),
    each("HIGH_VALUE_TRANSFER", "?", "amount or type missing", pay("", "WIRE"), pay("90000", **NO_TYPE)),
]
CASES = [
    *CTR_THRESHOLD, *CTR_AGGREGATION, *STRUCTURING, *SAR, *DORMANT, *BALANCES, *ROUND, *FRAUD, *HIGH_VALUE,
]  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str | list[list[int]]]:
    return judge("aml", CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_records_are_judged_as_the_rule_says(case: Case, verdicts: dict[str, str | list[list[int]]]) -> None:
    assert verdicts[str(case)] == case.expected


def test_without_their_columns_all_eleven_rules_are_not_applicable() -> None:
    found = states("aml", "account", ["A"], ["B"])
    assert (len(found), set(found.values())) == (11, {"not_applicable"})


def test_without_balances_the_rules_on_them_are_not_applicable_and_the_others_go_on() -> None:
    found = states("aml", "account recipient amount type timestamp", ["A", "Z", "10", "TRANSFER", "2024-01-01"])
    assert {rule_id for rule_id, state in found.items() if state != "completed"} == {"BALANCE_MISMATCH", EMPTY}
