"""Storing a batch of leads: everything of it, or nothing, in the transaction of the caller.

Two imports of one group store their batches one after the other (an advisory lock until the commit), so neither can
meet a constraint the other has just filled; whoever writes identities of prospects elsewhere holds the same lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import AccountGroup
from prospecting.actions import suppression
from prospecting.actions.locking import hold_people
from prospecting.importing import loading, stored
from prospecting.importing.batch import Batch, Failed, Question
from prospecting.importing.entries import Entry, Fault, entry_of
from prospecting.importing.filling import Import, fill_employer, fill_person
from prospecting.importing.known import Employer, Person, candidates
from prospecting.importing.leads import Lead
from prospecting.importing.matching import AMBIGUOUS, Match, employer_of, match
from prospecting.models import KnownAs, ProspectingJob

NO_CONSENT = "no_consent: people of this country must have agreed, and the row does not say so"


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of the rows. `prospect_ids`: all that are now in the audience, in the order of the rows;
    `new_ids`: those of them that were imported.
    """

    imported: int = 0
    duplicates: int = 0
    suppressed: int = 0
    failed: int = 0
    prospect_ids: tuple[str, ...] = ()
    new_ids: tuple[str, ...] = ()


def store(group: AccountGroup, job: ProspectingJob, rows: Sequence[Lead]) -> BatchOutcome:
    """Normalise, check against suppression and consent, match and write `rows`.

    To be called inside lifecycle.fence of the job. The number of statements does not depend on the number of rows.
    """
    batch, entries = Batch(group, job, Import.of(job.created_at)), [entry_of(lead) for lead in rows]
    hold_people(group)
    outcome = judge(batch, entries)
    stored.write(batch)
    return outcome


def judge(batch: Batch, entries: Sequence[Entry]) -> BatchOutcome:
    """What becomes of the rows, noted in the batch; nothing is written yet."""
    admitted = _admitted(batch, entries)
    named = [entry for entry in admitted if _is_named(batch, entry)]
    batch.known = loading.load(batch.group, named)
    for entry in named:
        _take(batch, entry)
    refused = len(entries) - len(admitted)
    return BatchOutcome(len(batch.made), batch.met, refused, batch.failed, tuple(batch.members), tuple(batch.made))


def _admitted(batch: Batch, entries: Sequence[Entry]) -> list[Entry]:
    """Those to whom no door is closed; of the others nothing is kept but the line of who has not agreed."""
    found = suppression.suppressed(
        batch.group,
        emails={address for entry in entries for address in entry.addresses},
        identifiers={entry.profile for entry in entries} - {""},
        domains={entry.domain for entry in entries} - {""},
        externals={entry.external for entry in entries if entry.external},
        people={entry.person_pair for entry in entries if entry.person_pair},
        names={entry.name_pair for entry in entries if entry.name_pair},
    )
    rule = suppression.consent_rule(batch.group)
    admitted = []
    for entry in entries:
        if _is_suppressed(entry, found):
            continue
        if not entry.lead.fault and rule.refuses(country=entry.person.get("country", ""), consent=entry.consent):
            batch.errors.append(Failed(entry.line, Fault("consent", NO_CONSENT), True, {}))
            continue
        admitted.append(entry)
    return admitted


def _is_suppressed(entry: Entry, found: suppression.Suppressed) -> bool:
    return (
        not entry.addresses.isdisjoint(found.emails)
        or entry.profile in found.identifiers
        or entry.domain in found.domains
        or entry.external in found.externals
        or entry.person_pair in found.people
        or entry.name_pair in found.names
    )


def _is_named(batch: Batch, entry: Entry) -> bool:
    """Whether it can be told from others; if not, it is lost."""
    if not entry.is_named:
        batch.lose(entry, entry.reasons_lost())
    return entry.is_named


def _take(batch: Batch, entry: Entry) -> None:
    """Whom the entry means, and what it adds."""
    employers = candidates(batch.known, entry)
    found = match(batch.known, entry, employers)
    if found.ambiguous:
        batch.lose(entry, [*entry.faults, Fault("", AMBIGUOUS)])
        return
    batch.note(entry, entry.faults)
    if found.disputed and found.person:
        person = found.person
        batch.met += 1
    else:
        person = _written(batch, entry, employers, found)
    batch.members[person.id] = None
    for other, reason in found.ask:
        batch.ask(person.id, other.id, Question(reason, 100, entry.line))


def _written(batch: Batch, entry: Entry, employers: list[Employer], found: Match) -> Person:
    """The person the entry means, with what it adds."""
    if found.without:
        entry.leave_out(found.without)
    person = found.person or Person({})
    employer, same = _employer(batch, entry, employers, person)
    _free_guess(batch, entry, person)
    moved = fill_person(person, entry, employer, batch.now, same=same)
    batch.touched[person.id] = person
    if found.person is None:
        batch.made[person.id] = entry.line
    else:
        batch.met += 1
        batch.moved += [moved] if moved else []
    _remember(batch, entry, person)
    return person


def _employer(
    batch: Batch, entry: Entry, employers: list[Employer], person: Person
) -> tuple[Employer | None, bool]:  # fmt: skip
    """The company the entry names, and whether it may be the one the person is known to work for."""
    now = person.employer
    named_alike = now is not None and now.name_key and now.name_key == entry.company_name_key
    same = now is not None and (now in employers or bool(named_alike))
    employer = now if same else employer_of(batch.known, entry, employers)
    if employer is not None:
        fill_employer(employer, entry, batch.now)
        batch.employers[employer.id] = employer
        batch.known.add_employer(employer)
    return employer, same


def _free_guess(batch: Batch, entry: Entry, person: Person) -> None:
    """An address that was only guessed to be somebody's belongs to whom the row gives it."""
    guesser = batch.known.guessed.pop(entry.email, None)
    if guesser is not None and guesser is not person:
        guesser.drop_guess()
        batch.freed[guesser.id] = guesser


def _remember(batch: Batch, entry: Entry, person: Person) -> None:
    """Everything the entry names this person by leads to them from now on, within the batch and later."""
    known = batch.known
    if entry.external:
        batch.externals.setdefault(entry.external, (person.id, entry.lead.person_id))
        known.by_external[entry.external] = person
    for kind, value, held, index in (
        (KnownAs.Kind.EMAIL, entry.email, person.email, known.by_email),
        (KnownAs.Kind.PROFILE, entry.profile, person.profile, known.by_profile),
    ):
        if value and value not in index:
            index[value] = person
            if value != held:
                batch.further[kind, value] = person.id
    known.add_name(person)
