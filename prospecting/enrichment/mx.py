"""Whether the domain of an address takes mail, by its MX records; asked only where the operator allows it.

Only the name server is spoken to, never the mail server. Names without a public suffix are never asked for, so that
an address cannot be used to look around inside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

from prospecting.normalising.domains import domain as registered_domain

SECONDS = 4.0  # for one domain
_INSIDE = (
    "local",
    "internal",
    "localhost",
    "localdomain",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "arpa",
    "onion",
)


class Mail(Enum):
    TAKES = "takes"
    REFUSES = "refuses"  # no such domain, or a null MX (RFC 7505)
    UNKNOWN = "unknown"  # not asked, no answer, or no MX record


Mails = Mapping[str, Mail]
"""{domain: what is known of it}"""


async def look_up(domain: str, nameservers: tuple[str, ...] = ()) -> Mail:
    """Never raises but CancelledError. `nameservers`: host:port, empty for those of the system."""
    import dns.exception
    import dns.resolver

    if not registered_domain(domain).value or domain.rpartition(".")[2] in _INSIDE:
        return Mail.UNKNOWN
    try:
        async with asyncio.timeout(SECONDS):
            answer = await _resolver(nameservers).resolve(f"{domain}.", "MX", lifetime=SECONDS, search=False)
    except dns.resolver.NXDOMAIN:
        return Mail.REFUSES
    except (dns.exception.DNSException, OSError, ValueError, TimeoutError):
        return Mail.UNKNOWN
    exchanges = [str(record.exchange).rstrip(".").lower() for record in answer]
    if exchanges == [""]:
        return Mail.REFUSES
    return Mail.TAKES if any("." in exchange for exchange in exchanges) else Mail.UNKNOWN


@cache
def _resolver(nameservers: tuple[str, ...]) -> Any:
    """Keeps what it was told for as long as the records say."""
    import dns.asyncresolver
    import dns.nameserver
    import dns.resolver

    resolver = dns.asyncresolver.Resolver(configure=not nameservers)
    resolver.cache = dns.resolver.LRUCache(20_000)
    if nameservers:
        parts = [server.rpartition(":") for server in nameservers]
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host.strip("[]"), int(port)) for host, _, port in parts]
    return resolver
