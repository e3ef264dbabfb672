"""A lead in its normal form, ready to be compared: what it says, whom it names, and what had to be left out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from prospecting.importing.leads import Lead
from prospecting.normalising import profiles
from prospecting.normalising.addresses import web_address
from prospecting.normalising.companies import company_key, company_name_key
from prospecting.normalising.countries import country
from prospecting.normalising.domains import company_domain
from prospecting.normalising.emails import email, is_shared
from prospecting.normalising.names import name_key, name_of
from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.phones import phone
from prospecting.normalising.texts import tidy, tidy_lines

NAMES_NOBODY = (
    "names nobody we could tell from others: send an e-mail address, a LinkedIn profile, a provider id, or a name with "
    "a company"
)
SHARED = "is a mailbox of a company, which names nobody, so it was left out"
_EMPTY = frozenset({"", "-", "--", "—", "n/a", "N/A", "#N/A", "(null)", "(blank)"})
_NAMING = frozenset({"email", "linkedinUrl", "publicIdentifier", "companyDomain", "companyName", "companyWebsite"})
_ABOUT_CHARS = 20_000


class Fault(NamedTuple):
    """`field` as partners know it, empty for the row as a whole; `reason` goes on where the field's name ends."""

    field: str
    reason: str


@dataclass(slots=True)
class Entry:
    """`person` and `company` are {column: value}, without empty ones; `shared` is a company's mailbox that was sent. By
    what a lead can be told from others has a field of its own as well; it is asked for again and again.
    """

    lead: Lead
    person: dict[str, str] = field(default_factory=dict)
    company: dict[str, str] = field(default_factory=dict)
    consent: str = ""
    shared: str = ""
    company_key: str = ""
    company_name_key: str = ""
    faults: list[Fault] = field(default_factory=list)
    external: tuple[str, str] | None = None  # (provider, external id)
    email: str = ""
    profile: str = ""
    name_key: str = ""
    domain: str = ""

    @property
    def line(self) -> int:
        return self.lead.line

    @property
    def addresses(self) -> set[str]:
        """The e-mail addresses sent, whoever they name."""
        return {self.email, self.shared} - {""}

    @property
    def person_pair(self) -> tuple[str, str] | None:
        """(provider, person id)"""
        return (self.lead.provider, self.lead.person_id) if self.external and self.lead.person_id else None

    @property
    def name_pair(self) -> tuple[str, str] | None:
        """(folded name, key of the company)"""
        return (self.name_key, self.company_key) if self.name_key and self.company_key else None

    @property
    def is_named(self) -> bool:
        """Whether it can be told from others at all."""
        return bool(self.external or self.profile or self.email or self.name_pair)

    def identify(self) -> None:
        """Fill the fields that follow from the others."""
        lead, person = self.lead, self.person
        self.external = (lead.provider, lead.external_id) if lead.external_id else None
        self.email, self.profile = person.get("email", ""), person.get("public_identifier", "")
        self.name_key, self.domain = person.get("name_key", ""), self.company.get("domain", "")

    def leave_out(self, identities: Collection[str]) -> None:
        """Drop identities that belong to somebody else."""
        if "email" in identities:
            del self.person["email"]
        if "external" in identities:
            self.lead = replace(self.lead, provider="", external_id="", person_id="")
        self.identify()

    def reasons_lost(self) -> list[Fault]:
        """Why a row that names nobody is lost."""
        told = any(each.field in _NAMING or not each.field for each in self.faults)
        return self.faults if told else [*self.faults, Fault("", NAMES_NOBODY)]


def entry_of(lead: Lead) -> Entry:
    """The lead in its normal form; a value without one is left out, and a fault says so."""
    entry = Entry(lead)
    if lead.fault:
        entry.faults.append(Fault("", lead.fault))
    else:
        _read(entry, lead)
    entry.identify()
    return entry


def _read(entry: Entry, lead: Lead) -> None:
    sent = {name: value for name, value in lead.fields.items() if value.strip() not in _EMPTY}
    if len(lead.external_id) > _ID_CHARS or len(lead.person_id) > _ID_CHARS:
        entry.faults.append(Fault("providerId", f"is longer than {_ID_CHARS} characters"))
        entry.leave_out({"external"})
    _name(entry, sent)
    for name, (column, normal_of) in _PERSON.items():
        if name in sent:
            _keep(entry, entry.person, name, column, normal_of(sent[name]))
    if is_shared(entry.person.get("email", "")):
        entry.shared = entry.person.pop("email")
        entry.faults.append(Fault("email", SHARED))
    if "phone" in sent:
        _keep(entry, entry.person, "phone", "phone", phone(sent["phone"], entry.person.get("country", "")))
    _profile(entry, sent)
    _company(entry, sent)
    entry.consent = sent.get("consent", "")


def _keep(entry: Entry, into: dict[str, str], name: str, column: str, normal: Normal) -> None:
    if normal.fault:
        entry.faults.append(Fault(name, normal.fault))
    elif normal.value:
        into[column] = normal.value


def _text(most: int, tidied: Callable[[str], str] = tidy) -> Callable[[str], Normal]:
    def normal_of(text: str) -> Normal:
        kept = tidied(text)
        return Normal(kept) if len(kept) <= most else Normal(fault=f"is longer than {most:,} characters")

    return normal_of


def _name(entry: Entry, sent: Mapping[str, str]) -> None:
    parts = []
    for name, normal_of in _NAMES.items():
        normal = normal_of(sent[name]) if name in sent else NOTHING
        if normal.fault:
            entry.faults.append(Fault(name, normal.fault))
        parts.append(normal.value)
    if any(parts):
        found = name_of(*parts)
        columns = {"first_name": found.first[:200], "last_name": found.last[:200], "name": found.full[:400]}
        columns["name_key"] = name_key(found.first, found.last, found.full)[:400]
        entry.person |= {column: value for column, value in columns.items() if value}


def _profile(entry: Entry, sent: Mapping[str, str]) -> None:
    """From its address, else from the identifier alone; two that differ are a fault of the second."""
    address = profiles.profile(sent["linkedinUrl"]) if "linkedinUrl" in sent else NOTHING
    alone = profiles.public_identifier(sent["publicIdentifier"]) if "publicIdentifier" in sent else NOTHING
    if address.value and alone.value and address.value != alone.value:
        alone = Normal(fault="is not the identifier in linkedinUrl, which was taken")
    _keep(entry, entry.person, "publicIdentifier", "public_identifier", alone)
    _keep(entry, entry.person, "linkedinUrl", "public_identifier", address)
    if identifier := entry.person.get("public_identifier"):
        entry.person["linkedin_url"] = profiles.profile_url(identifier)[:_URL_CHARS]


def _company(entry: Entry, sent: Mapping[str, str]) -> None:
    company = entry.company
    for name, (column, normal_of) in _COMPANY.items():
        if name in sent:
            _keep(entry, company, name, column, normal_of(sent[name]))
    if "domain" not in company and "website" in company:
        _keep(entry, company, "companyWebsite", "domain", company_domain(company["website"]))
    if "domain" not in company and entry.shared and (found := company_domain(entry.shared).value):
        company["domain"] = found
    if page := company.get("linkedin_identifier"):
        company["linkedin_url"] = profiles.company_page_url(page)[:_URL_CHARS]
    entry.company_key = company_key(company.get("domain", ""), company.get("name", ""))
    entry.company_name_key = company_name_key(company.get("name", ""))


_URL_CHARS = 500
_ID_CHARS = 200

_NAMES = {"firstName": _text(200), "lastName": _text(200), "name": _text(400)}
_PERSON: dict[str, tuple[str, Callable[[str], Normal]]] = {
    "headline": ("headline", _text(1000)),
    "about": ("about", _text(_ABOUT_CHARS, tidy_lines)),
    "photoUrl": ("photo_url", web_address),
    "title": ("title", _text(500)),
    "seniority": ("seniority", _text(40)),
    "department": ("department", _text(40)),
    "location": ("location", _text(500)),
    "country": ("country", country),
    "email": ("email", email),
}
_COMPANY: dict[str, tuple[str, Callable[[str], Normal]]] = {
    "companyName": ("name", _text(300)),
    "companyDomain": ("domain", company_domain),
    "companyWebsite": ("website", web_address),
    "companyIndustry": ("industry", _text(200)),
    "companyLinkedinIdentifier": ("linkedin_identifier", profiles.company_page),
    "companyLinkedinUrl": ("linkedin_identifier", profiles.company_page),
    "companyFeedUrl": ("feed", web_address),
}
