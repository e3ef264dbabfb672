"""Scans written by hand of rules that look back, of arithmetic, lists and context: what chance meets too rarely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.compliance.edge_cases import EDGES, HEADERS, scan_of
from tests.compliance.strategies import Case, Cells

STEPS = ["acct", "to", "amt", "kind", "hour"]
OF_STEPS = {"account": "acct", "recipient": "to", "amount": "amt", "type": "kind", "step": "hour"}
IN, OUT = ({"field": "type", "operator": "==", "value": name} for name in ("IN", "OUT"))
PASSED_ON = {"kind": "sequence", "first": IN, "then": OUT, "within_hours": 24}
PASSED_ON |= {"match_on": [{"first": "recipient", "then": "account"}]}
ANY = {"field": "amount", "operator": "exists"}


def moved(account: str | None, to: str | None, amount: str | None, hour: str | None, kind: str = "IN") -> Cells:
    return [account, to, amount, kind, hour]


def by_steps(rules: list[dict[str, Any]], rows: list[Cells], **mapping: str) -> Case:
    return replace(scan_of(rules, rows), headers=STEPS, mapping=mapping or OF_STEPS)


def ratio(low: float | None, high: float | None) -> dict[str, Any]:
    bounds = {name: value for name, value in (("min", low), ("max", high)) if value is not None}
    return PASSED_ON | {"ratio": {"of": "amount", **bounds}}


def baseline(history: int, **limit: float) -> dict[str, Any]:
    return {"kind": "baseline", "of": "amount", "history_days": 1, "min_history": history, **limit}


def share(operator: str, threshold: float, **more: Any) -> dict[str, Any]:
    return {"kind": "share", "where": OUT, "operator": operator, "threshold": threshold, "min_records": 1, **more}


def calculated(source: str, operator: str, value: float) -> dict[str, Any]:
    return {"kind": "record", "where": {"expr": source, "operator": operator, "value": value}}


def listed(operator: str, name: str, field: str) -> dict[str, Any]:
    return {"kind": "record", "where": {"field": field, "operator": operator, "value": name}}


HUGE = "99999999999999.9999"
PASSING = [
    moved("A", "B", "100", "0"),
    moved("C", "B", "120", "3"),
    moved("D", "B", "100", "3"),
    moved("B", "E", "90", "3", "OUT"),
    moved("B", "E", "110", "24", "OUT"),
    moved("B", "E", "110", "27", "OUT"),
    moved("B", "E", "100", "28", "OUT"),
    moved(None, "E", "100", "5", "OUT"),
    moved("B", "E", None, "5", "OUT"),
    moved("B ", "E", "-5", "5", "OUT"),
    moved("E", " B", "100", "4"),
    moved("E", None, "100", "4"),
]
COUNTED = {"kind": "aggregate", "function": "count", "operator": ">=", "threshold": 1}
EARLIER: list[Cells] = [
    ["A", "5", "2024-01-01T00:00Z"],
    [None, "5", "2024-01-01T01:00Z"],
    ["0", "5", "2024-01-01T02:00Z"],
]
LOOKING_BACK: list[dict[str, Any]] = [
    COUNTED,
    COUNTED | {"window": {"hours": 24, "mode": "tumbling"}},
    COUNTED | {"threshold": 2, "window": {"hours": 24}},
    COUNTED | {"function": "distinct", "of": "amount"},
    {"kind": "duplicate", "key": ["amount"], "across_accounts": True},
    {"kind": "duplicate", "key": ["amount"], "window": {"hours": 24}},
    {"kind": "dormancy", "quiet_days": 0.5},
    {"kind": "record", "where": ANY},
    baseline(1, times_mean=1),
    {"kind": "share", "where": ANY, "operator": ">", "threshold": 0, "min_records": 2},
    PASSED_ON | {"first": ANY, "then": ANY, "match_on": [{"first": "account", "then": "account"}]},
]
SCANNED: list[Cells] = [["A", "6", "2024-01-01T12:00:00Z"], [None, "5", "2024-01-01T12:00:00Z"]]
BESIDE = scan_of(LOOKING_BACK, SCANNED)

HISTORIES: dict[str, Case] = {
    "sequences on every edge": by_steps([PASSED_ON, ratio(0.9, 1.1), ratio(1, 1), ratio(0.9, 0.9)], PASSING),
    "a ratio of nothing and of debts": by_steps(
        [ratio(0.5, 2), ratio(-2, 2), ratio(0, 0)],
        [
            *(moved("A", "B", "0", "0"), moved("B", "C", "0", "1", "OUT"), moved("B", "C", "0.0001", "2", "OUT")),
            *(moved("A", "D", "-4", "0"), moved("D", "C", "-4", "1", "OUT"), moved("D", "C", "8", "2", "OUT")),
        ],
    ),
    "records that are first and then": by_steps(
        [PASSED_ON | {"then": IN, "match_on": [{"first": "account", "then": "account"}]}],
        [moved("A", "B", "1", hour) for hour in ("0", "0", "1", "1", "25", "48")],
    ),
    "a sequence of more than one field": by_steps(
        [PASSED_ON | {"match_on": [{"first": "recipient", "then": "account"}, {"first": "amount", "then": "amount"}]}],
        [moved("A", "B", "1.0", "0"), moved("B", "C", "1", "1", "OUT"), moved("B", "C", "x", "1", "OUT")],
    ),
    "a third of an hour": by_steps(
        [PASSED_ON | {"within_hours": 1}],
        [moved("A", "B", "1", "1"), moved("B", "C", "1", "2", "OUT")],
    ),
    "baselines on every edge": by_steps(
        [baseline(2, times_mean=3), baseline(2, z_score=2), baseline(3, z_score=0.5), baseline(1, times_mean=1)],
        [
            moved("A", "B", amount, hour)
            for amount, hour in (
                *(("10", "0"), ("20", "1"), ("45", "2"), ("45.0001", "2"), ("25", "2"), ("25.0001", "2")),
                *(("99", "24"), ("99", "25"), ("1", "26"), ("-7", "30"), ("-8", "31"), ("-7.5", "60"), ("-3", "61")),
            )
        ],
    ),
    "a baseline of thirds": by_steps(
        [baseline(3, times_mean=1), baseline(3, times_mean=1.5), baseline(3, z_score=1)],
        [
            moved("A", "B", amount, hour)
            for amount, hour in (("1", "0"), ("1", "1"), ("2", "2"), ("1.3333", "3"), ("1.3334", "3"), ("2.0001", "3"))
        ],
    ),
    "a mean of two thirds": by_steps(
        [baseline(3, times_mean=3)],
        [moved("A", "B", amount, hour) for amount, hour in zip("11029", "01234", strict=True)],
    ),
    "a baseline beyond all digits": by_steps(
        [baseline(1, z_score=1), baseline(1, times_mean=1)],
        [moved("A", "B", HUGE if hour % 2 else f"-{HUGE}", str(hour)) for hour in range(20)],
    ),
    "shares on every edge": by_steps(
        [
            *(share(operator, 0.333333) for operator in ("<", "<=", ">", ">=")),
            *(share(">=", 0, where=IN), share(">=", 0, min_records=3), share(">=", 0, min_records=4)),
            *(share(">=", 0.5, of_where=ANY), share("<", 1, group_by=["recipient"])),
        ],
        [
            *(moved("A", "B", "1", None, kind) for kind in ("OUT", "IN", "IN")),
            *(moved("C", "B", None, None, kind) for kind in ("OUT", "OUT", "IN")),
            *(moved("D", None, "1", None, "OUT"), ["D", "B", "1", None, None], moved(None, "B", "1", None, "OUT")),
        ],
    ),
    "quotients": by_steps(
        [
            *(calculated("amount / 2000000", operator, 0.000002) for operator in ("==", "<", ">=")),
            *(calculated("amount / (amount - 1)", operator, 1) for operator in (">", "<=", "!=")),
            calculated("1 / amount * amount", "==", 1),
            calculated("amount * amount * amount", ">", 0),
            calculated("amount / 3 + amount / 3 + amount / 3 - amount", "!=", 0),
            calculated("-amount / 2000000", "<", -0.000001),
            calculated("(amount - amount) * (1 / (amount - amount))", "==", 0),
        ],
        [moved("A", "B", amount, None) for amount in ("1", "3", "5", "7", "0", "-3", HUGE, "x", "0.0001", "9000")],
    ),
    "lists": replace(
        scan_of(
            [listed(operator, name, field) for operator in ("in_list", "not_in_list") for name, field in (
                ("some", "account"), ("some", "amt"), ("none", "account"), ("some", "type"), ("some", "nowhere")
            )],
            [["A", "5", "a"], [" A ", "5.0", " A"], ["a", " 5", None], [None, None, "B"], ["5", "x", "wire"]],
            account="acct", amount="amt", type="when",
        ),
        lists={"some": ["A", "5", "Wire"], "none": []},
    ),
    "context beside": replace(BESIDE, context=[(HEADERS, EARLIER)]),
    "two contexts": replace(BESIDE, context=[(HEADERS, EARLIER), (HEADERS, EARLIER)]),
    "context without records": replace(BESIDE, context=[(HEADERS, [])]),
    "context of other columns": replace(
        BESIDE, context=[(["x", "when", "acct"], [["1", row[2], row[0]] for row in EARLIER])]
    ),
    "context without the time": replace(BESIDE, context=[(["acct", "amt"], [row[:2] for row in EARLIER])]),
    "context of text": replace(BESIDE, context=[(HEADERS, [["A", "many", "x"], ["A", "few", "y"], ["A", "6", "z"]])]),
    "the same file as context": replace(BESIDE, context=[(HEADERS, SCANNED)]),
    "context for nothing": replace(BESIDE, rows=[], context=[(HEADERS, EARLIER)]),
    "context that has what the scanned file lacks": replace(
        BESIDE, headers=HEADERS[:2], rows=[row[:2] for row in SCANNED], context=[(HEADERS, EARLIER)]
    ),
}  # fmt: skip

WRITTEN = EDGES | HISTORIES
"""All scans written by hand."""
