"""The steps that need nobody else: pure functions from what is known of a prospect to what follows from it.

A step reads the draft and says what it concludes; the rule of provenance.py decides what of that is written. Its name
is the origin of what it says, its docstring what docs and admin show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prospecting.enrichment.mailboxes import domain_of, is_disposable, is_free
from prospecting.enrichment.mx import Mail, Mails
from prospecting.enrichment.places import country_of_phone, place_of
from prospecting.enrichment.provenance import Draft, Said
from prospecting.enrichment.titles import read_title
from prospecting.enums import EmailStatus
from prospecting.normalising.emails import email as normal_email
from prospecting.normalising.names import name_key, name_of
from prospecting.normalising.phones import phone as normal_phone

GUESS = "email_guess"


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    conclude: Callable[[Draft, Mails], Iterator[Said]]

    @property
    def explained(self) -> str:
        return " ".join((self.conclude.__doc__ or "").split())


def _name_parts(known: Draft, mails: Mails) -> Iterator[Said]:
    """First and last name from the whole name, or the whole name from its parts."""
    if known.origin("name") == "name_parts":  # made of the parts: says nothing new about them
        read = name_of(known["first_name"], known["last_name"])
        yield Said("name", read.full[:400], 0.95)
        return
    read = name_of(full=known["name"])
    if read.full:
        plain = len(read.full.split()) == 2
        for field, value in (("first_name", read.first), ("last_name", read.last)):
            yield Said(field, value[:200], 0.95 if plain else 0.8)
    elif known["first_name"] or known["last_name"]:
        yield Said("name", name_of(known["first_name"], known["last_name"]).full[:400], 0.95)


def _phone(known: Draft, mails: Mails) -> Iterator[Said]:
    """The telephone number in E.164, read as a number of the prospect's country where it has no country code."""
    if known["phone"]:
        found = normal_phone(known["phone"], known["country"])
        if found.value:
            known.rewrite("phone", found.value)
    yield from ()


def _place(known: Draft, mails: Mails) -> Iterator[Said]:
    """Country and subdivision from the location by exact tables, else the country from the telephone number."""
    given = known["country"] if known.origin("country") != "place" else ""
    place = place_of(known["location"], given)
    region = "" if given or place.country or not known["phone"] else country_of_phone(known["phone"])
    if not given:
        reason = "the telephone number's country code" if region else "named in the location"
        yield Said("country", place.country or region, 0.5 if region else 0.9, reason)
    agreed = place.country == known["country"] or not given
    yield Said("subdivision", place.subdivision if agreed else "", 0.85, "named in the location")


def _email(known: Draft, mails: Mails) -> Iterator[Said]:
    """Whether the address is well formed, and whether its domain takes mail where look-ups of DNS are allowed."""
    if not known["email"] or known.origin("email") == GUESS:
        return
    found = normal_email(known["email"])
    if found.fault:
        yield Said("email_status", EmailStatus.INVALID, 0.95, found.fault)
        return
    domain = domain_of(found.value)
    mail = mails.get(domain, Mail.UNKNOWN)
    if mail is Mail.REFUSES:
        yield Said("email_status", EmailStatus.INVALID, 0.9, "its domain takes no mail")
    elif is_disposable(domain):
        yield Said("email_status", EmailStatus.VALID, 0.3, "well formed, at a throw-away domain")
    else:
        free = ", at a mail provider" if is_free(domain) else ""
        takes = mail is Mail.TAKES
        says = "its domain takes mail" if takes else "well formed"
        yield Said("email_status", EmailStatus.VALID, 0.9 if takes else 0.6, says + free)


def _title(known: Draft, mails: Mails) -> Iterator[Said]:
    """Seniority and department from the job title, by our own tables of patterns."""
    read = read_title(known["title"] or _headline(known))
    weight = 1.0 if known["title"] else 0.8
    yield Said("seniority", read.seniority, round(read.seniority_confidence * weight, 2), read.seniority_reason)
    yield Said("department", read.department, round(read.department_confidence * weight, 2), read.department_reason)


def _headline(known: Draft) -> str:
    """A headline often is the title, and then a slogan."""
    return str(known["headline"]).split("|")[0].split("•")[0]


OFFLINE: tuple[Step, ...] = (
    Step("name_parts", _name_parts),
    Step("place", _place),  # before the number, which may need the country
    Step("phone", _phone),
    Step("email", _email),
    Step("title", _title),
)


def apply(draft: Draft, at: datetime, mails: Mails, steps: Sequence[Step] = OFFLINE) -> list[str]:
    """Run the steps over one prospect; answers the names of those that failed. What the others found stays."""
    failed = []
    for step in steps:
        try:
            for said in step.conclude(draft, mails):
                draft.put(step.name, said, at)
        except Exception:  # a prospect with one odd field must not stop a job of 100,000
            failed.append(step.name)
    if draft.changed & {"name", "first_name", "last_name"}:
        draft.rewrite("name_key", name_key(draft["first_name"], draft["last_name"], draft["name"])[:400])
    return failed
