"""Data sets known by their headers, and the names columns go by elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Derived:
    """A column made at upload: the texts of `parts` joined; missing when one of them is."""

    name: str
    parts: tuple[str, ...]
    joined_by: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A known data set: the `header` it must have (further columns may stand beside) and what it maps to."""

    dataset: str
    header: frozenset[str]
    mapping: dict[str, str]
    derived: tuple[Derived, ...] = ()


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


SHAPES = (
    Shape(
        "PaySim",
        frozenset(
            _names(
                "step, type, amount, nameOrig, oldbalanceOrg, newbalanceOrig, nameDest, oldbalanceDest, newbalanceDest"
            )
        ),
        {
            **{name: name for name in ("step", "type", "amount", "oldbalanceOrg", "newbalanceOrig")},
            **{name: name for name in ("oldbalanceDest", "newbalanceDest")},
            "account": "nameOrig",
            "recipient": "nameDest",
        },
    ),
    Shape(
        "IBM AMLSim",
        frozenset(_names("orig_acct, bene_acct, base_amt, tran_timestamp, tx_type")),
        {
            "account": "orig_acct",
            "recipient": "bene_acct",
            "amount": "base_amt",
            "timestamp": "tran_timestamp",
            "type": "tx_type",
        },
    ),
    Shape(
        "IBM AML",
        frozenset(
            _names("Timestamp, From Bank, Account, To Bank, Account.1, Amount Paid, Payment Currency, Payment Format")
        ),
        {
            "timestamp": "Timestamp",
            "account": "From Bank + Account",
            "recipient": "To Bank + Account.1",
            "amount": "Amount Paid",
            "currency": "Payment Currency",
            "type": "Payment Format",
        },
        (
            Derived("From Bank + Account", ("From Bank", "Account"), "-"),
            Derived("To Bank + Account.1", ("To Bank", "Account.1"), "-"),
        ),
    ),
    Shape(
        "SAML-D",
        frozenset(
            _names(
                "Time, Date, Sender_account, Receiver_account, Amount, Payment_currency, "
                "Sender_bank_location, Payment_type"
            )
        ),
        {
            "timestamp": "Date + Time",
            "account": "Sender_account",
            "recipient": "Receiver_account",
            "amount": "Amount",
            "currency": "Payment_currency",
            "country": "Sender_bank_location",
            "type": "Payment_type",
        },
        (Derived("Date + Time", ("Date", "Time"), " "),),
    ),
)

ABBREVIATIONS = {
    **dict.fromkeys(("txn", "trx", "tx", "trans", "tran"), "transaction"),
    **dict.fromkeys(("acct", "acc"), "account"),
    **dict.fromkeys(("no", "nr", "num", "nbr"), "number"),
    **dict.fromkeys(("benef", "bene", "bnf"), "beneficiary"),
    **dict.fromkeys(("ccy", "curr", "cur"), "currency"),
    "amt": "amount", "cd": "code", "dt": "date", "ts": "timestamp", "ctry": "country", "cust": "customer",
    "rcv": "receiver", "snd": "sender", "kto": "konto",
}  # fmt: skip
IGNORED = frozenset(("in", "of", "the", "eur", "usd", "gbp", "chf"))

# Normalised header words for each field, best first; a header equal to one of them is nearly certain.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "account": _names(
        "account, account id, account number, account no, sender, sender id, sender account, "
        "from account, source account, orig acct, originator, name orig, debtor, debtor account, "
        "payer, customer, customer id, client id, user id, customer number, account holder, iban, acct, konto, "
        "auftragskonto, kontonummer, auftraggeber, absender, kunde, kundennummer, kunden id, card number, cc num, "
        "compte, cuenta, cliente"
    ),
    "recipient": _names(
        "recipient, recipient id, receiver, receiver id, receiver account, recipient account, "
        "to account, destination account, target account, bene acct, beneficiary, beneficiary account, "
        "name dest, creditor, creditor account, payee, counterparty, counterparty account, empfaenger, "
        "empfanger, beguenstigter, zahlungspflichtiger, gegenkonto, empfaengerkonto, creditor iban, "
        "kontonummer empfaenger, merchant, destinataire, beneficiario"
    ),
    "amount": _names(
        "amount, transaction amount, amt, tx amount, base amt, payment amount, amount paid, value, "
        "transaction value, instructed amount, sum, betrag, summe, umsatz, montant, importe, monto"
    ),
    "type": _names(
        "type, transaction type, tx type, trx type, payment type, payment format, transaction code, "
        "event type, kind, buchungsart, umsatzart, buchungstext, vorgang, art, category, tipo"
    ),
    "timestamp": _names(
        "timestamp, date, datetime, date time, time, transaction date, transaction time, "
        "transaction timestamp, transaction datetime, tran timestamp, tx date, booking date, "
        "value date, posting date, posted date, event timestamp, unix time, created at, executed at, datum, "
        "buchungsdatum, buchungstag, valuta, "
        "fecha, date operation"
    ),
    "step": _names("step, time step, tick, hour, period"),
    "oldbalanceOrg": _names(
        "oldbalance org, old balance org, old balance orig, balance before, sender balance before, "
        "opening balance, old balance"
    ),
    "newbalanceOrig": _names(
        "newbalance orig, new balance orig, new balance org, balance after, sender balance after, "
        "closing balance, new balance, balance, saldo, saldo nach buchung"
    ),
    "oldbalanceDest": _names("oldbalance dest, old balance dest, recipient balance before, receiver balance before"),
    "newbalanceDest": _names("newbalance dest, new balance dest, recipient balance after, receiver balance after"),
    "country": _names("country, country code, land, sender country, country of origin, pays, pais"),
    "currency": _names("currency, currency code, ccy, payment currency, waehrung, wahrung, devise, moneda"),
}
