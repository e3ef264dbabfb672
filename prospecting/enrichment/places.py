"""Country and subdivision of a place as people write it ("Munich, Bavaria, Germany"), by exact tables alone."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import NamedTuple

from prospecting.normalising.countries import country
from prospecting.normalising.texts import fold

_PARTS = re.compile(r"\s*[,;|/·]\s*|\s+[–—-]\s+")
_MOST = 500
# Names of subdivisions that the table of ISO 3166-2 has in the language of the country only.
_OTHER_NAMES = {
    "DE-BY": "Bavaria", "DE-HE": "Hesse", "DE-NI": "Lower Saxony", "DE-NW": "North Rhine-Westphalia, NRW",
    "DE-RP": "Rhineland-Palatinate", "DE-SN": "Saxony", "DE-ST": "Saxony-Anhalt", "DE-TH": "Thuringia",
    "DE-MV": "Mecklenburg-Western Pomerania", "AT-9": "Vienna", "AT-2": "Carinthia", "AT-3": "Lower Austria",
    "AT-4": "Upper Austria", "AT-6": "Styria", "AT-7": "Tyrol", "CH-ZH": "Zurich", "CH-GE": "Geneva, Genf",
    "CH-BE": "Berne", "CH-LU": "Lucerne", "ES-CT": "Catalonia, Cataluña", "ES-AN": "Andalusia", "ES-MD": "Madrid",
    "ES-PV": "Basque Country, País Vasco", "ES-VC": "Valencia, Comunidad Valenciana", "ES-CN": "Canary Islands",
    "ES-IB": "Balearic Islands", "FR-IDF": "Ile-de-France", "FR-BRE": "Brittany", "FR-NOR": "Normandy",
    "FR-COR": "Corsica", "FR-PAC": "PACA", "IT-25": "Lombardy", "IT-52": "Tuscany", "IT-21": "Piedmont",
    "IT-82": "Sicily", "IT-62": "Lazio", "NL-NH": "North Holland", "NL-ZH": "South Holland", "BE-BRU": "Brussels",
    "GB-ENG": "England", "GB-SCT": "Scotland", "GB-WLS": "Wales", "GB-NIR": "Northern Ireland",
    "GB-LND": "London, Greater London", "IN-MH": "Maharashtra", "IN-KA": "Karnataka", "CA-QC": "Quebec",
}  # fmt: skip


class Place(NamedTuple):
    """ISO 3166-1 alpha-2 and ISO 3166-2, each empty where nothing is certain."""

    country: str = ""
    subdivision: str = ""


@lru_cache(maxsize=20_000)
def place_of(text: str, known: str = "") -> Place:
    """What `text` says, `known` being the country somebody has named already. Never raises.

    A name that is both a country and a state ("Georgia"), or a code that is ("CA"), says nothing by itself.
    """
    parts = [part for part in _PARTS.split(text[:_MOST].strip()) if part]
    if not parts:
        return Place(known)
    code = known or _country(parts)
    if code:
        return Place(code, _subdivision(code, parts))
    states = _american(parts)
    return Place("US", states) if states else Place()


def country_of_phone(number: str) -> str:
    """The country a number in E.164 belongs to; empty where that is not clear."""
    from phonenumbers import NumberParseException, is_valid_number, parse, region_code_for_number

    try:
        parsed = parse(number)
    except NumberParseException:
        return ""
    region = region_code_for_number(parsed) if is_valid_number(parsed) else None
    return region if region and len(region) == 2 and region.isalpha() else ""


def _country(parts: list[str]) -> str:
    last = parts[-1]
    found = country(last).value
    if not found or (len(parts) > 1 and _is_state(last)):
        return "US" if found and _named_american(parts[:-1]) else ""
    return found if len(last) > 3 or last.isupper() else ""


def _subdivision(code: str, parts: list[str]) -> str:
    """The first part, from the end on, that names a subdivision of the country."""
    names = _subdivisions().get(code, {})
    for part in reversed(parts):
        if country(part).value == code and fold(part) not in names:
            continue
        if found := names.get(fold(part)):
            return found
    return ""


def _american(parts: list[str]) -> str:
    """ "Austin, TX" and "Austin, Texas": a state at the end, behind something else, that names no country."""
    if len(parts) < 2 or country(parts[-1]).value:
        return ""
    last = re.sub(r"\s+\d{5}(-\d{4})?$", "", parts[-1])  # TX 78701
    return _subdivisions()["US"].get(fold(last), "") if len(last) > 2 or last.isupper() else ""


def _is_state(part: str) -> bool:
    return fold(part) in _subdivisions()["US"]


def _named_american(parts: list[str]) -> bool:
    return any(country(part).value == "US" and not _is_state(part) for part in parts)


@cache
def _subdivisions() -> dict[str, dict[str, str]]:
    """{country: {folded name or own code: ISO 3166-2}}; a name that two of a country bear is left out."""
    import pycountry

    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for each in pycountry.subdivisions:
        names = found[each.country_code]
        for name in (each.name, *re.split(r"[\[\](),/]", each.name)):
            names[fold(name)].add(each.code)
        if each.country_code in ("US", "CA", "AU", "BR"):  # where the code is how people write it
            names[fold(each.code.partition("-")[2])].add(each.code)
    for code, others in _OTHER_NAMES.items():
        for name in others.split(","):
            found[code[:2]][fold(name)] = {code}
    return {
        code: {name: min(codes) for name, codes in names.items() if name and len(codes) == 1}
        for code, names in found.items()
    }
