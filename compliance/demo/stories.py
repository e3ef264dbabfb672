"""The stories planted in the demonstration ledger, and the near misses beside them.

Each is one account's few records, written so that what the AML pack must find follows from the table alone,
whatever amounts are drawn from its ranges. Money is in integer cents, time in whole hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class AmlRule(StrEnum):
    """The rule ids of the AML pack."""

    CTR_THRESHOLD = "CTR_THRESHOLD"
    CTR_AGGREGATION = "CTR_AGGREGATION"
    STRUCTURING = "STRUCTURING_PATTERN"
    SUB_THRESHOLD = "SUB_THRESHOLD_VELOCITY"
    SAR_THRESHOLD = "SAR_THRESHOLD"
    SAR_VELOCITY = "SAR_VELOCITY"
    DORMANT = "DORMANT_ACCOUNT_REACTIVATION"
    MISMATCH = "BALANCE_MISMATCH"
    ROUND = "ROUND_AMOUNT_PATTERN"
    FRAUD = "FRAUD_INDICATOR"
    HIGH_VALUE = "HIGH_VALUE_TRANSFER"


class Move(NamedTuple):
    """One record of a story.

    `hour` counts from the story's start. The amount is drawn from `low` to `high` cents, both included, and
    is never a multiple of 1,000.00; without `high` it is exactly `low`. `to` names a recipient shared within
    the story (one of its own otherwise); see `EMPTY`, `ONE_CENT` and `MERCHANT`. `error` is added to the
    balance the record reports afterwards.
    """

    hour: int
    kind: str
    low: int
    high: int = 0
    to: str = ""
    error: int = 0


EMPTY = "a recipient whose account holds nothing"
ONE_CENT = "a recipient whose account holds 0.01"
MERCHANT = "a merchant, whose balance is not recorded"


@dataclass(frozen=True, slots=True)
class Story:
    """One account's records and what the pack must find in them.

    `finds` maps each rule that must hit to the index of the first move it needs: the rule hits once that move
    and all later ones are in the file. `misses` is the rule a near miss comes close to and must not hit.
    `emptied`: the account opens with exactly what the story takes out.
    """

    name: str
    moves: tuple[Move, ...]
    finds: Mapping[AmlRule, int]
    misses: AmlRule | None = None
    emptied: bool = False


def _story(name: str, *moves: Move, finds: tuple[AmlRule, ...], emptied: bool = False) -> Story:
    return Story(name, moves, dict.fromkeys(finds, 0), emptied=emptied)


def _near_miss(rule: AmlRule, name: str, *moves: Move, finds: tuple[AmlRule, ...] = ()) -> Story:
    return Story(name, moves, dict.fromkeys(finds, 0), misses=rule)


R = AmlRule
QUIET = 90 * 24  # hours without activity that make an account dormant

STORIES = (
    _story(  # at most 24,900.00 in all, so that it is structuring and nothing else
        "structuring in cash",
        Move(0, "CASH_IN", 8_000_00),
        Move(11, "CASH_IN", 8_000_01, 8_400_00),
        Move(23, "CASH_IN", 8_000_01, 8_500_00),
        finds=(R.STRUCTURING,),
    ),
    _story(
        "structured transfers to one recipient",
        Move(0, "TRANSFER", 9_000_01, 9_999_99, "mule"),
        Move(1, "TRANSFER", 9_000_01, 9_999_99, "mule"),
        Move(3, "TRANSFER", 9_000_01, 9_999_99, "mule"),
        finds=(R.STRUCTURING, R.CTR_AGGREGATION, R.SAR_THRESHOLD, R.SAR_VELOCITY),
    ),
    _story(
        "sub-threshold velocity",
        *(Move(hour, "DEPOSIT", 8_100_00, 9_900_00) for hour in (0, 5, 11, 17, 23)),
        finds=(R.STRUCTURING, R.SUB_THRESHOLD, R.SAR_VELOCITY),
    ),
    _story(  # at least 25,200.00
        "velocity of small payments",
        *(Move(hour, "PAYMENT", 4_200_00, 4_900_00) for hour in (0, 4, 9, 14, 19, 23)),
        finds=(R.SAR_VELOCITY,),
    ),
    _story(
        "velocity by one cent",
        Move(0, "DEBIT", 12_500_00),
        Move(23, "DEBIT", 12_500_01),
        finds=(R.SAR_VELOCITY,),
    ),
    _story("cash of exactly 10,000", Move(0, "CASH_IN", 10_000_00), finds=(R.CTR_THRESHOLD,)),
    _story("cash over 10,000", Move(0, "DEPOSIT", 10_000_01, 24_000_01), finds=(R.CTR_THRESHOLD,)),
    _story(
        "large transfer",
        Move(0, "TRANSFER", 10_000_01, 49_999_99),
        finds=(R.CTR_THRESHOLD, R.SAR_THRESHOLD),
    ),
    _story(
        "cash in two parts to one recipient",
        Move(0, "CASH_IN", 5_000_01, 7_900_00, "agent"),
        Move(23, "CASH_IN", 5_000_01, 7_900_00, "agent"),
        finds=(R.CTR_AGGREGATION,),
    ),
    _story(
        "two parts of exactly 10,000 to one recipient",
        Move(0, "PAYMENT", 4_000_01, to="shop"),
        Move(5, "PAYMENT", 5_999_99, to="shop"),
        finds=(R.CTR_AGGREGATION,),
    ),
    _story("cash out of exactly 5,000", Move(0, "CASH_OUT", 5_000_00), finds=(R.SAR_THRESHOLD,)),
    _story("wire over 5,000", Move(0, "WIRE", 5_000_01, 7_999_99), finds=(R.SAR_THRESHOLD,)),
    _story(
        "high value wire",
        Move(0, "WIRE", 50_000_01, 90_000_01),
        finds=(R.HIGH_VALUE, R.CTR_THRESHOLD, R.SAR_THRESHOLD),
    ),
    _story(
        "round amounts within 30 days",
        Move(0, "PAYMENT", 1_000_00),
        Move(300, "PAYMENT", 3_000_00),
        Move(719, "PAYMENT", 4_000_00),
        finds=(R.ROUND,),
    ),
    _story(
        "dormant for exactly 90 days",
        Move(0, "PAYMENT", 150_00, 900_00),
        Move(QUIET, "PAYMENT", 5_000_01, 7_999_99),
        finds=(R.DORMANT,),
    ),
    Story(
        "dormant but for a fee of 100",
        (
            Move(0, "PAYMENT", 150_00, 900_00),
            Move(1_500, "PAYMENT", 100_00),
            Move(QUIET + 40, "TRANSFER", 5_000_01, 7_999_99),
        ),
        {R.DORMANT: 0, R.SAR_THRESHOLD: 2},
    ),
    _story("balance two cents short", Move(0, "PAYMENT", 200_01, 4_000_01, error=-2), finds=(R.MISMATCH,)),
    _story(
        "cash in booked as cash out",
        Move(0, "CASH_IN", 1_234_56, error=-2 * 1_234_56),
        finds=(R.MISMATCH,),
    ),
    _story(
        "transfer to an empty account",
        Move(0, "TRANSFER", 500_00, 4_900_00, EMPTY),
        finds=(R.FRAUD,),
    ),
    _story(
        "account emptied in cash",
        Move(0, "CASH_OUT", 20_000_01, 40_000_01, EMPTY),
        finds=(R.FRAUD, R.CTR_THRESHOLD, R.SAR_THRESHOLD),
        emptied=True,
    ),
)

NEAR_MISSES = (
    _near_miss(R.STRUCTURING, "two of 9,000 in a day", *(Move(hour, "CASH_IN", 9_000_00) for hour in (0, 23))),
    _near_miss(
        R.STRUCTURING,
        "three of 9,100 exactly 24 hours apart",
        *(Move(hour, "CASH_IN", 9_100_00, to="agent") for hour in (0, 24, 48)),
    ),
    _near_miss(
        R.STRUCTURING,
        "three of 7,999.99 in a day",
        *(Move(hour, "CASH_IN", 7_999_99) for hour in (0, 5, 10)),
    ),
    _near_miss(
        R.STRUCTURING,
        "two of 9,999.99 and one of 10,000 in a day",
        Move(0, "PAYMENT", 9_999_99),
        Move(1, "PAYMENT", 10_000_00),
        Move(2, "PAYMENT", 9_999_99),
        finds=(R.SAR_VELOCITY,),
    ),
    _near_miss(
        R.SUB_THRESHOLD,
        "four in a day",
        *(Move(hour, "DEPOSIT", 8_100_00, 9_900_00) for hour in (0, 1, 2, 23)),
        finds=(R.STRUCTURING, R.SAR_VELOCITY),
    ),
    _near_miss(
        R.SUB_THRESHOLD,
        "the fifth exactly 24 hours after the first",
        *(Move(hour, "DEPOSIT", 8_100_00, 9_900_00) for hour in (0, 6, 12, 18, 24)),
        finds=(R.STRUCTURING, R.SAR_VELOCITY),
    ),
    _near_miss(R.CTR_THRESHOLD, "cash of 9,999.99", Move(0, "CASH_IN", 9_999_99)),
    _near_miss(R.CTR_THRESHOLD, "a payment, which is not cash", Move(0, "PAYMENT", 15_000_01, 24_000_01)),
    _near_miss(
        R.CTR_AGGREGATION,
        "9,999.99 in two parts to one recipient",
        Move(0, "DEPOSIT", 4_000_01, to="branch"),
        Move(5, "DEPOSIT", 5_999_98, to="branch"),
    ),
    _near_miss(
        R.CTR_AGGREGATION,
        "12,000 to two recipients",
        *(Move(hour, "DEPOSIT", 6_000_00) for hour in (0, 1)),
    ),
    _near_miss(
        R.CTR_AGGREGATION,
        "two parts exactly 24 hours apart",
        *(Move(hour, "DEPOSIT", 7_000_01, 7_900_00, "branch") for hour in (0, 24)),
    ),
    _near_miss(R.CTR_AGGREGATION, "one payment alone", Move(0, "PAYMENT", 10_000_01, 14_000_01)),
    _near_miss(R.SAR_THRESHOLD, "a transfer of 4,999.99", Move(0, "TRANSFER", 4_999_99)),
    _near_miss(R.SAR_THRESHOLD, "a payment over 5,000", Move(0, "PAYMENT", 5_000_01, 7_999_99)),
    _near_miss(
        R.SAR_VELOCITY,
        "exactly 25,000 in a day",
        *(Move(hour, "DEBIT", 12_500_00) for hour in (0, 23)),
    ),
    _near_miss(
        R.SAR_VELOCITY,
        "40,001 exactly 24 hours apart",
        *(Move(hour, "PAYMENT", 20_000_50) for hour in (0, 24)),
    ),
    _near_miss(R.SAR_VELOCITY, "one large debit alone", Move(0, "DEBIT", 25_000_01, 40_000_01)),
    _near_miss(
        R.HIGH_VALUE,
        "a transfer of exactly 50,000",
        Move(0, "TRANSFER", 50_000_00),
        finds=(R.CTR_THRESHOLD, R.SAR_THRESHOLD),
    ),
    _near_miss(
        R.HIGH_VALUE,
        "cash out, which is no transfer",
        Move(0, "CASH_OUT", 50_000_01, 60_000_01),
        finds=(R.CTR_THRESHOLD, R.SAR_THRESHOLD),
    ),
    _near_miss(R.ROUND, "1,000 twice", *(Move(hour, "PAYMENT", 1_000_00) for hour in (0, 300))),
    _near_miss(
        R.ROUND,
        "the third exactly 720 hours after the first",
        *(Move(hour, "PAYMENT", 2_000_00) for hour in (0, 360, 720)),
    ),
    _near_miss(R.ROUND, "zero is not round", *(Move(hour, "PAYMENT", 0) for hour in (0, 1, 2))),
    _near_miss(
        R.ROUND,
        "one of three off by a cent",
        *(Move(hour, "PAYMENT", amount) for hour, amount in ((0, 1_000_00), (30, 2_000_00), (60, 3_000_01))),
    ),
    _near_miss(
        R.DORMANT,
        "quiet for 89 days and 23 hours",
        Move(0, "PAYMENT", 150_00, 900_00),
        Move(QUIET - 1, "PAYMENT", 5_000_01, 7_999_99),
    ),
    _near_miss(
        R.DORMANT,
        "waking with exactly 5,000",
        Move(0, "PAYMENT", 150_00, 900_00),
        Move(QUIET, "PAYMENT", 5_000_00),
    ),
    _near_miss(
        R.DORMANT,
        "a record of 100.01 ends the quiet",
        Move(0, "PAYMENT", 150_00, 900_00),
        Move(1_500, "PAYMENT", 100_01),
        Move(QUIET + 40, "PAYMENT", 5_000_01, 7_999_99),
    ),
    _near_miss(
        R.DORMANT,
        "nothing but a fee of 100 before",
        Move(0, "PAYMENT", 100_00),
        Move(QUIET + 40, "PAYMENT", 5_000_01, 7_999_99),
    ),
    _near_miss(R.MISMATCH, "payment off by one cent", Move(0, "PAYMENT", 200_01, 4_000_01, error=1)),
    _near_miss(R.MISMATCH, "cash in off by one cent", Move(0, "CASH_IN", 200_01, 4_000_01, error=-1)),
    _near_miss(R.FRAUD, "an account holding one cent", Move(0, "TRANSFER", 500_00, 4_900_00, ONE_CENT)),
    _near_miss(R.FRAUD, "a debit to an empty account", Move(0, "DEBIT", 500_00, 4_900_00, EMPTY)),
    _near_miss(R.FRAUD, "a transfer that is not booked", Move(0, "TRANSFER", 500_00, 4_900_00, MERCHANT)),
)
