"""What kind of place the domain of an e-mail address is: an employer's, a mail provider's, or a throw-away one."""

from __future__ import annotations

from functools import cache

from prospecting.normalising.domains import FREE_MAIL, company_domain


def domain_of(email: str) -> str:
    return email.rpartition("@")[2]


def is_free(domain: str) -> bool:
    """Anybody gets a mailbox there."""
    return domain in FREE_MAIL


def is_disposable(domain: str) -> bool:
    """Mailboxes there live for minutes; by the list that comes with the library. A domain below one counts as well."""
    labels = domain.split(".")
    return any(".".join(labels[place:]) in _disposable() for place in range(max(1, len(labels) - 1)))


def employer_domain(email: str) -> str:
    """The registered domain of an address that an employer gave; empty for a free, throw-away or unusable one."""
    domain = domain_of(email)
    if not domain or is_disposable(domain):
        return ""
    return company_domain(domain).value


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist

    return frozenset(blocklist)
