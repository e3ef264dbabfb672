"""The company of a prospect from the address they are written to, and the domain of a company from its people's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from accounts.models import AccountGroup
from prospecting.enrichment import rows
from prospecting.enrichment.mailboxes import employer_domain
from prospecting.enrichment.provenance import Said
from prospecting.enrichment.rows import Employer, Person
from prospecting.enrichment.steps import GUESS
from prospecting.enums import EmailStatus
from prospecting.normalising.domains import company_domain
from prospecting.normalising.texts import fold

STEP = "company_domain"
_AGREES, _ALONE = 0.8, 0.5


def settle(group: AccountGroup, people: Sequence[Person], employers: dict[str, Employer], at: datetime) -> None:
    """Company domain from the website or the e-mail addresses of its people; a company for who has none.

    Free and throw-away mail domains tell nothing. `employers` gets the companies that are linked here.
    """
    homeless: dict[str, list[Person]] = defaultdict(list)
    domains: dict[str, Counter[str]] = defaultdict(Counter)
    for person in people:
        if domain := _told_by(person):
            if person.company_id:
                domains[person.company_id][domain] += 1
            else:
                homeless[domain].append(person)
    for employer in employers.values():
        _domain(employer, domains[employer.id], at)
    if homeless:
        _house(group, homeless, employers, at)


def _told_by(person: Person) -> str:
    draft = person.draft
    if not draft["email"] or draft.origin("email") == GUESS or draft["email_status"] == EmailStatus.INVALID:
        return ""
    return employer_domain(draft["email"])


def _domain(employer: Employer, told: Mapping[str, int], at: datetime) -> None:
    draft = employer.draft
    if draft["domain"]:
        return
    if found := company_domain(draft["website"]).value:
        draft.put(STEP, Said("domain", found, 0.95, "its website"), at)
        return
    agreeing = {domain: count for domain, count in told.items() if _agrees(draft["name"], domain)}
    if agreeing:
        domain = max(sorted(agreeing), key=lambda each: agreeing[each])
        draft.put(STEP, Said("domain", domain, _AGREES, "addresses of its people, and like its name"), at)
    elif len(told) == 1 and (count := next(iter(told.values()))) > 1:
        draft.put(STEP, Said("domain", next(iter(told)), _ALONE, f"addresses of {count} of its people"), at)


def _house(
    group: AccountGroup, homeless: Mapping[str, Sequence[Person]], employers: dict[str, Employer], at: datetime
) -> None:
    found = rows.employers_called(group, [(domain, "") for domain in homeless])
    for (domain, _), employer in found.items():
        employer = employers.setdefault(employer.id, employer)
        employer.draft.put(STEP, Said("domain", domain, _AGREES, "an address there"), at)
        for person in homeless[domain]:
            person.draft.put(STEP, Said("company_id", employer.id, _AGREES, "the domain of the address"), at)


def _agrees(name: str, domain: str) -> bool:
    """Whether a domain reads like a company's name: "Acme Robotics GmbH" and acme.com or acme-robotics.de."""
    label = domain.split(".")[0].replace("-", "")
    words = fold(name).split()
    joined = "".join(words)
    if len(label) < 3 or not words:
        return False
    initials = "".join(word[0] for word in words)
    return joined.startswith(label) or label.startswith(words[0]) and len(words[0]) > 3 or initials == label
