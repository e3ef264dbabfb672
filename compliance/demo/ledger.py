"""A made-up ledger in the shape of PaySim, with planted cases and the truth about them.

Time runs in blocks of 30 days. The file of month m holds the five blocks m-1 .. m+3, so that a 90-day gap
fits with a month to spare; the file of the next month drops the oldest block and adds one. Records both files
share are equal to the byte. Every block begins the same set of stories, hence from one month to the next some
cases disappear, some are new and the rest stay.

The background triggers no rule of the AML pack, for any seed:
- amounts are below 5,000.00 and never a multiple of 1,000.00 (the thresholds, round amounts, dormancy);
- people act in rounds, each at most once a round; a round lasts well over 24 hours, so a 24-hour window holds
  at most two records of a person, below 10,000.00 together (structuring, velocity, aggregation);
- balances add up, and every recipient but merchants always holds something (mismatch, fraud indicator).

Only `random.Random.random()` is drawn from: its sequence is the one Python promises to keep. Money is in
integer cents.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from compliance.demo.stories import EMPTY, MERCHANT, NEAR_MISSES, ONE_CENT, STORIES, Story

HEADER = "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,nameDest,oldbalanceDest,newbalanceDest,isFraud"
BLOCK = 30 * 24  # hours
BLOCKS = 5  # in one file
LONGEST_STORY = 5  # blocks a story can reach into, its first one counted
ONE_BLOCK = 72  # hours: a story up to this long lies within a block, as parts of it could hit alone
MIN_RECORDS = 2_000  # fewer leave no room for the background beside the stories
EVIDENCE_PERCENT = 3  # of a large file's records prove a finding, as in a real ledger
BACKGROUND_TYPES = ("CASH_OUT",) * 35 + ("PAYMENT",) * 34 + ("CASH_IN",) * 22 + ("TRANSFER",) * 8 + ("DEBIT",)
ROUNDS = (10, 9, 8, 7, 6, 5)  # tenths of the people acting in a block's rounds; the last takes the rest
SALARY = 2_500_00  # what arrives from outside the ledger when a balance does not suffice
PLACES = tuple(f".{cents:02d}" for cents in range(100))  # looked up: twice as fast as formatting each amount

# Where each kind of name begins among the numbers that `name` turns into names.
PEOPLE, AGENTS, PLANTED = 0, 1_000_000_000, 2_000_000_000
NAMES_PER_CASE = 8


class Entry(NamedTuple):
    """One record before balances: `step` in hours, `amount` and `error` (a false balance) in cents."""

    step: int
    kind: str
    account: str
    recipient: str
    amount: int
    error: int
    label: int


@dataclass(frozen=True, slots=True)
class Planted:
    """A planted case of a file: the account and the ids of the rules that must hit it in this file."""

    story: str
    account: str
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An account that comes close to `rule_id` and must not be hit by it (it may be by others)."""

    name: str
    account: str
    rule_id: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What a scan of one file with the AML pack must find: exactly `violations`, pairs (rule_id, account).

    `stories` and `near_misses` say where they come from; a case cut off by the file's edge is listed with
    what is left of it to find, or not at all.
    """

    violations: frozenset[tuple[str, str]]
    stories: tuple[Planted, ...]
    near_misses: tuple[NearMiss, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One story told of one account, with the balances it opens with."""

    story: Story
    account: str
    entries: tuple[Entry, ...]
    openings: dict[str, int]

    def found(self, first: int, end: int) -> frozenset[str]:
        """Ids of the rules that hit in a file of the steps first <= step < end."""
        if self.entries[-1].step >= end:
            return frozenset()
        return frozenset(str(rule) for rule, move in self.story.finds.items() if self.entries[move].step >= first)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One month's file. `lines` yields it, header first, each line ending in a newline."""

    seed: int
    month: int
    records: int
    truth: Truth = field(repr=False)

    def lines(self) -> Iterator[str]:
        yield HEADER + "\n"
        yield from _lines(self.seed, self.month, self.records)


def generate(seed: int, month: int, records: int = 50_000) -> Ledger:
    """The ledger of `seed` in `month` (1, 2, ...), `records` long.

    The same arguments give the same bytes on any machine; files of one seed share their accounts and history
    when they have the same `records`. Raises ValueError for a month before 1 or fewer than 2,000 records.
    """
    if month < 1:
        raise ValueError(f"month is {month}; months count from 1")
    if records < MIN_RECORDS:
        raise ValueError(f"records is {records}; a ledger needs at least {MIN_RECORDS} to hold its stories")
    return Ledger(seed, month, records, _truth(seed, month, records))


def write_ledger(path: str | Path, *, seed: int, month: int, records: int = 50_000) -> Truth:
    """Write `generate(seed, month, records)` to `path` as CSV, record by record, and return its truth."""
    ledger = generate(seed, month, records)
    with Path(path).open("w", encoding="ascii", newline="") as file:
        file.writelines(ledger.lines())
    return ledger.truth


def name(seed_offset: int, number: int) -> str:
    """Ten digits to name account or merchant `number` (below 9 x 10^9), different for each number."""
    return str(1_000_000_000 + (number * 7_393_913 + seed_offset) % 9_000_000_000)  # coprime: one to one


def seed_offset(seed: int) -> int:
    """Where the names of `seed` begin, for `name`."""
    return int(stream(seed, "names").random() * 9_000_000_000)


def stream(seed: int, purpose: str) -> random.Random:
    """The random numbers of `seed` for one purpose. Seeded by text, as Random takes -1 for 1."""
    return random.Random(f"scanward ledger:{seed}:{purpose}")  # noqa: S311 - a demonstration, no secret


def money(cents: int) -> str:
    """Cents (not negative) as a decimal with two places."""
    return f"{cents // 100}{PLACES[cents % 100]}"


def _truth(seed: int, month: int, records: int) -> Truth:
    first, end = (month - 1) * BLOCK, (month - 1 + BLOCKS) * BLOCK
    stories: list[Planted] = []
    near_misses: list[NearMiss] = []
    violations: set[tuple[str, str]] = set()
    for block in range(month - LONGEST_STORY, month - 1 + BLOCKS):
        for case in cases_beginning(seed, block, _copies(records)):
            found = case.found(first, end)
            violations.update((rule, case.account) for rule in found)
            misses = case.story.misses
            if misses is None and found:
                stories.append(Planted(case.story.name, case.account, found))
            elif misses is not None and case.entries[0].step >= first and case.entries[-1].step < end:
                near_misses.append(NearMiss(case.story.name, case.account, str(misses)))
    return Truth(frozenset(violations), tuple(stories), tuple(near_misses))


def _copies(records: int) -> int:
    """How often each story is told in a block."""
    return max(1, records * EVIDENCE_PERCENT // (100 * BLOCKS * sum(len(story.moves) for story in STORIES)))


def cases_beginning(seed: int, block: int, copies: int) -> Iterator[Case]:
    """The cases whose story begins in `block` (negative for those that began before the ledger did)."""
    rng, offset = stream(seed, f"cases {block}"), seed_offset(seed)
    stories = STORIES * copies + NEAR_MISSES
    first_name = PLANTED + (block + LONGEST_STORY) * len(stories) * NAMES_PER_CASE
    for number, story in enumerate(stories):
        yield _case(story, block * BLOCK, rng, offset, first_name + number * NAMES_PER_CASE)


def _case(story: Story, block_start: int, rng: random.Random, offset: int, first_name: int) -> Case:
    """Tell `story` of a new account, from some hour of the block on."""
    draw = rng.random
    account = "C" + name(offset, first_name)
    label = int(story.misses is None)
    span = story.moves[-1].hour
    start = block_start + int(draw() * (BLOCK if span > ONE_BLOCK else BLOCK - span))
    entries: list[Entry] = []
    openings = {account: 0}
    recipients: dict[str, str] = {}
    for number, move in enumerate(story.moves, start=1):
        amount = move.low + int(draw() * (max(move.high, move.low) - move.low + 1))
        if move.high and amount % 1_000_00 == 0:
            amount -= 1
        merchant = move.kind == "PAYMENT" or move.to == MERCHANT
        fresh = ("M" if merchant else "C") + name(offset, first_name + number)
        recipient = recipients.setdefault(move.to, fresh) if move.to else fresh
        opening = 0 if move.to == EMPTY else 1 if move.to == ONE_CENT else int(draw() * 50_000_00) + 1
        openings.setdefault(recipient, opening)
        openings[account] += amount
        entries.append(Entry(start + move.hour, move.kind, account, recipient, amount, move.error, label))
    if not story.emptied:
        openings[account] += 1_000_00 + int(draw() * 40_000_00)
    return Case(story, account, tuple(entries), openings)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts in the background, and the balance in cents of everybody who has one."""

    people: list[str]
    agents: list[str]
    shops: list[str]
    balances: dict[str, int]


def _cast(seed: int, records: int, planted: int) -> Cast:
    """As many people as have about 25 background records each, `planted` of a block being others'."""
    draw, offset = stream(seed, "balances").random, seed_offset(seed)
    size = (records // BLOCKS - planted) * 10 // (sum(ROUNDS) + 5)
    people = ["C" + name(offset, PEOPLE + number) for number in range(size)]
    agents = ["C" + name(offset, AGENTS + number) for number in range(size // 10)]
    shops = ["M" + name(offset, AGENTS + number) for number in range(size // 10)]
    balances = {person: 1_000_00 + int(draw() * 49_000_00) for person in people}
    balances.update((agent, 1_000_00 + int(draw() * 1_000_000_00)) for agent in agents)
    return Cast(people, agents, shops, balances)


def _lines(seed: int, month: int, records: int) -> Iterator[str]:
    """The file's records in time order. Balances run on, so each file is told from the ledger's beginning."""
    copies = _copies(records)
    cast = _cast(seed, records, sum(len(story.moves) for story in STORIES * copies + NEAR_MISSES))
    pending: dict[int, list[Entry]] = defaultdict(list)
    for block in range(1 - LONGEST_STORY, month - 1 + BLOCKS):
        for case in cases_beginning(seed, block, copies):
            cast.balances.update(case.openings)
            for entry in case.entries:
                pending[entry.step // BLOCK].append(entry)
        planted = sorted(pending.pop(block), key=itemgetter(0))
        if block < 0:
            continue
        # any five blocks in a row add up to `records`
        quota = records // BLOCKS + (block % BLOCKS < records % BLOCKS)
        for entry in merge(planted, _background(seed, block, quota - len(planted), cast), key=itemgetter(0)):
            line = _post(entry, cast.balances)
            if block >= month - 1:
                yield line


def _background(seed: int, block: int, count: int, cast: Cast) -> Iterator[Entry]:
    """`count` records that trigger no rule, in time order: people act in rounds, in another order each."""
    draw = stream(seed, f"background {block}").random
    sizes = [len(cast.people) * tenths // 10 for tenths in ROUNDS]
    sizes.append(count - sum(sizes))
    position = 0
    for size in sizes:
        shift = int(draw() * size)
        for turn in range(size):
            person = (turn * 2_654_435_761 + shift) % size  # a prime above any size: everybody once
            kind = BACKGROUND_TYPES[int(draw() * 100)]
            others = cast.shops if kind == "PAYMENT" else cast.agents
            recipient = others[(person * 7 + int(draw() * 3)) % len(others)]
            spread = draw()
            amount = 1_00 + int(spread * spread * spread * 4_998_00)
            if amount % 1_000_00 == 0:
                amount += 1
            step = block * BLOCK + position * BLOCK // count
            yield Entry(step, kind, cast.people[person], recipient, amount, 0, 0)
            position += 1


def _post(entry: Entry, balances: dict[str, int]) -> str:
    """Book the entry on both balances and write it as a line."""
    step, kind, account, recipient, amount, error, label = entry
    into = kind in ("CASH_IN", "DEPOSIT")
    old = balances[account]
    if not into and old < amount:
        old += amount + SALARY
    new = (old + amount if into else old - amount) + error
    balances[account] = new
    line = f"{step},{kind},{money(amount)},{account},{money(old)},{money(new)},{recipient}"
    if recipient[0] == "M":
        return f"{line},0.00,0.00,{label}\n"  # PaySim keeps no balance of merchants
    old_dest = balances[recipient]
    if into and old_dest <= amount:
        old_dest += amount + SALARY
    new_dest = old_dest - amount if into else old_dest + amount
    balances[recipient] = new_dest
    return f"{line},{money(old_dest)},{money(new_dest)},{label}\n"
