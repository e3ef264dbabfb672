"""Mappings: refused with all their faults, shown on real rows, judged by what their columns hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compliance.columns import Column, ColumnType
from compliance.uploads.mapping import (
    LOOKED_AT,
    Mapping,
    MappingRefused,
    Problem,
    check_mapping,
    misspelt,
    normalised_sample,
    value_quality,
)
from tests.compliance.uploads.files import Taken, take

COLUMNS = [
    Column(name, f"c{i}", ColumnType.TEXT, 0, 1, None, None) for i, name in enumerate(["Amount", "Account", "amount"])
]


def problems(config: object) -> list[Problem]:
    with pytest.raises(MappingRefused) as refused:
        check_mapping(config, COLUMNS)
    return list(refused.value.problems)


def test_a_good_mapping_names_its_columns() -> None:
    mapping = check_mapping({"amount": "Amount", "account": " Account "}, COLUMNS)
    assert mapping.to_dict() == {"amount": "Amount", "account": "Account"}
    assert mapping.columns["amount"].stored == "c0"


def test_names_are_compared_exactly() -> None:
    assert check_mapping({"amount": "amount"}, COLUMNS).columns["amount"].stored == "c2"


def test_any_field_can_be_mapped() -> None:
    assert check_mapping({"my_field": "Account"}, COLUMNS).to_dict() == {"my_field": "Account"}


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        (["amout"], ["amount"]), (["Amount"], ["amount"]), (["acount", "time_stamp"], ["account", "timestamp"]),
        (["oldbalanceorg"], ["oldbalanceOrg"]), (["risk_scor"], ["risk_score"]), (["x" * 9999], []),
        (["my_field"], []), (["amounts", "amount"], []), (["risk_score"], []), (["account", "amount", "type"], []),
    ],
)  # fmt: skip
def test_a_field_that_looks_misspelt_is_warned_of(fields: list[str], meant: list[str]) -> None:
    warnings = misspelt(fields, {"risk_score"})
    assert [re.findall('did you mean "(.*)"', warning) for warning in warnings] == [[name] for name in meant]


def test_of_very_many_fields_the_first_are_looked_at() -> None:
    assert len(misspelt(["amout"] * 2 * LOOKED_AT)) == LOOKED_AT


def test_the_other_names_of_fields_are_understood() -> None:
    mapping = check_mapping({"sender_id": "Account", "transaction_type": "Amount"}, COLUMNS)
    assert mapping.to_dict() == {"account": "Account", "type": "Amount"}


def test_a_difference_in_case_is_suggested_and_not_used() -> None:
    [problem] = problems({"account": "ACCOUNT"})
    assert problem.path == "mapping_config.account"
    assert 'did you mean "Account"?' in problem.message


def test_an_unknown_column_gets_the_list_of_columns() -> None:
    [problem] = problems({"account": "nope"})
    assert '"Amount", "Account", "amount"' in problem.message


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), (5, "a number"), (True, "a boolean"), ([], "a list"), ({}, "an object")],
)
def test_a_value_that_is_no_text_is_refused(value: object, kind: str) -> None:
    [problem] = problems({"account": value})
    assert problem.message == f"must be a column name in quotes, not {kind}."


def test_all_problems_are_reported_at_once() -> None:
    found = problems({"account": "nope", "amount": 5, "type": "Amount"})
    assert [problem.path for problem in found] == ["mapping_config.account", "mapping_config.amount"]


def test_a_field_mapped_twice_through_its_other_name_is_refused() -> None:
    [problem] = problems({"account": "Account", "sender_id": "Amount"})
    assert problem.path == "mapping_config.sender_id"


@pytest.mark.parametrize("config", [None, [], "account", 5])
def test_a_mapping_must_be_an_object(config: object) -> None:
    [problem] = problems(config)
    assert problem.path == "mapping_config"


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    return take(
        tmp_path,
        "acct,kind,amt,when,hour,ok\n"
        ' A ,cash_in ,"1.234,50",01.02.2024,3,yes\n'
        ',x,"7,5",02.02.2024 10:00,2,no\n'
        "C,y,much,never,soon,yes\n"
        'D,z,"1,5",03.02.2024,1,no\n',
    )


def mapped(taken: Taken, **config: str) -> Mapping:
    return check_mapping(config, taken.ingested.profile.columns)


def test_sample_rows_hold_what_rules_will_see(tmp_path: Path, taken: Taken) -> None:
    mapping = mapped(taken, account="acct", type="kind", amount="amt", timestamp="when", step="hour", flag="ok")
    assert normalised_sample(mapping, tmp_path / "records.parquet") == [
        {
            "account": "A",
            "type": "CASH_IN",
            "amount": 1234.5,
            "timestamp": "2024-02-01T00:00:00",
            "step": 3,
            "flag": True,
        },
        {
            "account": "row:2",
            "type": "X",
            "amount": 7.5,
            "timestamp": "2024-02-02T10:00:00",
            "step": 2,
            "flag": False,
        },
        {"account": "C", "type": "Y", "amount": None, "timestamp": None, "step": None, "flag": True},
    ]


def test_quality_is_the_share_of_records_that_read(taken: Taken) -> None:
    mapping = mapped(taken, account="acct", amount="amt", timestamp="when", type="kind")
    quality = {entry.field: entry for entry in value_quality(mapping, taken.ingested.profile.columns, row_count=4)}
    assert {field: entry.share for field, entry in quality.items()} == {
        "account": 0.75,
        "amount": 0.75,
        "timestamp": 0.75,
        "type": 1.0,
    }
    assert quality["type"].warning is None
    assert "1 do not read as a number" in str(quality["amount"].warning)
    assert "1 do not read as a time" in str(quality["timestamp"].warning)
    assert "cannot be followed from scan to scan" in str(quality["account"].warning)
