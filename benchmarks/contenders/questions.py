"""The thirteen rules, in the language of the engine; what the others are asked is the same, in theirs."""

from __future__ import annotations

from typing import Any

MOVES = ("TRANSFER", "WIRE", "CASH_OUT")
REPORTED = ("CASH_IN", "CASH_OUT", "DEPOSIT", "TRANSFER", "WIRE")
INWARD = ("CASH_IN", "DEPOSIT")


def _leaf(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def _is(*types: str) -> dict[str, Any]:
    return _leaf("type", "in", list(types))


def _off(sign: str) -> dict[str, Any]:
    return {"expr": f"abs(oldbalanceOrg {sign} amount - newbalanceOrig)", "operator": ">", "value": 0.01}


def _all(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"AND": list(conditions)}


def _rule(rule_id: str, kind: str, **parts: Any) -> dict[str, Any]:
    return {"rule_id": rule_id, "name": rule_id, "kind": kind, "severity": "HIGH", **parts}


def _record(rule_id: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return _rule(rule_id, "record", where=_all(*conditions))


def _sliding(rule_id: str, hours: int, operator: str, threshold: int, **parts: Any) -> dict[str, Any]:
    about = {"function": "count", "window": {"hours": hours}, "operator": operator, "threshold": threshold}
    return _rule(rule_id, "aggregate", **{**about, **parts})


_JUST_BELOW = (_leaf("amount", ">=", 8000), _leaf("amount", "<", 10000))
_MISMATCH = {"OR": [_all({"NOT": _is(*INWARD)}, _off("-")), _all(_is(*INWARD), _off("+"))]}
_MOVED = _is(*MOVES)
RECORDS: tuple[dict[str, Any], ...] = (
    _record("REPORTED", _is(*REPORTED), _leaf("amount", ">=", 10000)),
    _record("SUSPICIOUS", _MOVED, _leaf("amount", ">=", 5000)),
    _record("MISMATCH", _MISMATCH),
    _record("FILLED", _is("CASH_OUT", "TRANSFER"), _leaf("oldbalanceDest", "==", 0), _leaf("newbalanceDest", ">", 0)),
    _record("HIGH_VALUE", _is("TRANSFER", "WIRE"), _leaf("amount", ">", 50000)),
    _record("ROUND", _leaf("amount", "is_round", 1000)),
    _record("JUST_BELOW", *_JUST_BELOW),
)
OTHERS: tuple[dict[str, Any], ...] = (
    _sliding("DAY_SUM", 24, ">", 25000, function="sum", of="amount", min_records=2),
    _sliding("WEEK_COUNT", 168, ">=", 3, where=_all(*_JUST_BELOW)),
    _sliding("HOUR_COUNT", 1, ">=", 3),
    _rule(
        "DORMANT", "dormancy", quiet_days=90, where=_leaf("amount", ">", 5000), quiet_where=_leaf("amount", ">", 100)
    ),
    _rule(
        "PASSED_ON", "sequence", first=_MOVED, then=_MOVED, within_hours=24,
        match_on="first.recipient = then.account", ratio={"of": "amount", "min": 0.9, "max": 1},
    ),
    _rule("TWICE", "duplicate", key=["recipient", "type", "amount"], window={"hours": 24}),
)  # fmt: skip
ALL = (*RECORDS, *OTHERS)
