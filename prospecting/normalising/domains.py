"""Domains of companies: registered names, by the suffix list that comes with the library and is never fetched."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.texts import tidy

_FREE_MAIL = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com rocketmail.com icloud.com
    me.com mac.com aol.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de posteo.de mailbox.org
    proton.me protonmail.com pm.me zoho.com mail.com mail.ru yandex.ru yandex.com inbox.ru list.ru bk.ru rambler.ru
    qq.com 163.com 126.com sina.com foxmail.com naver.com daum.net hanmail.net orange.fr wanadoo.fr free.fr laposte.net
    sfr.fr libero.it virgilio.it tiscali.it alice.it hotmail.co.uk hotmail.fr hotmail.de hotmail.it yahoo.co.uk
    yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.co.jp yahoo.co.in yahoo.com.br btinternet.com sky.com comcast.net
    verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net rediffmail.com uol.com.br bol.com.br
    terra.com.br seznam.cz wp.pl onet.pl o2.pl interia.pl tutanota.com tuta.io hey.com fastmail.com bluewin.ch
    chello.at telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl hotmail.nl live.nl live.co.uk live.fr outlook.de
    outlook.fr outlook.es
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
"""Domains at which anybody gets a mailbox: they tell nothing of an employer."""
_PLATFORM_NAMES = """
    linkedin.com facebook.com instagram.com twitter.com x.com xing.com youtube.com tiktok.com github.com medium.com
    crunchbase.com glassdoor.com indeed.com kununu.com google.com bit.ly linktr.ee t.me wikipedia.org
"""
_PLATFORMS = frozenset(_PLATFORM_NAMES.split())
"""Sites on which companies have pages: an address there with a path is not the company's own."""
_DOCUMENTATION = ".example"  # on no list, and what invented companies are called
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#@\s]*@)?([^/?#:\s]+)(?::\d*)?([/?#].*)?", re.IGNORECASE)


def domain(text: str) -> Normal:
    """The registered domain, in ASCII, of a domain, a host, a web address or an e-mail address."""
    text = tidy(text)
    if not text:
        return NOTHING
    found = _ADDRESS.fullmatch(text)
    registered = _registered(found[1].rstrip(".").lower()) if found else ""
    if not found or not registered:
        return Normal(fault="is no domain or web address; it looks like example.com")
    if registered in _PLATFORMS and (found[2] or "").strip("/?#"):
        return Normal(fault=f"is a page on {registered}, not the company's own site")
    return Normal(registered)


def company_domain(text: str) -> Normal:
    """The same, refusing the domains of mail providers."""
    found = domain(text)
    if found.value in FREE_MAIL:
        return Normal(fault=f"is the domain of a mail provider ({found.value}), not of a company")
    return found


@lru_cache(maxsize=8192)
def _registered(host: str) -> str:
    ascii_host = _in_ascii(host)
    if not ascii_host or len(ascii_host) > 253:
        return ""
    if ascii_host.endswith(_DOCUMENTATION):
        return ".".join(ascii_host.split(".")[-2:])
    return str(_extractor()(ascii_host).top_domain_under_public_suffix)


def _in_ascii(host: str) -> str:
    """The host with its labels in Punycode; empty if that is not possible."""
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return ""
    labels = host.split(".")
    return host if all(re.fullmatch(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?", label) for label in labels) else ""


@cache
def _extractor() -> Any:
    from tldextract import TLDExtract  # 0.3 s to import

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
