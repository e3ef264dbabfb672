"""Why a document got its score, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scans.matching.score import Match

_NAMED: Final = 5  # terms; of more, the number is told
_LONGEST_TERM: Final = 80


def reasoning(
    *,
    matches: Sequence[Match],
    asked: float,
    dated: bool,
    days: float,
    fresh: float,
    source_weight: float,
    dropped: str = "",
) -> str:
    """`dropped`: why it is none of the results, "" if it is one."""
    said = [
        _matched(matches, asked),
        f"{_old(days, dated=dated)} (freshness {fresh:.2f})",
        f"source weight {source_weight:g}",
    ]
    return "; ".join([*said, dropped] if dropped else said) + "."


def _matched(matches: Sequence[Match], asked: float) -> str:
    if not matches:
        return "Asked for without keywords"
    named = [_term(match) for match in sorted(matches, key=lambda match: (-match.weight, -match.count))[:_NAMED]]
    if len(matches) > _NAMED:
        named.append(f"{len(matches) - _NAMED} more")
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"Mentions {listed}: {sum(match.weight for match in matches):g} of {asked:g} by weight"


def _term(match: Match) -> str:
    places = [
        f"{count} in the {where}" for count, where in ((match.in_title, "title"), (match.in_text, "text")) if count
    ]
    text = match.text if len(match.text) <= _LONGEST_TERM else f"{match.text[: _LONGEST_TERM - 1]}…"
    name = text if '"' in text else f'"{text}"'
    return f"{name} (weight {match.weight:g}; {', '.join(places)})"


def _old(days: float, *, dated: bool) -> str:
    if not dated:
        return f"without a date, taken as {days:g} days old"
    if days < 1:
        return "less than a day old"
    return f"{int(days)} {'day' if int(days) == 1 else 'days'} old"
