"""What the links of a company's site lead to, by their path and their text, in English, German, French and Spanish."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from prospecting.normalising.domains import domain as registered_domain
from prospecting.normalising.profiles import company_page


class Link(NamedTuple):
    """A link as it stands in the page; `text` is what a reader sees."""

    href: str
    text: str = ""


_PAGES: tuple[tuple[str, str], ...] = (
    ("careers", r"careers?|jobs?|karriere|stellen\w*|stellenangebote|work-with-us|join-us|joinus|join|vacancies|"
                r"open-positions|openings|hiring|recrutement|nous-rejoindre|rejoignez-nous|carrieres?|carriere|empleo|"
                r"trabaja-con-nosotros|unete|trabajo"),
    ("pricing", r"pricing|prices?|plans|preise?|tarifs?|precios|planes|tarifas"),
    ("news", r"news|newsroom|aktuelles|neuigkeiten|nachrichten|actualites?|actus|noticias|actualidad|announcements"),
    ("press", r"press|presse|prensa|media|medien|press-releases|pressemitteilungen|communiques?"),
    ("blog", r"blog|blogs|articles|insights|magazin|stories"),
    ("about", r"about|about-us|aboutus|company|unternehmen|ueber-uns|uber-uns|wir|qui-sommes-nous|a-propos|apropos|"
              r"entreprise|sobre-nosotros|quienes-somos|nosotros|empresa|who-we-are|our-story"),
    ("team", r"team|leadership|management|people|our-team|equipe|equipo|fuehrung|board"),
    ("products", r"products?|produkte?|produits?|productos?|solutions?|loesungen|platform|plattform|services|features"),
    ("customers", r"customers|kunden|clients|clientes|case-studies|referenzen|references|success-stories"),
)  # fmt: skip
_BY_PATH = tuple(
    (kind, re.compile(rf"(?:^|/)(?:[a-z]{{2}}(?:-[a-z]{{2}})?/)?(?:{words})(?:\.\w{{2,5}})?/?$"))
    for kind, words in _PAGES
)
_BY_TEXT = tuple(
    (kind, re.compile(words)) for kind, words in _PAGES if kind in ("careers", "news", "about", "pricing", "press")
)
WATCHED = ("about", "news", "press", "pricing", "products", "team", "blog", "customers", "careers")
_FEED_PATH = re.compile(
    r"(?:^|/)(?:feed|rss|atom|feeds?/(?:rss|atom|posts|news|blog)|(?:rss|atom|feed|index|news|blog)\.(?:xml|rss|atom|json))/?$"
)
_NO_FEED = re.compile(r"comment|kommentar|/replies|sitemap|oembed|wp-json", re.IGNORECASE)
_SHARING = re.compile(
    r"/(?:share|sharer|intent|sharearticle|sharing|plugins|tr|dialog|hashtag|search|login)\b", re.IGNORECASE
)
_NETWORKS = {
    "linkedin.com": "linkedin", "twitter.com": "x", "x.com": "x", "facebook.com": "facebook",
    "instagram.com": "instagram", "youtube.com": "youtube", "github.com": "github", "xing.com": "xing",
    "tiktok.com": "tiktok", "bsky.app": "bluesky", "threads.net": "threads", "crunchbase.com": "crunchbase",
}  # fmt: skip
_NETWORK = re.compile("|".join(re.escape(host) for host in _NETWORKS), re.IGNORECASE)


def resolved(base: str, href: str) -> str:
    """The whole address of a link, without its fragment; empty for anything that is not http."""
    text = href.strip().replace("\t", "").replace("\n", "").replace("\r", "")
    if not text or len(text) > 2000 or text.startswith("#"):
        return ""
    try:
        whole = urlsplit(urljoin(base, text))
        _ = whole.port
    except ValueError:
        return ""
    if whole.scheme not in ("http", "https") or not whole.hostname or "@" in whole.netloc:
        return ""
    return whole._replace(fragment="").geturl()


def page_kind(link: Link) -> str:
    """One of WATCHED, or empty."""
    path = link.href.split("#")[0].split("?")[0].lower()
    if not path or path.startswith(("mailto:", "javascript:", "tel:", "data:")):
        return ""
    path = re.sub(r"^(?:https?:)?//[^/]*", "", path)
    for kind, pattern in _BY_PATH:
        if path.strip("/") and pattern.search(path.rstrip("/")):
            return kind
    text = _plain(link.text)
    return next((kind for kind, pattern in _BY_TEXT if pattern.fullmatch(text)), "")


def is_feed(link: Link) -> bool:
    """Whether an ordinary link leads to a feed, by its path."""
    path = link.href.split("#")[0].split("?")[0].lower()
    return bool(_FEED_PATH.search(path)) and not _NO_FEED.search(path)


def is_feed_of_comments(href: str, title: str) -> bool:
    return bool(_NO_FEED.search(href) or _NO_FEED.search(title))


def feed_kind(content_type: str, href: str) -> str:
    """As Company.feeds has it: rss, atom, json or unknown."""
    for kind in ("rss", "atom", "json"):
        if kind in content_type.lower():
            return kind
    path = href.lower()
    return next((kind for kind in ("atom", "rss", "json") if kind in path.rpartition("/")[2]), "unknown")


def social_of(base: str, href: str) -> tuple[str, str] | None:
    """(network, address) of a profile of the company, not of a button that shares something."""
    if not _NETWORK.search(href):
        return None
    address = resolved(base, href)
    parts = urlsplit(address)
    network = _NETWORKS.get((parts.hostname or "").removeprefix("www."))
    if network is None and parts.hostname:
        network = _NETWORKS.get(".".join(parts.hostname.split(".")[-2:]))
    if network is None or not parts.path.strip("/") or _SHARING.search(parts.path) or len(address) > 500:
        return None
    if network == "linkedin" and not company_page(address).value:
        return None
    return network, parts._replace(query="").geturl()


def same_site(address: str, other: str) -> bool:
    """Whether two addresses belong to one registered domain; of hosts without one, to one host."""
    mine, others = urlsplit(address).hostname or "", urlsplit(other).hostname or ""
    if mine == others:
        return True
    found = registered_domain(mine).value
    return bool(found) and found == registered_domain(others).value


def _plain(text: str) -> str:
    """As paths are written: small letters, umlauts spelled out, no accents."""
    from prospecting.normalising.texts import fold

    return fold(text[:60]).replace(" ", "-")
