"""Known data sets, and what other headers probably mean."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from compliance.columns import Column, ColumnType
from compliance.uploads.recognise import normalised, suggest_mapping
from tests.compliance.uploads.files import take

PAYSIM = (
    "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,isFraud\n"
    "1,PAYMENT,9839.64,C1231006815,170136.0,160296.36,M1979787155,0.0,0.0,0\n"
)
AMLSIM = (
    "tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar\n"
    "1,100,200,TRANSFER,85.92,2017-01-01T00:00:00Z,False\n"
)
IBM = (
    "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
    "Payment Currency,Payment Format,Is Laundering\n"
    "2022/09/01 00:20,010,8000EBD30,010,8000EBD30,3697.34,US Dollar,3697.34,US Dollar,Reinvestment,0\n"
    "2022/09/01 00:21,,8000F4580,01,8000F5340,0.01,US Dollar,0.01,US Dollar,Cheque,0\n"
)
SAML_D = (
    "Time,Date,Sender_account,Receiver_account,Amount,Payment_currency,Received_currency,Sender_bank_location,"
    "Receiver_bank_location,Payment_type,Is_laundering,Laundering_type\n"
    "10:35:19,2022-10-07,8724731955,2769355426,1459.15,UK pounds,UK pounds,UK,UK,Cash Deposit,0,Normal\n"
)


@pytest.mark.parametrize(
    ("content", "dataset", "fields"),
    [
        (
            PAYSIM,
            "PaySim",
            {"step": "step", "account": "nameOrig", "recipient": "nameDest", "amount": "amount"},
        ),
        (AMLSIM, "IBM AMLSim", {"account": "orig_acct", "amount": "base_amt", "timestamp": "tran_timestamp"}),
        (IBM, "IBM AML", {"account": "From Bank + Account", "recipient": "To Bank + Account.1"}),
        (SAML_D, "SAML-D", {"timestamp": "Date + Time", "account": "Sender_account", "type": "Payment_type"}),
    ],
)
def test_a_known_data_set_is_mapped_without_asking(
    tmp_path: Path, content: str, dataset: str, fields: dict[str, str]
) -> None:
    profile = take(tmp_path, content).ingested.profile
    assert profile.detected_dataset == dataset
    assert fields.items() <= profile.suggested_mapping.items()
    assert set(profile.suggested_mapping.values()) <= {column.name for column in profile.columns}
    assert set(profile.mapping_confidence.values()) == {1.0}
    assert (profile.overall_confidence, profile.temporal_scale) == (1.0, "hourly")


def test_paysim_maps_its_balances(tmp_path: Path) -> None:
    mapping = take(tmp_path, PAYSIM).ingested.profile.suggested_mapping
    assert mapping["oldbalanceOrg"] == "oldbalanceOrg"
    assert mapping["newbalanceDest"] == "newbalanceDest"


def test_saml_d_gets_one_timestamp_from_date_and_time(tmp_path: Path) -> None:
    taken = take(tmp_path, SAML_D)
    column = taken.columns["Date + Time"]
    assert (column.stored, column.type, column.derived_from) == ("c12", "time", ("Date", "Time"))
    assert taken.values("Date + Time") == ["2022-10-07 10:35:19"]
    moment = datetime(2022, 10, 7, 10, 35, 19, tzinfo=UTC)
    assert taken.values("Date + Time", "t") == [int(moment.timestamp()) * 10**6]
    assert taken.ingested.sample_rows[0]["Date + Time"] == "2022-10-07 10:35:19"


def test_ibm_aml_accounts_carry_their_bank_and_are_missing_without_it(tmp_path: Path) -> None:
    taken = take(tmp_path, IBM)
    assert taken.values("From Bank + Account") == ["010-8000EBD30", None]
    assert taken.values("To Bank + Account.1") == ["010-8000EBD30", "01-8000F5340"]


def test_a_file_with_one_column_less_is_not_the_known_data_set(tmp_path: Path) -> None:
    content = PAYSIM.replace("nameDest", "other")
    assert take(tmp_path, content).ingested.profile.detected_dataset is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("TransactionAmount", "transaction amount"),
        ("transaction_amount", "transaction amount"),
        ("Transaction Amount (EUR)", "transaction amount"),
        ("Empfänger", "empfaenger"),
        ("Montant débité", "montant debite"),
        ("IBAN", "iban"),
    ],
)
def test_names_are_compared_by_their_words(name: str, words: str) -> None:
    assert normalised(name) == words


@pytest.mark.parametrize(
    ("content", "mapping"),
    [
        (
            "Transaction Amount,Account ID,Date\n10.50,A1,2024-01-01\n",
            {"amount": "Transaction Amount", "account": "Account ID", "timestamp": "Date"},
        ),
        (
            "Buchungstag;Auftraggeber;Empfänger;Betrag;Währung\n01.02.2024;A;B;1.234,50;EUR\n",
            {
                "timestamp": "Buchungstag",
                "account": "Auftraggeber",
                "recipient": "Empfänger",
                "amount": "Betrag",
                "currency": "Währung",
            },
        ),
        (
            "sender,receiver,amt,tx_type,created_at\nA,B,$5.00,WIRE,1700000000\n",
            {
                "account": "sender",
                "recipient": "receiver",
                "amount": "amt",
                "type": "tx_type",
                "timestamp": "created_at",
            },
        ),
    ],
)
def test_other_headers_are_mapped_by_their_words(tmp_path: Path, content: str, mapping: dict[str, str]) -> None:
    profile = take(tmp_path, content).ingested.profile
    assert profile.suggested_mapping == mapping
    assert profile.detected_dataset is None
    assert all(0.9 <= confidence <= 1 for confidence in profile.mapping_confidence.values())
    assert profile.overall_confidence >= 0.9


def column(name: str, kind: ColumnType, **counts: int) -> Column:
    return Column(name, "c0", kind, 0, 1, None, None, **counts)


def test_a_column_without_a_number_is_never_the_amount() -> None:
    assert suggest_mapping([column("amount", ColumnType.TEXT)]).mapping == {}


def test_the_type_lowers_the_confidence() -> None:
    sure = suggest_mapping([column("amount", ColumnType.NUMBER, numbers=9)]).confidence["amount"]
    doubtful = suggest_mapping([column("amount", ColumnType.TEXT, numbers=5)]).confidence["amount"]
    assert (sure, doubtful) == (1.0, 0.6)


def test_a_column_is_suggested_for_one_field_only() -> None:
    suggestion = suggest_mapping(
        [column("date", ColumnType.TIME, times=3), column("value date", ColumnType.TIME, times=3)]
    )
    assert suggestion.mapping == {"timestamp": "date"}


def test_headers_that_say_nothing_suggest_nothing() -> None:
    suggestion = suggest_mapping([column("foo", ColumnType.NUMBER, numbers=1), column("bar", ColumnType.TEXT)])
    assert (suggestion.mapping, suggestion.overall) == ({}, 0.0)


# Headers as banks and programs write them: {name: n number, t time, x text}, and what a person would map.
HEADERS: dict[str, tuple[str, dict[str, str]]] = {
    "a German bank": (
        "Buchungstag=t Valutadatum=t Auftraggeber_Empfänger=x Verwendungszweck=x Betrag_EUR=n "
        "Kontonummer_Auftraggeber=x Kontonummer_Empfänger=x Währung=x",
        {
            "timestamp": "Buchungstag", "account": "Kontonummer_Auftraggeber", "recipient": "Kontonummer_Empfänger",
            "amount": "Betrag_EUR", "currency": "Währung",
        },
    ),
    "a German savings bank": (
        "Auftragskonto=x Buchungstag=t Valutadatum=t Buchungstext=x Beguenstigter/Zahlungspflichtiger=x "
        "Kontonummer/IBAN=x BIC_(SWIFT-Code)=x Betrag=n Waehrung=x",
        {
            "account": "Auftragskonto", "timestamp": "Buchungstag", "type": "Buchungstext", "amount": "Betrag",
            "recipient": "Beguenstigter/Zahlungspflichtiger", "currency": "Waehrung",
        },
    ),
    "a German ledger": (
        "Kunde=x Datum=t Uhrzeit=x Umsatz_in_EUR=n Gegenkonto=x Umsatzart=x Land=x Saldo_nach_Buchung=n",
        {
            "account": "Kunde", "timestamp": "Datum", "amount": "Umsatz_in_EUR", "recipient": "Gegenkonto",
            "type": "Umsatzart", "country": "Land", "newbalanceOrig": "Saldo_nach_Buchung",
        },
    ),
    "a mainframe": (
        "TXN_ID=x TXN_DT=t ACCT_NO=x BENEF_ACCT_NO=x TXN_AMT=n CCY_CD=x TXN_TYPE_CD=x CTRY_CD=x",
        {
            "timestamp": "TXN_DT", "account": "ACCT_NO", "recipient": "BENEF_ACCT_NO", "amount": "TXN_AMT",
            "currency": "CCY_CD", "type": "TXN_TYPE_CD", "country": "CTRY_CD",
        },
    ),
    "an English export": (
        "Transaction_ID=x Posted_Date=t Customer_Number=x Counterparty_Name=x Transaction_Amt_(USD)=n Currency=x "
        "Txn_Type=x Country=x",
        {
            "timestamp": "Posted_Date", "account": "Customer_Number", "recipient": "Counterparty_Name",
            "amount": "Transaction_Amt_(USD)", "currency": "Currency", "type": "Txn_Type", "country": "Country",
        },
    ),
    "a data warehouse": (
        "trx_date=t from_acc=x to_acc=x trx_amount=n trx_ccy=x trx_type=x balance_after=n",
        {
            "timestamp": "trx_date", "account": "from_acc", "recipient": "to_acc", "amount": "trx_amount",
            "currency": "trx_ccy", "type": "trx_type", "newbalanceOrig": "balance_after",
        },
    ),
    "ISO 20022 names": (
        "date=t debtorIban=x creditorIban=x instructedAmount=n instructedCurrency=x paymentType=x creditorCountry=x",
        {
            "timestamp": "date", "account": "debtorIban", "recipient": "creditorIban", "amount": "instructedAmount",
            "currency": "instructedCurrency", "type": "paymentType", "country": "creditorCountry",
        },
    ),
    "events of an app": (
        "UserId=x EventTimestamp=t Value=n Currency=x Merchant=x MerchantCountry=x EventType=x",
        {
            "account": "UserId", "timestamp": "EventTimestamp", "amount": "Value", "currency": "Currency",
            "recipient": "Merchant", "country": "MerchantCountry", "type": "EventType",
        },
    ),
    "a statement of account": (
        "Booking_date=t Account_holder=x Payee=x Debit=n Credit=n Balance=n Description=x",
        {"timestamp": "Booking_date", "account": "Account_holder", "recipient": "Payee", "newbalanceOrig": "Balance"},
    ),
    "BankSim": (
        "step=n customer=x age=n gender=x zipcodeOri=x merchant=x zipMerchant=x category=x amount=n fraud=n",
        {"step": "step", "account": "customer", "recipient": "merchant", "type": "category", "amount": "amount"},
    ),
    "card payments": (
        "cc_num=x trans_date_trans_time=t merchant=x category=x amt=n gender=x state=x trans_num=x unix_time=n",
        {
            "account": "cc_num", "timestamp": "trans_date_trans_time", "recipient": "merchant", "type": "category",
            "amount": "amt",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_headers_of_real_life_are_mapped_as_a_person_would(name: str) -> None:
    header, mapping = HEADERS[name]
    kinds = {"n": ColumnType.NUMBER, "t": ColumnType.TIME, "x": ColumnType.TEXT}
    columns = [
        column(title, kinds[kind], numbers=9 if kind == "n" else 0, times=9 if kind == "t" else 0)
        for title, _, kind in (each.rpartition("=") for each in header.split())
    ]
    suggestion = suggest_mapping(columns)
    assert suggestion.mapping == mapping
    assert min(suggestion.confidence.values()) >= 0.7
