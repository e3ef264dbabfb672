"""E-mail addresses."""

from __future__ import annotations

import re

from prospecting.normalising.domains import FREE_MAIL
from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.texts import tidy

# What most addresses look like; whatever else there is, email-validator judges at 30 times the cost.
_PLAIN = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_SPECIAL = ("arpa", "invalid", "local", "localhost", "onion", "test")
_WRAPPED = re.compile(r"(?:mailto:)?(?:[^<>]*<)?\s*([^<>\s]+@[^<>\s]+?)\s*>?[;,.]?", re.IGNORECASE)
_MOST = 254
_OF_A_COMPANY = """
    abuse accounting accounts admin administration administrator anfrage bewerbung billing booking bookings
    buchhaltung buero bureau career careers compliance contact contacto contatti customercare customerservice
    datenschutz donotreply email empfang enquiries enquiry events export feedback finance gdpr general hello help
    helpdesk hostmaster info information inquiries inquiry invest investors invoice invoices jobs karriere kontakt
    kundenservice legal mail mailbox mailer-daemon marketing media newsletter no-reply noc noreply office orders
    partner partners partnerships personal postmaster press presse privacy reception rechnung rechnungen recruiting
    recruitment reservations sales security sekretariat service services shop support team vertrieb webmaster
    welcome zentrale
"""
_SHARED = frozenset(_OF_A_COMPANY.split())


def email(text: str) -> Normal:
    """The address in lower case, alone: `Anna <Anna.B@Example.com>` is anna.b@example.com. No DNS is asked."""
    text = tidy(text)
    if not text:
        return NOTHING
    if text.count("@") > 1 and re.search(r"[;,\s]", text):
        return Normal(fault="holds more than one e-mail address; send one")
    wrapped = _WRAPPED.fullmatch(text)
    address = (wrapped[1] if wrapped else text).lower()
    if _is_plain(address):
        return Normal(address)
    return _judged(address)


def is_shared(address: str) -> bool:
    """Whether a normal address is a mailbox of a company, like info@acme.com: whoever reads it, it names nobody. At a
    mail provider even such a mailbox is somebody's.
    """
    local, _, domain = address.partition("@")
    return local.partition("+")[0] in _SHARED and domain not in FREE_MAIL


def _is_plain(address: str) -> bool:
    local, _, domain = address.partition("@")
    return (
        bool(_PLAIN.fullmatch(address))
        and len(local) <= 64
        and len(address) <= _MOST
        and "--" not in domain
        and domain.rpartition(".")[2] not in _SPECIAL
    )


def _judged(address: str) -> Normal:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False).normalized.lower()
        # Lower case may need composing again, and is judged like everything else.
        normal = validate_email(found, check_deliverability=False).normalized
    except (EmailNotValidError, UnicodeError, ValueError, IndexError) as fault:
        return Normal(fault=f"is no e-mail address ({str(fault)[:150].rstrip('.')})")
    return Normal(normal) if len(normal) <= _MOST else Normal(fault="is longer than an e-mail address may be")
