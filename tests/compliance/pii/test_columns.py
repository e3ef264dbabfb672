"""The look at columns: what is found, what is not mistaken, and how much of a file is looked at."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compliance.columns import Column, ColumnType
from compliance.demo.ledger import write_ledger
from compliance.pii import Kind, check_records
from compliance.pii.columns import VALUES_OF_A_COLUMN, check_values, sample
from compliance.uploads.ingest import ingest

# Published examples and invented people only.
CUSTOMERS = {
    "Customer name": ["Ann Smith", "José García-López", "Maria O'Neill", "李小龙", "von Trapp, Georg"],
    "eMail": ["ann.smith@example.com", "jose@mail.example.es", "m@example.ie", "li@example.org", "g.t@example.at"],
    "Mobile": ["+43 660 1234567", "0660/123 45 67", "(212) 555-0142", "+34 612 345 678", "+353851234567"],
    "Bank account": [
        "AT61 1904 3002 3457 3201", "ES9121000418450200051332", "IE29 AIBK 9311 5212 3456 78", "DE89370400440532013000",
        "GB29 NWBK 6016 1331 9268 19",
    ],
    "Card": ["4111 1111 1111 1111", "5555555555554444", "3782-822463-10005", "6011111111111117", "3530111333300000"],
    "SSN": ["078-05-1121", "536-90-4399", "219-09-9998", "429-11-2345", "001-01-0001"],
    "City": ["Vienna", "Madrid", "Dublin", "Hong Kong", "Salzburg"],
    "Balance": ["10.00", "250000.5", "-3", "1,000.00", "0"],
}  # fmt: skip


def kinds(header: str, *values: str) -> set[str]:
    return {str(found.kind) for found in check_values(header, values)}


def test_a_file_of_customers_shows_every_kind_and_nothing_where_there_is_none() -> None:
    found = {header: check_values(header, values) for header, values in CUSTOMERS.items()}
    assert {header: [(str(each.kind), each.share) for each in of] for header, of in found.items()} == {
        "Customer name": [("name", 1.0)], "eMail": [("email", 1.0)], "Mobile": [("phone", 1.0)],
        "Bank account": [("iban", 1.0)], "Card": [("card", 1.0)], "SSN": [("national_id", 1.0)], "City": [],
        "Balance": [],
    }  # fmt: skip
    samples = {header: of[0].samples for header, of in found.items() if of}
    assert samples == {
        "Customer name": ("A*** S***", "J*** G***", "M*** O***"),
        "eMail": ("a***@e***.com", "j***@m***.es", "***@e***.ie"),
        "Mobile": ("+43 *** *67", "*** *67", "+1 *** *42"),
        "Bank account": ("AT** **** **** **01", "ES** **** **** **32", "IE** **** **** **78"),
        "Card": ("**** **** **** 1111", "**** **** **** 4444", "**** **** **** 0005"),
        "SSN": ("***21", "***99", "***98"),
    }


def test_what_stands_within_text_is_found_and_only_that_is_shown() -> None:
    text = "Ann, +43 660 1234567 (ann.s@example.com), pays from at61 1904 3002 3457 3201 or with 4111111111111111."
    found = check_values("note", [text, "nothing here", "nor here", "12 items at 3.50"])
    assert {str(each.kind): (each.share, each.samples) for each in found} == {
        "card": (0.25, ("**** **** **** 1111",)), "email": (0.25, ("a***@e***.com",)),
        "iban": (0.25, ("AT** **** **** **01",)), "phone": (0.25, ("+43 *** *67",)),
    }  # fmt: skip


NATIONAL = [
    ("Austria", "1237 010180"),
    ("Belgium", "85.07.30-033.28"),
    ("Brazil", "390.533.447-05"),
    ("Canada", "130-692-544"),
    ("Finland", "131052-308T"),
    ("France", "2 95 10 99 126 111 93"),
    ("Germany", "36 574 261 809"),
    ("Italy", "RCCMNL83S18D969H"),
    ("Korea", "971013-9019902"),
    ("Spain", "54362315K"),
    ("Switzerland", "756.9217.0769.85"),
    ("United Kingdom", "AB 12 34 56 C"),
]


@pytest.mark.parametrize(("country", "number"), NATIONAL, ids=[country for country, _ in NATIONAL])
def test_a_national_number_is_known_by_its_punctuation(country: str, number: str) -> None:
    (found,) = check_values("reference", [number])
    assert (found.kind, found.samples) == (Kind.NATIONAL_ID, (f"***{number[-2:]}",))
    assert (found.detail or "").startswith(country)


def pesel(chance: random.Random) -> str:
    """A Polish number of somebody born in the 1980s, with its check digit."""
    born = f"{chance.randrange(80, 90)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
    digits = f"{born}{chance.randrange(10**4):04}"
    check = -sum(int(digit) * weight for digit, weight in zip(digits, (1, 3, 7, 9) * 3, strict=False)) % 10
    return f"{digits}{check}"


def test_bare_digits_are_a_national_number_if_the_header_says_so_or_all_of_them_check() -> None:
    chance = random.Random(1)
    numbers = [pesel(chance) for _ in range(100)]
    others = [str(chance.randrange(10**10, 10**11)) for _ in range(100)]
    (found,) = check_values("id", numbers)
    assert (found.kind, found.share, found.detail) == (Kind.NATIONAL_ID, 1.0, "Poland: PESEL")
    assert kinds("PESEL", *numbers[:3]) == {"national_id"}
    assert kinds("id", *numbers[:19]) == set()  # too few to be sure
    assert kinds("id", *others) == set()
    assert kinds("id", *numbers[:80], *others[:20]) == set()


def test_names_are_found_by_header_and_only_where_values_look_like_them() -> None:
    assert kinds("LastName", "Smith", "Jones") == kinds("NAME", "Ann Smith") == {"name"}
    assert kinds("first_name", "A-17", "B-18") == set()
    for header in ("merchant_name", "product name", "Country", "nameOrig", "filename", "type"):
        assert kinds(header, "Ann Smith", "Bob Jones") == set()


def test_a_phone_number_without_a_country_needs_a_header_that_says_so() -> None:
    assert kinds("Tel.", "0660 1234567") == {"phone"}
    assert kinds("reference", "0660 1234567") == set()
    assert kinds("Hotel", "06601234567") == kinds("Phone", "12", "7") == set()


LOOKALIKES = {
    "step": lambda chance: str(chance.randrange(1, 744)),
    "amount": lambda chance: f"{chance.uniform(0, 10**7):.2f}",
    "signed amount": lambda chance: f"{chance.uniform(-(10**7), 10**7):+.2f}",
    "signed whole amount": lambda chance: f"{chance.randrange(-(10**11), 10**11):+d}",
    "account of 10": lambda chance: str(chance.randrange(10**9, 10**10)),
    "account of 11": lambda chance: str(chance.randrange(10**10, 10**11)),
    "account of 16": lambda chance: str(chance.randrange(10**15, 10**16)),
    "account with zeros": lambda chance: f"{chance.randrange(10**12):016d}",
    "starts like a Visa": lambda chance: f"4{chance.randrange(10**15):015d}",
    "reference": lambda chance: "{:03d}-{:03d}-{:04d}".format(*(chance.randrange(10**n) for n in (3, 3, 4))),
    "blocks": lambda chance: "-".join(f"{chance.randrange(10**4):04d}" for _ in range(4)),
    "seconds": lambda chance: str(1_700_000_000 + chance.randrange(10**7)),
    "microseconds": lambda chance: str(1_700_000_000_000_000 + chance.randrange(10**12)),
    "time": lambda chance: f"2024-01-{chance.randrange(1, 32):02d} 10:{chance.randrange(60):02d}:00",
    "day": lambda chance: f"{chance.randrange(1, 29):02d}.{chance.randrange(1, 13):02d}.2024",
    "address": lambda chance: ".".join(str(chance.randrange(256)) for _ in range(4)),
    "id": lambda chance: str(uuid.UUID(int=chance.getrandbits(128))),
    "hash": lambda chance: f"{chance.getrandbits(256):064X}",
    "code": lambda chance: f"{chance.randrange(10**8):08d}{chance.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}",
}  # fmt: skip


@pytest.mark.parametrize("header", LOOKALIKES)
def test_numbers_and_ids_are_not_mistaken(header: str) -> None:
    chance = random.Random(header)
    assert kinds(header, *{LOOKALIKES[header](chance) for _ in range(400)}) == set()


def test_a_ledger_of_the_simulator_holds_no_personal_data(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger.csv", seed=1, month=1, records=3_000)
    found = ingest(tmp_path / "ledger.csv", target=tmp_path / "records", rejects=tmp_path / "rejects")
    reports = list(check_records(tmp_path / "records", found.profile.columns))
    assert [report.name for report in reports] == [column.name for column in found.profile.columns]
    assert [(report.name, report.found) for report in reports if report.found] == []
    assert all(0 < report.looked_at <= VALUES_OF_A_COLUMN for report in reports)


TEXTS = Column("v", "c0", ColumnType.TEXT, nulls=0, distinct=1, min=None, max=None)


def stored(path: Path, values: list[str | None], rows: int = 100) -> pq.ParquetFile:
    """A file of one column, c0, in groups of `rows`."""
    pq.write_table(pa.table({"c0": pa.array(values, pa.string())}), path, row_group_size=rows)
    return pq.ParquetFile(path)


def test_at_most_so_many_distinct_values_are_taken_from_all_over_the_file(tmp_path: Path) -> None:
    file = stored(tmp_path / "many", [f"v{n}" for n in range(5_000)])
    taken = sample(file, TEXTS, 200)
    assert len(taken) == len(set(taken)) == 200
    assert {int(value[1:]) // 1_000 for value in taken} == {0, 1, 2, 3, 4}
    assert taken == sample(file, TEXTS, 200)


def test_repeated_and_blank_values_are_looked_at_once_and_not_at_all(tmp_path: Path) -> None:
    file = stored(tmp_path / "few", ["a", None, " ", "b", "a", ""] * 100)
    assert sorted(sample(file, TEXTS, 200)) == ["a", "b"]


def test_numbers_are_looked_at_as_they_were_written(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"c0_n": pa.array([Decimal("7.50"), None, Decimal(-3)], pa.decimal128(18, 4))}), tmp_path / "n"
    )
    assert sample(pq.ParquetFile(tmp_path / "n"), replace(TEXTS, places=2), 200) == ["7.50", "-3.00"]
    assert sample(pq.ParquetFile(tmp_path / "n"), replace(TEXTS, places=1), 200) == ["7.5", "-3.0"]


def test_a_column_without_values_has_nothing_looked_at(tmp_path: Path) -> None:
    stored(tmp_path / "none", [None] * 5).close()
    column = Column("email", "c0", ColumnType.EMPTY, nulls=5, distinct=0, min=None, max=None)
    (report,) = check_records(tmp_path / "none", [column])
    assert (report.looked_at, report.found) == (0, ())
