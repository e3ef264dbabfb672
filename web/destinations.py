"""Where this installation may connect to: public addresses, by name or literally, and what the operator adds.

A name is resolved once; every address it has must be public; the caller connects to the address that was judged and
never to the name. Used by web.outbound for HTTP and by whatever else opens a connection to a place a partner named.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import idna
from django.conf import settings

Resolver = Callable[[str, int], Sequence[str]]

# What the IANA special-purpose registries call anything but globally reachable, and multicast.
_REFUSED_V4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_GLOBAL_V6 = IPv6Network("2000::/3")
# Protocol assignments with Teredo and ORCHID, documentation, 6to4.
_REFUSED_V6 = [IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
_NAT64 = IPv6Network("64:ff9b::/96")  # an address of IPv4 behind the translator of an IPv6-only network
_ENDS_IN_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")


class Refused(Exception):
    """This place may not be connected to. The text is for those who named it, and holds no address found inside."""


class Unreachable(Exception):
    """The place may be connected to, but there is nothing that answers."""


@dataclass(frozen=True)
class Rules:
    """What the operator permits beside public addresses: exact `host:port` pairs, and plain HTTP."""

    allow: frozenset[tuple[str, int]] = frozenset()
    http: bool = False

    @classmethod
    def of_installation(cls) -> Rules:
        return cls(frozenset(settings.OUTBOUND_ALLOW), settings.OUTBOUND_HTTP)

    def allows(self, host: str, port: int) -> bool:
        return (host, port) in self.allow


def system_resolver(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@lru_cache(4096)  # asked several times for each request; what is refused is not kept
def canonical_host(host: str) -> str:
    """The host as rules and resolver know it: lower case, ASCII, without the last dot. Refused when it is none.

    Numbers that are no dotted quad (`2130706433`, `0177.0.0.1`, `0x7f.1`) are refused: programs read them differently.
    """
    text = host.strip("[]") if host.startswith("[") else host
    if "%" in text:
        raise Refused("An address must not name a network interface.")
    try:
        return str(ip_address(text))
    except (AddressValueError, ValueError):
        pass
    name = text.lower().removesuffix(".")
    try:
        name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError as fault:
        raise Refused("The host name is not valid.") from fault
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise Refused("The host name is not valid.")
    if _ENDS_IN_NUMBER.search(name):
        raise Refused("The host is neither a name nor an address of four numbers.")
    return name


def is_public(text: str) -> bool:
    """Whether an address lies in the public internet, whatever it is wrapped in."""
    if "%" in text:  # a zone: fe80::1%eth0
        return False
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address in _NAT64:
        return is_public(str(IPv4Address(int(address) & 0xFFFF_FFFF)))
    return _is_public_v6(address)


def _is_public_v6(address: IPv6Address) -> bool:
    return address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)


def resolve(
    host: str, port: int, *, rules: Rules, seconds: float, resolver: Resolver = system_resolver
) -> list[str]:  # fmt: skip
    """The addresses to connect to, instead of the name. Refused unless all are public or the operator allows it."""
    name = canonical_host(host)
    return judged(name, port, _looked_up(name, port, seconds, resolver), rules=rules)


def judged(name: str, port: int, addresses: Sequence[str], *, rules: Rules) -> list[str]:
    """The addresses of a canonical name, if it may be connected to: Refused unless all are public or it is allowed."""
    if not addresses:
        raise Unreachable(f"The host name {name} could not be resolved.")
    if not rules.allows(name, port) and not all(is_public(address) for address in addresses):
        raise Refused(f"{name} is not a public address; the operator may allow it by OUTBOUND_ALLOW.")
    return list(addresses)


def _looked_up(name: str, port: int, seconds: float, resolver: Resolver) -> list[str]:
    """In a thread beside, as a look-up cannot be told to stop."""
    found: list[str] = []

    def look() -> None:
        try:
            found.extend(resolver(name, port))
        except (OSError, UnicodeError):
            found.clear()

    thread = threading.Thread(target=look, name="resolver", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    return [] if thread.is_alive() else list(found)
