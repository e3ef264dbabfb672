"""What a visit to a company's site adds to what is known of the company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prospecting.enrichment.provenance import Said
from prospecting.enrichment.rows import Employer
from prospecting.enrichment.site.visits import Site, starts_of
from prospecting.normalising.companies import company_name_key
from prospecting.normalising.domains import company_domain
from prospecting.normalising.profiles import company_page, company_page_url
from web.outbound import Rules

STEP = "site"


def starts(employer: Employer, rules: Rules) -> list[str]:
    """Where to begin; empty when nothing is known of a site."""
    return starts_of(employer.draft["website"], employer.draft["domain"], rules=rules)


def is_due(employer: Employer, since: datetime) -> bool:
    """Whether its site has not been read since the job began."""
    return bool(employer.draft["website"] or employer.draft["domain"]) and not is_read(employer, since)


def is_read(employer: Employer, since: datetime) -> bool:
    return employer.read_at is not None and employer.read_at >= since


def failed(employer: Employer) -> bool:
    """Whether the last visit found nothing that answered."""
    return bool(employer.draft.provenance.get("site_read_at", {}).get("failed"))


def take(employer: Employer, site: Site, at: datetime) -> None:
    """Write what was found, and how the visit went. What an earlier visit found stays if this one failed."""
    draft = employer.draft
    how = {"origin": STEP, "at": at.isoformat(), "confidence": 1.0}
    if site.fault:
        how |= {"failed": True, "reason": site.fault}
    elif not site.allowed:
        how |= {"reason": "robots.txt does not allow it"}
    else:
        for said in _found(employer, site):
            if said.value or not site.partial:  # what could not be looked for is not taken back
                draft.put(STEP, said, at)
        if "name" in draft.changed:
            draft.rewrite("name_key", company_name_key(draft["name"]))
    draft.provenance["site_read_at"] = how
    draft.changed.add("provenance")
    employer.read_at = at


def _found(employer: Employer, site: Site) -> Iterator[Said]:
    if site.site_name:
        yield Said("name", site.site_name, 0.7, "og:site_name of its site")
    else:
        yield Said("name", _titled(site.title), 0.4, "title of its site")
    yield Said("website", site.url[:2000], 0.8, "the site that answered")
    if not employer.draft["domain"]:
        yield Said("domain", company_domain(site.url).value, 0.9, "its site")
    yield Said("description", site.description, 0.7)
    identifier = company_page(site.social.get("linkedin", "")).value
    yield Said("linkedin_identifier", identifier, 0.8, "linked from its site")
    yield Said("linkedin_url", company_page_url(identifier), 0.8, "linked from its site")
    yield Said("social_links", [{"kind": kind, "url": url} for kind, url in sorted(site.social.items())], 0.8)
    if _all_own(employer):
        yield Said("feeds", site.feeds, 0.9)
    else:
        yield from _added_feeds(employer, site)
    yield Said("job_board", site.board.as_json() if site.board else {}, 0.9)
    yield Said("pages", site.pages, 0.8)


def _all_own(employer: Employer) -> bool:
    return not employer.draft["feeds"] or employer.draft.origin("feeds") == STEP


def _added_feeds(employer: Employer, site: Site) -> Iterator[Said]:
    """Feeds somebody gave stay, and those that were found come after them."""
    given = employer.draft["feeds"]
    known = {feed.get("url") for feed in given}
    added = [feed for feed in site.feeds if feed["url"] not in known]
    if added:
        employer.draft.rewrite("feeds", [*given, *added][:10])
    yield from ()


def _titled(title: str) -> str:
    """The name in "Acme - The rocket company", where it is short enough to be one."""
    for mark in (" | ", " – ", " — ", " - ", " · ", ": "):
        first, found, rest = title.partition(mark)
        if found:
            ends = [part.strip() for part in (first, rest.rpartition(mark)[2] or rest)]
            generic = {"home", "homepage", "startseite", "accueil", "inicio", "welcome", "willkommen"}
            parts = [part for part in ends if part and part.lower() not in generic]
            title = min(parts, key=len) if parts else ""
            break
    return title if 0 < len(title) <= 60 else ""
