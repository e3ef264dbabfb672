"""Countries by any of their usual names."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

from prospecting.normalising.normal import NOTHING, Normal
from prospecting.normalising.texts import fold

_LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb_NO", "fi", "cs", "tr", "ru")
_ALIASES = {
    "AE": "UAE, Emirates, VAE", "BA": "Bosnia", "BO": "Bolivia", "BR": "Brasil", "CH": "Suisse, Svizzera, Swiss",
    "CI": "Ivory Coast", "CV": "Cape Verde", "CZ": "Czech Republic, Czechia, Tschechien", "DE": "BRD, Bundesrepublik",
    "GB": "UK, U.K., Great Britain, Britain, England, Scotland, Wales, Northern Ireland, Großbritannien, Schottland",
    "HK": "Hong Kong SAR", "IR": "Iran", "KP": "North Korea", "KR": "South Korea, Korea, Südkorea", "LA": "Laos",
    "MD": "Moldova, Moldavia", "MK": "Macedonia, North Macedonia, Mazedonien", "MM": "Burma", "MO": "Macau",
    "NL": "Holland, The Netherlands, Nederland", "PS": "Palestine", "RU": "Russia, Russland", "SY": "Syria",
    "SZ": "Swaziland", "TR": "Turkey, Türkiye, Türkei", "TW": "Taiwan", "TZ": "Tanzania",
    "US": "USA, U.S., U.S.A., United States of America, America, Vereinigte Staaten, EE UU, Etats-Unis",
    "VA": "Vatican", "VE": "Venezuela", "VN": "Vietnam", "CD": "DR Congo, DRC", "AT": "Osterreich", "XK": "Kosovo",
}  # fmt: skip


def country(text: str) -> Normal:
    """ISO 3166-1 alpha-2 of a code or a name in one of many languages; exact, nothing is guessed."""
    key = fold(text)
    if not key:
        return NOTHING if not text.strip() else Normal(fault="is no country")
    found = _table().get(key)
    return Normal(found) if found else Normal(fault="is no country we know; send its English name or its ISO code")


@cache
def _table() -> dict[str, str]:
    """{folded name or code: alpha-2}; of a name that two countries have in two languages, the English one holds."""
    import pycountry

    table: dict[str, str] = {"xk": "XK", "uk": "GB"}
    for code, names in _ALIASES.items():
        table.update((fold(name), code) for name in names.split(","))
    english: dict[str, str] = {}
    for each in pycountry.countries:
        english[each.alpha_2.lower()] = english[each.alpha_3.lower()] = each.alpha_2
        for attribute in ("name", "official_name", "common_name"):
            if name := getattr(each, attribute, ""):
                table.setdefault(fold(name), each.alpha_2)
                english[name] = each.alpha_2
        table[each.alpha_2.lower()] = table[each.alpha_3.lower()] = each.alpha_2
    for translated, code in _translations(english, str(pycountry.LOCALES_DIR)):
        table.setdefault(fold(translated), code)
    table.pop("", None)
    return table


def _translations(english: dict[str, str], folder: str) -> list[tuple[str, str]]:
    found = []
    for language in _LANGUAGES:
        if not Path(folder, language).is_dir():
            continue
        spoken = gettext.translation("iso3166-1", folder, languages=[language], fallback=True).gettext
        found += [(spoken(name), code) for name, code in english.items() if len(name) > 3]
    return found
