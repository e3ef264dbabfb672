"""Where a request comes from, believing only proxies the operator has named."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from django.http import HttpRequest

from config import env


def client_address(request: HttpRequest, trusted_proxies: int | None = None) -> str:
    """The client's IP address as text; "" when the server does not tell it (a Unix socket).

    With n trusted proxies it is the n-th entry of X-Forwarded-For counted from the right: what stands left of
    it, the client may have written itself.
    """
    proxies = env.TRUSTED_PROXIES if trusted_proxies is None else trusted_proxies
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    for candidate in (
        hops[-proxies] if 0 < proxies <= len(hops) else "",
        request.META.get("REMOTE_ADDR", ""),
    ):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return ""


def network_of(address: str) -> str:
    """What one client can be counted by: the address, or its /64 in IPv6, where a host owns all of that."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return address
