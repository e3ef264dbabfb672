"""Scans written by hand for what chance meets too rarely; the engine must equal the oracle on each."""

from __future__ import annotations

from typing import Any

from tests.compliance.strategies import Case, Cells

HEADERS = ["acct", "amt", "when"]
MAPPING = {"account": "acct", "amount": "amt", "timestamp": "when"}


def scan_of(rules: list[dict[str, Any]], rows: list[Cells], time_zone: str = "UTC", **mapping: str) -> Case:
    numbered = [
        {"rule_id": f"R{number}", "name": "Edge", "severity": "LOW", "is_active": True, **rule}
        for number, rule in enumerate(rules, start=1)
    ]
    return Case(numbered, HEADERS, rows, mapping or MAPPING, time_zone=time_zone)


def _aggregate(function: str, operator: str, threshold: float, hours: float | None = 24) -> dict[str, Any]:
    rule = {"kind": "aggregate", "function": function, "operator": operator, "threshold": threshold}
    return rule | ({"of": "amount"} if function != "count" else {}) | ({"window": {"hours": hours}} if hours else {})


def _at(hour: float, amount: str | None = "1", account: str | None = "A") -> Cells:
    day, minutes = divmod(round(hour * 60), 1440)
    return [account, amount, f"2024-01-{day + 1:02d}T{minutes // 60:02d}:{minutes % 60:02d}:00Z"]


ALL = {"kind": "record", "where": {"field": "amount", "operator": "exists"}}
EVERY_HOUR = _aggregate("count", ">=", 1, 1) | {"window": {"hours": 1, "mode": "tumbling"}}
SPRING = ["2024-03-10 01:59:59", "2024-03-10 02:00:00", "2024-03-10 02:30:00", "2024-03-10 03:00:00"]
AUTUMN = ["2024-11-03 00:59:59", "2024-11-03 01:00:00", "2024-11-03 01:59:59", "2024-11-03 02:00:00"]

EDGES: dict[str, Case] = {
    "an episode over an instant that does not trigger": scan_of(
        [_aggregate("sum", ">", 50)], [_at(0, "60"), _at(6, "50"), _at(24, "-20"), _at(29, "30")]
    ),
    "windows that touch but do not overlap": scan_of(
        [_aggregate("count", ">=", 2), _aggregate("sum", ">=", 1)], [_at(0), _at(0), _at(24), _at(24), _at(48)]
    ),
    "an average that ends in half a millionth": scan_of(
        [_aggregate("avg", operator, threshold, hours) for hours in (None, 24) for operator, threshold in (
            (">=", 0.000012), (">", 0.000012), ("<=", 0.000012), (">", -1)
        )],
        [_at(0, "0.0001")] + [_at(hour, "0") for hour in range(7)] + [_at(0, "-0.0003", "B")] + [_at(1, "0", "B")] * 7,
    ),
    "a gap that ends in half a millionth of a day": scan_of(
        [{"kind": "dormancy", "quiet_days": 1}],
        [["A", "1", "2024-01-01"], ["A", "1", "2024-01-03T00:00:00.043200"], ["A", "1", "2024-01-05T00:00:00.129600"]],
    ),
    "sums beyond eighteen digits": scan_of(
        [_aggregate(name, ">", 99999999999999, hours) for name in ("sum", "avg", "max") for hours in (None, 24)],
        [_at(hour, "99999999999999.9999") for hour in range(30)],
    ),
    "sums far below zero": scan_of(
        [_aggregate(name, "<", -1, hours) for name in ("sum", "avg", "min") for hours in (None, 24)],
        [_at(hour, "-99999999999999.9999") for hour in range(30)],
    ),
    "clocks put forward": scan_of([ALL, EVERY_HOUR], [["A", "1", stamp] for stamp in SPRING], "America/New_York"),
    "clocks put back": scan_of([ALL, EVERY_HOUR], [["A", "1", stamp] for stamp in AUTUMN], "America/New_York"),
    "times before 1970": scan_of(
        [EVERY_HOUR, _aggregate("count", ">=", 2)],
        [["A", "1", f"{stamp}Z"] for stamp in ("1969-12-31T23:59:59.999999", "1969-12-31T23:00", "1970-01-01T00:00")],
    ),
    "a real account that looks made up": scan_of(
        [_aggregate("count", ">=", 1, None), ALL, {"kind": "duplicate", "key": ["amount"], "across_accounts": True}],
        [[None, "1", "2024-01-01"], ["row:1", "1", "2024-01-01"], ["row:1", "1", "2024-01-02"], ["row:", "2", "x"]],
    ),
    "blanks of many kinds, and characters beyond the first plane": scan_of(
        [_aggregate("count", ">=", 1, None), ALL, {"kind": "duplicate", "key": ["account"]}],
        [["\tA\u00a0", "1", None], ["A", "1", None], ["\U0001f916\u0301", " 1\t", None], ["\u3000", "1", None]],
    ),
    "no record at all": scan_of([ALL, EVERY_HOUR, {"kind": "dormancy", "quiet_days": 1}], []),
    "no time at all": scan_of([ALL, EVERY_HOUR, {"kind": "dormancy", "quiet_days": 1}], [_at(0)], amount="amt"),
}  # fmt: skip
