"""Asking others about people: MX records of their domains, a provider for their addresses, and guesses in the end."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import connections

from jobs.errors import JobFault
from prospecting.enrichment.concurrently import as_finished
from prospecting.enrichment.guesses import Guess, candidates, patterns_of
from prospecting.enrichment.mailboxes import domain_of, is_free
from prospecting.enrichment.mx import Mail, Mails, look_up
from prospecting.enrichment.rows import Employer, Person
from prospecting.enrichment.run import Run
from prospecting.enums import EmailStatus
from prospecting.importing.leads import Lead
from prospecting.models import Prospect
from prospecting.normalising.emails import email as normal_email
from prospecting.normalising.emails import is_shared
from web.errors import Refused

log = structlog.get_logger(__name__)

AT_ONCE = 8  # calls of a provider
GIVEN_UP_AFTER = 5  # failures in a row
_MOST_KNOWN = 5000  # addresses that are looked at for their pattern


@dataclass(slots=True)
class Answers:
    """What others said of some people, by id of the prospect."""

    emails: dict[str, str] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    guesses: dict[str, list[Guess]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    mails: dict[str, Mail] = field(default_factory=dict)


def ask(run: Run, people: Sequence[Person], employers: Mapping[str, Employer], wanting: Collection[str]) -> Answers:
    """Everything others say of `people`; `wanting`: the ids of those whose address is searched for."""
    answers = Answers()
    if run.provider is not None:
        _ask_provider(run, people, employers, wanting, answers)
    if settings.ENRICHMENT_MX:
        without = [person for person in people if person.id in wanting and person.id not in answers.emails]
        domains = {employers[each.company_id].draft["domain"] for each in without if each.company_id in employers}
        known = {domain_of(person.draft["email"]) for person in people}
        answers.mails = mails(run, {*domains, *known, *map(domain_of, answers.emails.values())})
        answers.guesses = _guesses(run, without, employers, answers.mails)
    return answers


def mails(run: Run, domains: Iterable[str]) -> dict[str, Mail]:
    """Which of the domains take mail; empty where the operator does not allow to ask."""
    asked = sorted({domain for domain in domains if domain and not is_free(domain)})
    if not settings.ENRICHMENT_MX or not asked:
        return {}

    async def one(domain: str) -> tuple[str, Mail]:
        return domain, await look_up(domain, settings.ENRICHMENT_NAMESERVERS)

    found: dict[str, Mail] = {}
    with asyncio.Runner() as runner:
        coroutines = (one(domain) for domain in asked)
        for finished in as_finished(
            runner, coroutines, at_once=settings.ENRICHMENT_AT_ONCE, check=run.work.check
        ):  # fmt: skip
            found.update(finished)
    return found


def described(person: Person, employer: Employer | None) -> dict[str, str]:
    """A prospect as providers are told of them."""
    draft = person.draft
    fields = ("first_name", "last_name", "name", "title", "linkedin_url", "public_identifier", "location", "country")
    said = {name: str(draft[name]) for name in fields if draft[name]}
    if employer is not None:
        told = {"company_name": employer.draft["name"], "company_domain": employer.draft["domain"]}
        said |= {name: value for name, value in told.items() if value}
    return said


def _ask_provider(
    run: Run, people: Sequence[Person], employers: Mapping[str, Employer], wanting: Collection[str], answers: Answers
) -> None:
    """One person after the other to some threads; a provider that keeps failing is given up."""
    provider = run.provider
    look = getattr(provider, "look_up", None)
    in_a_row = 0

    def call(person: Person) -> tuple[Person, str | None, Lead | None, bool]:
        said = described(person, employers.get(person.company_id))
        try:
            lead = look(said) if look else None
            email = provider.find_email(said) if provider and person.id in wanting else None
        except (Refused, JobFault) as fault:
            log.info("provider_failed", prospect_id=person.id, code=fault.code)
            return person, None, None, True
        finally:
            connections.close_all()  # those of this thread
        return person, email, lead, False

    asked = [person for person in people if look or person.id in wanting]
    for finished in _in_threads(run, asked, call):
        for person, email, lead, failed in finished:
            in_a_row = in_a_row + 1 if failed else 0
            if failed:
                answers.failed.add(person.id)
            if lead is not None:
                answers.leads[person.id] = lead
            if email and (normal := normal_email(email).value) and not is_shared(normal):
                answers.emails[person.id] = normal
        if in_a_row >= GIVEN_UP_AFTER:
            log.warning("provider_given_up", failures=in_a_row)
            heard = {*answers.emails, *answers.leads}
            answers.failed.update(person.id for person in asked if person.id not in heard)
            return


def _in_threads(run: Run, people: Sequence[Person], call: Callable[[Person], Any]) -> Iterator[list[Any]]:
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="provider")

    async def one(person: Person) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, call, person)

    coroutines: Iterator[Coroutine[Any, Any, Any]] = (one(person) for person in people)
    try:
        with asyncio.Runner() as runner:
            yield from as_finished(runner, coroutines, at_once=AT_ONCE, check=run.work.check)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # a call that hangs is left behind


def _guesses(
    run: Run, people: Sequence[Person], employers: Mapping[str, Employer], known: Mails
) -> dict[str, list[Guess]]:
    """Candidates at companies whose domain takes mail, by the patterns of addresses known there."""
    reachable: dict[str, str] = {}
    for person in people:
        domain = employers[person.company_id].draft["domain"] if person.company_id in employers else ""
        if domain and known.get(domain) is Mail.TAKES:
            reachable[person.id] = domain
    used = _patterns(run, {each.company_id for each in people if each.id in reachable}) if reachable else {}
    return {
        person.id: candidates(
            person.draft["first_name"], person.draft["last_name"], reachable[person.id], used.get(person.company_id)
        )
        for person in people
        if person.id in reachable
    }


def _patterns(run: Run, company_ids: Collection[str]) -> dict[str, Counter[str]]:
    rows = Prospect.objects.for_group(run.group).filter(company__in=company_ids).exclude(email="")
    rows = rows.exclude(email_status__in=[EmailStatus.GUESSED, EmailStatus.INVALID])
    people: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for company_id, *person in rows.values_list("company_id", "first_name", "last_name", "email")[:_MOST_KNOWN]:
        people[company_id].append((person[0], person[1], person[2]))
    return {company_id: patterns_of(each) for company_id, each in people.items()}
