"""The suppression list: who must not be brought in (again), and what an import asks before it stores anybody.

People stand there as keyed hashes (HMAC-SHA256), so that the list can refuse them and yet names nobody. The key is
the first of SUPPRESSION_KEYS; entries made with the others count as well.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Q

from accounts.models import AccountGroup
from accounts.requester import Requester
from prospecting.enums import SuppressionKind
from prospecting.errors import SuppressionKeyMissing
from prospecting.models import ProspectingSettings, Suppression
from prospecting.normalising.consent import ConsentRule
from prospecting.normalising.emails import email as normal_email
from web.errors import ValidationFailed

Pair = tuple[str, str]
_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63}")


@dataclass(frozen=True)
class Suppressed:
    """Those of the asked that are on the list, as they were asked for."""

    emails: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    externals: frozenset[Pair] = frozenset()
    people: frozenset[Pair] = frozenset()
    names: frozenset[Pair] = frozenset()


def suppressed(
    group: AccountGroup, *, emails: Collection[str] = (), identifiers: Collection[str] = (),
    domains: Collection[str] = (), externals: Collection[Pair] = (), people: Collection[Pair] = (),
    names: Collection[Pair] = (),
) -> Suppressed:  # fmt: skip
    """Which of these are suppressed, in four statements however many they are; all in their normal form.

    An e-mail address is suppressed by itself or by its domain, a domain by itself or by one it is part of.
    `externals` and `people` are (provider, external id) and (provider, person id), `names` (name_key, company key).
    Inside a transaction, nobody is erased in this group until it ends: an import cannot bring back whom an erasure
    removes meanwhile. Raises SuppressionKeyMissing when the list was made with a key that is gone.
    """
    hold_erasures(group)
    asked = {
        SuppressionKind.EMAIL: emails, SuppressionKind.IDENTIFIER: identifiers, SuppressionKind.EXTERNAL: externals,
        SuppressionKind.PERSON: people, SuppressionKind.NAME: names,
    }  # fmt: skip
    found = _listed(group, asked) if _lists_people(group) else dict.fromkeys(asked, frozenset())
    closed = _closed(group, {*domains, *map(_domain_of, emails)})
    return Suppressed(
        emails=found[SuppressionKind.EMAIL] | {email for email in emails if _domain_of(email) in closed},
        identifiers=found[SuppressionKind.IDENTIFIER],
        domains=frozenset(closed.intersection(domains)),
        externals=found[SuppressionKind.EXTERNAL],
        people=found[SuppressionKind.PERSON],
        names=found[SuppressionKind.NAME],
    )


def is_suppressed(
    group: AccountGroup, *, email: str = "", identifier: str = "", domain: str = "", external: Pair | None = None
) -> bool:
    """Whether one person is on the list, by any of these."""
    found = suppressed(
        group, emails=[email] if email else [], identifiers=[identifier] if identifier else [],
        domains=[domain] if domain else [], externals=[external] if external else [],
    )  # fmt: skip
    return found != Suppressed()


def suppress(
    group: AccountGroup, entries: Iterable[tuple[SuppressionKind, str | Pair]], *, by: Requester, reason: str = ""
) -> int:
    """Put people on the list by what they are known by; answers how many entries are new."""
    rows = [
        Suppression(group=group, kind=kind, value=digests(group, kind, value)[0], hash_key=_key_ids()[0],
                    reason=reason[:200], created_by=by.name[:200])
        for kind, value in entries
    ]  # fmt: skip
    before = Suppression.objects.for_group(group).count()
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    return Suppression.objects.for_group(group).count() - before


@transaction.atomic
def suppress_domain(group: AccountGroup, domain: str, *, by: Requester, reason: str = "") -> Suppression:
    """Bring in nobody whose address or company is at this domain or below it. Raises ValidationFailed."""
    folded = domain.strip().removeprefix("@").removesuffix(".").lower()
    if not _DOMAIN.fullmatch(folded):
        raise ValidationFailed.at("domain", "must look like example.com; other alphabets as xn--...")
    entry, made = Suppression.objects.get_or_create(
        group=group, kind=SuppressionKind.DOMAIN, value=folded,
        defaults={"reason": reason[:200], "created_by": by.name[:200]},
    )  # fmt: skip
    if made:
        by.audit("domain.suppressed", entry, after={"domain": folded, "reason": entry.reason})
    return entry


@transaction.atomic
def suppress_email(group: AccountGroup, address: str, *, by: Requester, reason: str = "") -> None:
    """Bring in nobody with this address; those who are in stay until they are erased. Raises ValidationFailed."""
    known = normal_email(address)
    if known.fault or not known.value:
        raise ValidationFailed.at("email", known.fault or "give an e-mail address")
    if suppress(group, [(SuppressionKind.EMAIL, known.value)], by=by, reason=reason):
        digest = digests(group, SuppressionKind.EMAIL, known.value)[0]
        entry = Suppression.objects.for_group(group).get(kind=SuppressionKind.EMAIL, value=digest)
        by.audit("email.suppressed", entry, after={"value": digest, "reason": entry.reason})


@transaction.atomic
def lift(entry: Suppression, *, by: Requester) -> bool:
    """Take an entry off the list: who it names may be brought in again. False where somebody else has done so."""
    lifted, _ = Suppression.objects.filter(pk=entry.pk).delete()
    if lifted:
        about = {"kind": entry.kind, "value": entry.value, "reason": entry.reason}
        by.audit("suppression.lifted", entry, before=about)
    return bool(lifted)


def consent_rule(group: AccountGroup) -> ConsentRule:
    """Of whom the rows of this group's imports must say that they agreed; refused rows have the reason `no_consent`."""
    chosen = ProspectingSettings.objects.for_group(group).first()
    if chosen is None:
        return ConsentRule()
    return ConsentRule(frozenset(map(str.upper, chosen.consent_countries)), chosen.consent_without_country)


def hold_erasures(group: AccountGroup) -> None:
    """Until the transaction ends nobody is erased in this group; outside one, for no time at all."""
    _lock(group, "pg_advisory_xact_lock_shared")


def wait_for_imports(group: AccountGroup) -> None:
    """Go on when no batch is being stored in this group; none asks for the list until the transaction ends."""
    _lock(group, "pg_advisory_xact_lock")


def digests(group: AccountGroup, kind: SuppressionKind, value: str | Pair) -> list[str]:
    """The hash under each of SUPPRESSION_KEYS, the one to write first. Another group has other hashes."""
    return [digest for digest, _ in _digests(group, kind, [value])]


def _digests(group: AccountGroup, kind: SuppressionKind, values: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    keys = _keys()
    for value in values:
        parts = value if isinstance(value, tuple) else (value,)
        text = "\0".join([group.pk, kind.value, *[part.strip().casefold() for part in parts]]).encode()
        for key in keys:
            yield hmac.digest(key, text, "sha256").hex(), value


def _listed(
    group: AccountGroup, asked: Mapping[SuppressionKind, Collection[Any]]
) -> dict[SuppressionKind, frozenset[Any]]:
    """Those of the asked that stand on the list as hashes, by kind."""
    hashed = {
        (kind.value, digest): value for kind, values in asked.items() for digest, value in _digests(group, kind, values)
    }
    rows = Suppression.objects.for_group(group).filter(value__any_of={digest for _, digest in hashed})
    hits = set(rows.values_list("kind", "value")) & hashed.keys() if hashed else set()
    return {kind: frozenset(hashed[hit] for hit in hits if hit[0] == kind) for kind in asked}


def _domain_of(email: str) -> str:
    return email.rpartition("@")[2]


def _closed(group: AccountGroup, domains: set[str]) -> set[str]:
    """Those of the domains that are on the list, or lie below one that is."""
    above = {domain: _and_above(domain) for domain in domains}
    wanted = {each for parents in above.values() for each in parents}
    if not wanted:
        return set()
    rows = Suppression.objects.for_group(group).filter(kind=SuppressionKind.DOMAIN, value__any_of=wanted)
    listed = set(rows.values_list("value", flat=True))
    return {domain for domain, parents in above.items() if listed.intersection(parents)}


def _and_above(domain: str) -> list[str]:
    """`a.b.example.com` -> itself, b.example.com, example.com"""
    labels = domain.lower().split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _lists_people(group: AccountGroup) -> bool:
    """Whether anybody is on the list; an import that could not read it would bring back people who were erased."""
    hashed = Suppression.objects.for_group(group).filter(hash_key__gt="")
    known = sorted(_key_ids())
    # Between the known ones there may be others: ranges, so that the index answers however long the list is.
    gaps = Q(hash_key__lt=known[0]) | Q(hash_key__gt=known[-1])
    for low, high in zip(known, known[1:], strict=False):
        gaps |= Q(hash_key__gt=low, hash_key__lt=high)
    found = AccountGroup.objects.filter(pk=group.pk).values_list(Exists(hashed), Exists(hashed.filter(gaps)))
    lists_people, some_unreadable = found.get()
    if some_unreadable:
        raise SuppressionKeyMissing
    return bool(lists_people)


def _keys() -> list[bytes]:
    return [f"prospecting.suppression:{key}".encode() for key in settings.SUPPRESSION_KEYS]


def _key_ids() -> list[str]:
    return [hashlib.sha256(b"id:" + key).hexdigest()[:12] for key in _keys()]


def _lock(group: AccountGroup, function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [f"prospecting.suppression:{group.pk}"])
