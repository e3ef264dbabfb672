"""One request after another along redirects: which addresses may be asked, and what each may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from web.destinations import Refused, Rules, canonical_host
from web.outbound.answers import BadAnswer

REDIRECTS = 5
AGENT = "scanward"
_ODD = "This is no address of a file; write one like https://example.com/file.csv."
# Of what a caller sends, this may follow a redirect to a stranger: it tells nothing of the caller.
_HARMLESS = {"accept", "if-none-match", "if-modified-since"}
_MOVED = {301, 302, 303, 307, 308}


def check_url(text: str, *, rules: Rules | None = None) -> httpx.URL:
    """The address of a file as it may be stored. Refused tells what is wrong with it; nothing is looked up."""
    rules = rules or Rules.of_installation()
    if not text.isprintable() or any(mark in text for mark in "\\ "):
        raise Refused("The address holds characters that no address has.")
    try:
        url = httpx.URL(text)
        port = url.port
    except (httpx.InvalidURL, ValueError) as fault:
        raise Refused(_ODD) from fault
    if url.scheme not in ("https", "http") or not url.host:
        raise Refused(_ODD)
    if url.userinfo:
        raise Refused("The address must not hold a user name or password; store them as the secret.")
    host = canonical_host(url.raw_host.decode())
    port = port or {"https": 443, "http": 80}[url.scheme]
    if rules.allows(host, port):
        return url
    if url.scheme == "http" and not rules.http:
        raise Refused("Only https is allowed; the operator may allow http by OUTBOUND_HTTP.")
    if port not in ((443, 80) if rules.http else (443,)):
        raise Refused(f"Port {port} is not allowed; the operator may allow it by OUTBOUND_ALLOW.")
    return url


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host in its one spelling, port when it is not the scheme's own."""
    return url.scheme, canonical_host(url.raw_host.decode()), url.port


@dataclass(frozen=True)
class Hop:
    """The address to ask now. `first` is the origin the caller's headers are for."""

    url: httpx.URL
    first: tuple[str, str, int | None]
    rules: Rules
    taken: int = 0

    @classmethod
    def to(cls, address: str, rules: Rules) -> Hop:
        url = check_url(address, rules=rules)
        return cls(url, origin(url), rules)

    def headers(self, encoding: str, theirs: Mapping[str, str]) -> dict[str, str]:
        """What this hop is told; what may be secret only while it is the origin it was meant for."""
        same = origin(self.url) == self.first
        kept = {name: value for name, value in theirs.items() if same or name.lower() in _HARMLESS}
        ours = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": encoding}
        given = {name.lower() for name in kept}
        return {name: value for name, value in ours.items() if name.lower() not in given} | kept

    def next(self, method: str, status: int, headers: httpx.Headers) -> Hop | None:
        """Where the answer sends us, None when it is the last. BadAnswer when it sends in circles or nowhere."""
        if status not in _MOVED:
            return None
        if method != "GET":
            raise BadAnswer(f"The server answered {status}: what is sent there is not sent elsewhere.")
        if "Location" not in headers:
            raise BadAnswer(f"The server answered {status} without an address to go to.")
        if self.taken == REDIRECTS:
            raise BadAnswer(f"The server redirects more than {REDIRECTS} times.")
        try:
            url = check_url(str(self.url.join(headers["Location"])), rules=self.rules)
        except httpx.InvalidURL as fault:
            raise Refused(_ODD) from fault
        return Hop(url, self.first, self.rules, self.taken + 1)
