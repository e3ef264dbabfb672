"""Nothing that the look for personal data sees is logged, stored or answered unmasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from tests.partner import Partner

pytestmark = pytest.mark.system

# The upload itself keeps its first five records and each column's least and most: the planted person is none of them.
HEADER = "Customer name,Contact,Phone,Bank account,Card,SSN,Note"
ORDINARY = [
    "Aa Aa,aa@example.com,+1 212 555 0100,AT021100000000000018,4000000000000002,001-01-0001,aa",
    "Zz Zz,zz@example.com,+44 20 7946 0000,ZZ,6500000000000002,899-99-9999,zz",
    *["Mm Mm,mm@example.com,+33 1 99 00 00 00,MM,5105105105105100,429-11-2345,mm"] * 4,
]
PLANTED = [
    "Quagga Zebrowitz", "quagga.zebrowitz@planted.example", "+43 660 7654321", "DE89370400440532013000",
    "4111111111111111", "536-90-4399", "call quagga@noted.example",
]  # fmt: skip
SECRETS = ["Quagga", "Zebrowitz", "zebrowitz", "quagga", "planted.example", "7654321", "370400440532", "536-90-4399"]


def stored() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {connection.ops.quote_name(table)} t")
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def test_planted_values_are_found_and_stand_nowhere_unmasked(partner: Partner, logs: Path) -> None:
    upload = partner.upload("\n".join([HEADER, *ORDINARY, ",".join(PLANTED), ""]))
    answer = partner.http.get(f"/api/data/{upload['upload_id']}/pii")
    kinds = partner.ok(answer)["kinds"]
    assert kinds == ["card", "email", "iban", "name", "national_id", "phone"]
    logged = "\n".join(path.read_text(errors="replace") for path in logs.iterdir())
    database = stored()
    assert str(upload["upload_id"]) in database
    for secret in (*SECRETS, "4111111111111111"):
        for where, text in (("answer", answer.text), ("database", database), ("logs", logged)):
            assert secret not in text, (secret, where)
    assert "**** **** **** 1111" in answer.text
    assert "**** **** **** 1111" in database
