"""Numbers a state gives its residents: known by their punctuation, by their header, or by the check digits of all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stdnum.at import vnr
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.ie import pps
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.lt import asmens
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn
from stdnum.za import idnr as za_idnr

from compliance.pii import masking
from compliance.pii.found import Candidate, Found, Kind, Reader, judge
from compliance.pii.headers import says

MOST_OF_THEM = 0.8
"""Share of the punctuated numbers that must be valid."""
HALF_OF_THEM = 0.5
"""Share of the bare numbers that must be valid where the header announces them."""
NEARLY_ALL = 0.95
"""Share of the bare numbers that must be valid where nothing but their check digits speaks for them,"""
ENOUGH = 20
"""and how many distinct ones that takes."""
_HEADERS = (
    "ssn", "social security", "social security number", "national id", "national identifier", "national number",
    "national insurance", "identity number", "identity card", "id card", "id number", "personal id", "personal number",
    "personal code", "citizen id", "resident id", "tax id", "tax number", "taxpayer id", "tin", "nino", "nin", "sin",
    "svnr", "sozialversicherungsnummer", "steuer id", "steuernummer", "steueridentifikationsnummer", "ahv", "avs",
    "nir", "insee", "codice fiscale", "dni", "nie", "nif", "cpf", "rut", "curp", "pesel", "cnp", "egn", "bsn", "cpr",
    "hetu", "personnummer", "fodselsnummer", "isikukood", "asmens kodas", "rodne cislo", "tckn", "aadhaar", "pps",
    "rrn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NationalId:
    """`spelled`: its punctuation or letters, as few other things are written. `bare`: its digits alone.

    `strong`: two check digits or a date inside, so that a whole column of bare numbers passes only if it is one.
    """

    detail: str
    valid: Callable[[str], bool]
    spelled: re.Pattern[str] | None
    bare: re.Pattern[str] | None
    strong: bool


def _id(
    detail: str, valid: Callable[[str], bool], spelled: str | None, bare: str | None = None, *, strong: bool = False
) -> NationalId:
    return NationalId(detail, valid, _pattern(spelled), _pattern(bare), strong)


def _pattern(pattern: str | None) -> re.Pattern[str] | None:
    return None if pattern is None else re.compile(pattern, re.ASCII)


def _british(number: str) -> bool:
    """A National Insurance number: no check digit, but letters that are never used."""
    unused = ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
    return number[0] not in "DFIQUV" and number[1] not in "DFIQUVO" and number[:2] not in unused


NATIONAL_IDS = (
    _id("Austria: Versicherungsnummer", vnr.is_valid, r"\d{4} \d{6}", r"\d{10}", strong=True),
    _id("Belgium: national number", nn.is_valid, r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", r"\d{11}", strong=True),
    _id("Brazil: CPF", cpf.is_valid, r"\d{3}\.\d{3}\.\d{3}-\d\d", r"\d{11}", strong=True),
    _id("Bulgaria: EGN", egn.is_valid, None, r"\d{10}", strong=True),
    _id("Canada: SIN", sin.is_valid, r"\d{3}[ -]\d{3}[ -]\d{3}", r"\d{9}"),
    _id("Chile: RUT", rut.is_valid, r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    _id("China: resident identity number", ric.is_valid, r"\d{17}X", r"\d{18}", strong=True),
    _id("Czechia or Slovakia: rodné číslo", rc.is_valid, r"\d{6}/\d{3,4}"),
    _id("Denmark: CPR", cpr.is_valid, r"\d{6}-\d{4}", r"\d{10}"),
    _id("Estonia: isikukood", ik.is_valid, None, r"[1-8]\d{10}", strong=True),
    _id("Finland: HETU", hetu.is_valid, r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]"),
    _id("France: NIR", nir.is_valid, r"[12] \d\d \d\d [\dAB]{2} \d{3} \d{3} \d\d", r"[12]\d{14}", strong=True),
    _id("Germany: IdNr", idnr.is_valid, r"\d\d \d{3} \d{3} \d{3}", r"\d{11}", strong=True),
    _id("India: Aadhaar", aadhaar.is_valid, r"\d{4} \d{4} \d{4}", r"\d{12}"),
    _id("Ireland: PPS", pps.is_valid, r"\d{7}[A-W][A-IW]?"),
    _id("Italy: codice fiscale", codicefiscale.is_valid, r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]"),
    _id("Korea: RRN", rrn.is_valid, r"\d{6}-\d{7}"),
    _id("Lithuania: asmens kodas", asmens.is_valid, None, r"[1-6]\d{10}", strong=True),
    _id("Mexico: CURP", curp.is_valid, r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d"),
    _id("Netherlands: BSN", bsn.is_valid, None, r"\d{9}"),
    _id("Norway: fødselsnummer", fodselsnummer.is_valid, r"\d{6} \d{5}", r"\d{11}", strong=True),
    _id("Poland: PESEL", pesel.is_valid, None, r"\d{11}", strong=True),
    _id("Portugal: NIF", nif.is_valid, None, r"[1-9]\d{8}"),
    _id("Romania: CNP", cnp.is_valid, None, r"[1-9]\d{12}", strong=True),
    _id("South Africa: ID number", za_idnr.is_valid, None, r"\d{13}", strong=True),
    _id("Spain: DNI", dni.is_valid, r"\d{8}-?[A-Z]"),
    _id("Spain: NIE", nie.is_valid, r"[XYZ]-?\d{7}-?[A-Z]"),
    _id("Sweden: personnummer", personnummer.is_valid, r"(?:\d\d)?\d{6}[-+]\d{4}", r"\d{10}|\d{12}"),
    _id("Switzerland: AHV", ahv.is_valid, r"756\.\d{4}\.\d{4}\.\d\d", r"756\d{10}", strong=True),
    _id("Türkiye: kimlik", tckimlik.is_valid, None, r"[1-9]\d{10}", strong=True),
    _id("United Kingdom: National Insurance number", _british, r"[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]"),
    _id("United States: SSN", ssn.is_valid, r"\d{3}-\d\d-\d{4}", r"\d{9}"),
)


def national_ids(header: str, values: Sequence[str]) -> Found | None:
    """The state's number that most of the values are, if any is found."""
    announced = says(header, *_HEADERS)
    found = [each for of in NATIONAL_IDS if (each := _of(of, values, announced=announced)) is not None]
    return max(found, key=lambda each: each.share, default=None)


def _of(of: NationalId, values: Sequence[str], *, announced: bool) -> Found | None:
    if of.spelled is not None:
        found = judge(Kind.NATIONAL_ID, values, _reader(of.spelled, of.valid), least=MOST_OF_THEM, detail=of.detail)
        if found is not None:
            return found
    if of.bare is None:
        return None
    if announced:
        return judge(Kind.NATIONAL_ID, values, _reader(of.bare, of.valid), least=HALF_OF_THEM, detail=of.detail)
    return _by_check_digits(of, of.bare, values) if of.strong and len(values) >= ENOUGH else None


def _by_check_digits(of: NationalId, bare: re.Pattern[str], values: Sequence[str]) -> Found | None:
    """A first few decide whether all are looked at: a dozen kinds of eleven digits would take a second a column."""
    for some in (values[:ENOUGH], values):
        found = judge(Kind.NATIONAL_ID, some, _reader(bare, of.valid), least=NEARLY_ALL, detail=of.detail)
        if found is None or found.share * len(some) < NEARLY_ALL * ENOUGH:
            return None
    return found


def _reader(shape: re.Pattern[str], valid: Callable[[str], bool]) -> Reader:
    def read(value: str) -> Candidate | None:
        text = value.strip()
        if not shape.fullmatch(text):
            return None
        return Candidate(masking.national_id(text) if _holds(valid, text) else None)

    return read


def _holds(valid: Callable[[str], bool], number: str) -> bool:
    try:
        return valid(number)
    except (LookupError, ValueError):  # stdnum 2.2 meets districts its own tables do not have
        return False
