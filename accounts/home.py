"""The home of the staff site: what needs attention and how today goes. Each app says its own part.

An app registers functions in its admin package; each looks only at what the member of staff may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Card:
    """Something that waits for a person: `count` of `what`, behind `url`. `tone` is a badge's: bad, warn, busy, quiet.

    One with a count of 0 is left out. `hint` says in a few words what to do or what it means.
    """

    count: int
    what: str
    url: str
    tone: str
    hint: str = ""
    more: bool = False  # there are more than `count`: counting stopped there


@dataclass(frozen=True)
class Figure:
    """How something goes: a number with its name, and a small chart with a table behind it where one helps."""

    name: str
    value: str
    hint: str = ""
    url: str = ""
    chart: SafeString | str = ""


Tool = tuple[str, str]  # label and address of something that is begun here


@dataclass(frozen=True)
class Home:
    cards: list[Card]
    figures: list[Figure]
    tools: list[Tool]


Cards = Callable[[HttpRequest], Iterable[Card]]
Figures = Callable[[HttpRequest], Iterable[Figure]]
Tools = Callable[[HttpRequest], Iterable[Tool]]
_TONES = ("bad", "warn", "busy", "quiet")
_cards: list[Cards] = []
_figures: list[Figures] = []
_tools: list[Tools] = []


def needs_attention(tell: Cards) -> Cards:
    """Register what an app has for the list of what needs attention."""
    _cards.append(tell)
    return tell


def goes_today(tell: Figures) -> Figures:
    """Register what an app has for today's figures."""
    _figures.append(tell)
    return tell


def begins_here(tell: Tools) -> Tools:
    """Register the buttons of an app: what people come for most."""
    _tools.append(tell)
    return tell


def of(request: HttpRequest) -> Home:
    """The worst first."""
    cards = [card for tell in _cards for card in tell(request) if card.count]
    cards.sort(key=lambda card: _TONES.index(card.tone))
    figures = [figure for tell in _figures for figure in tell(request)]
    return Home(cards, figures, [tool for tell in _tools for tool in tell(request)])
