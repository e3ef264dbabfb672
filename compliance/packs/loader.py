"""Reads rule packs from the YAML files of this folder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from compliance.engine.rules import Rule, parse_rules

_FOLDER = Path(__file__).parent


class UnknownPack(LookupError):
    """There is no such pack, or no such category in it; the message names those there are."""


@dataclass(frozen=True)
class Pack:
    """A named set of rules; copying it into a policy keeps their ids."""

    name: str
    title: str
    description: str
    rules: tuple[Rule, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of its rules, in the order they first appear."""
        return tuple(dict.fromkeys(rule.category for rule in self.rules))


def available_packs() -> tuple[Pack, ...]:
    """Every pack, by name."""
    return tuple(_read(path.stem) for path in sorted(_FOLDER.glob("*.yaml")))


def load_pack(name: str, categories: Collection[str] | None = None) -> Pack:
    """The pack, with the rules of `categories` only if given; raises UnknownPack."""
    names = [path.stem for path in sorted(_FOLDER.glob("*.yaml"))]
    if name not in names:
        raise UnknownPack(f"no pack {name[:60]!r}; there are: {', '.join(names)}")
    pack = _read(name)
    if categories is None:
        return pack
    unknown = sorted(set(categories) - set(pack.categories))
    if unknown:
        raise UnknownPack(f"pack {name!r} has no category {unknown[0][:60]!r}; it has: {', '.join(pack.categories)}")
    return replace(pack, rules=tuple(rule for rule in pack.rules if rule.category in categories))


@cache
def _read(name: str) -> Pack:
    raw = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return Pack(name, raw["title"], raw["description"], parse_rules(raw["rules"]))
