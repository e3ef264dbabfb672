"""Writing what others said of people: addresses nobody else has and nobody suppressed, and positions that changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from prospecting.actions.suppression import suppressed
from prospecting.enrichment import rows
from prospecting.enrichment.guesses import Guess
from prospecting.enrichment.provenance import Said
from prospecting.enrichment.rows import Employer, Person
from prospecting.enrichment.run import Run
from prospecting.enrichment.searching import Answers
from prospecting.enrichment.steps import GUESS
from prospecting.enums import EmailStatus
from prospecting.importing.entries import Entry, entry_of
from prospecting.importing.writing import copy
from prospecting.models import KnownAs, PositionChange, Prospect
from prospecting.normalising.texts import fold

_TOLD = (
    "first_name", "last_name", "name", "headline", "about", "photo_url", "title", "location", "country", "phone",
)  # fmt: skip
_SURE_EMAIL = 0.95


def take(
    run: Run, people: Sequence[Person], employers: dict[str, Employer], answers: Answers, at: datetime
) -> int:  # fmt: skip
    """Write the answers into the drafts. Answers how many addresses a provider named for them.

    To be called inside `run.writing()`. What a provider says of a person replaces what an earlier source said; a
    title or company that was another before makes a PositionChange.
    """
    _positions(run, people, employers, answers, at)
    return _emails(run, people, answers, at)


def _emails(run: Run, people: Sequence[Person], answers: Answers, at: datetime) -> int:
    offered = {*answers.emails.values(), *(guess.email for each in answers.guesses.values() for guess in each)}
    if not offered:
        return 0
    closed = suppressed(run.group, emails=offered).emails
    owners = _owners(run, offered)
    found = 0
    for person in people:
        named = answers.emails.get(person.id, "")
        if named and named not in closed and owners.setdefault(named, person.id) == person.id:
            person.draft.put(run.origin, Said("email", named, _SURE_EMAIL), at)
            found += run.has_found_email(person)
            continue
        for guess in answers.guesses.get(person.id, []):
            if guess.email not in closed and owners.setdefault(guess.email, person.id) == person.id:
                _guess(person, guess, at)
                break
    return found


def _guess(person: Person, guess: Guess, at: datetime) -> None:
    reason = f"pattern {guess.pattern}; the domain takes mail, more is not known"
    if person.draft.put(GUESS, Said("email", guess.email, guess.confidence, reason), at):
        person.draft.put(GUESS, Said("email_status", EmailStatus.GUESSED, guess.confidence, reason), at)


def _owners(run: Run, emails: set[str]) -> dict[str, str]:
    """{address: id of the prospect it belongs to}, also as a further one."""
    known = KnownAs.objects.for_group(run.group).filter(kind=KnownAs.Kind.EMAIL, value__in=emails)
    mine = Prospect.objects.for_group(run.group).filter(email__in=emails)
    return {**dict(known.values_list("value", "prospect_id")), **dict(mine.values_list("email", "pk"))}


def _positions(
    run: Run, people: Sequence[Person], employers: dict[str, Employer], answers: Answers, at: datetime
) -> None:
    told = {person: entry_of(answers.leads[person.id]) for person in people if person.id in answers.leads}
    companies = _companies(run, told, employers, at)
    changes: list[dict[str, Any]] = []
    for person, entry in told.items():
        before = person.draft["title"], _company(person, employers)
        for column in _TOLD:
            if value := entry.person.get(column):
                _tell(run, person, column, value, at)
        if (company := companies.get(_called(entry))) is not None and _is_another(company, before[1]):
            person.draft.put(run.origin, Said("company_id", company.id), at)
        after = person.draft["title"], _company(person, employers)
        if any(was and fold(was) != fold(now) for was, now in zip(before, after, strict=True)):
            changes.append({
                "group_id": run.group.pk, "prospect_id": person.id, "previous_title": before[0],
                "previous_company": before[1], "title": after[0], "company": after[1], "origin": run.origin,
            })  # fmt: skip
    copy(PositionChange, changes)


def _tell(run: Run, person: Person, column: str, value: str, at: datetime) -> None:
    if fold(value) != fold(person.draft[column]):  # another way to write it is no news
        person.draft.put(run.origin, Said(column, value), at)


def _companies(
    run: Run, told: dict[Person, Entry], employers: dict[str, Employer], at: datetime
) -> dict[tuple[str, str], Employer]:
    called = {_called(entry) for entry in told.values()} - {("", "")}
    if not called:
        return {}
    found = rows.employers_called(run.group, called)
    for (domain, name), employer in found.items():
        known = employers.setdefault(employer.id, employer)
        known.draft.put(run.origin, Said("domain", known.draft["domain"] or domain), at)
        known.draft.put(run.origin, Said("name", known.draft["name"] or name), at)
    return {called: employers[employer.id] for called, employer in found.items()}


def _called(entry: Entry) -> tuple[str, str]:
    return entry.company.get("domain", ""), entry.company.get("name", "")


def _company(person: Person, employers: dict[str, Employer]) -> str:
    return employers[person.company_id].name if person.company_id in employers else ""


def _is_another(company: Employer, before: str) -> bool:
    """Whether the provider names another company than the one that is known, and not the same by another key."""
    return not before or fold(company.name) != fold(before)
