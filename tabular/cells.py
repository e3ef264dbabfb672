"""What the cells of a workbook say as text: shared texts, numbers with all their digits, dates as ISO 8601."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

from tabular.errors import BadWorkbook
from tabular.xml_stream import read_xml

DIGITS = 15
"""A spreadsheet computes with, and shows, no more; what it stores beyond is noise: 1234.5599999999999."""
_MOST_FORMATS = 100_000
_WHOLE = re.compile(r"[+-]?[0-9]+")
_PADDED = re.compile(r"0{2,30}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class SharedTexts:
    """The texts that cells refer to by number; one buffer for all, as there may be millions."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("I", [0])

    def add(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self._ends) - 1:
            raise IndexError(place)
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogatepass")


@dataclass
class Cells:
    """Reads cells of one workbook. `uncomputed` counts formulas without a value."""

    texts: SharedTexts
    formats: list[str]
    epoch: datetime = WINDOWS_EPOCH
    uncomputed: int = 0
    _kinds: dict[str, str] = field(default_factory=dict)

    def text(self, kind: str, style: str, value: str, *, formula: bool) -> tuple[str | None, bool]:
        """(text or None, whether it is a number) of a cell of type `kind` (n, s, str, inlineStr, b, e, d)."""
        if kind == "e" or (not value and kind != "inlineStr"):
            self.uncomputed += formula and kind != "e"
            return None, False
        match kind:
            case "s":
                return self._shared(value), False
            case "b":
                return ("true" if value.strip() in ("1", "true") else "false"), False
            case "n":
                return self._number(value.strip(), style)
        return unescaped(value), False

    def _shared(self, value: str) -> str:
        try:
            return self.texts[int(value)]
        except (ValueError, IndexError):
            raise BadWorkbook(f'A cell refers to a text that is not there ("{value[:20]}"). Save it again.') from None

    def _number(self, value: str, style: str) -> tuple[str, bool]:
        code = self._code(style)
        kind = self._kinds.setdefault(code, _kind_of(code))
        if kind in ("date", "duration") and (moment := self._moment(value, kind)) is not None:
            return moment, False
        text = number_text(value)
        if kind == "padded" and text.isdigit():
            text = text.zfill(len(code))
        return text, True

    def _code(self, style: str) -> str:
        if not style.isdigit() or len(style) > 9 or int(style) >= len(self.formats):
            return "General"
        return self.formats[int(style)]

    def _moment(self, value: str, kind: str) -> str | None:
        """ISO 8601 of a serial date; hours, minutes, seconds of a duration or a time of day."""
        try:
            number = float(value)
            found = from_excel(number, self.epoch, timedelta=kind == "duration")
        except (ValueError, OverflowError, TypeError):
            return None
        if isinstance(found, timedelta):
            return _clock(round(found.total_seconds()))
        if isinstance(found, time):
            return str(found.isoformat())
        return str(found.date() if number == int(number) else found.isoformat())


def number_text(value: str) -> str:
    """A stored number as a cell shows it: whole numbers with every digit, others with 15, never an exponent."""
    if _WHOLE.fullmatch(value):
        return value
    try:
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > 400:
            return value[:100]
    except InvalidOperation:
        return value[:100]
    if len(number.as_tuple().digits) > DIGITS:
        number = round(number, DIGITS - 1 - number.adjusted())
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def unescaped(text: str) -> str:
    """`_x000D_` and its like are characters that XML has no place for."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def shared_texts(chunks: Iterator[bytes], most: int) -> SharedTexts:
    """The part sharedStrings; of each text at least the first `most` characters."""
    texts = SharedTexts()
    pieces: list[str] = []
    kept = 0
    inside = {"t": False, "rPh": False}

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal kept
        if name in inside:
            inside[name] = True
        elif name == "si":
            pieces.clear()
            kept = 0

    def end(name: str) -> None:
        if name in inside:
            inside[name] = False
        elif name == "si":
            texts.add(unescaped("".join(pieces)))

    def text(data: str) -> None:
        nonlocal kept
        if inside["t"] and not inside["rPh"] and kept < most:  # rPh: how it is pronounced
            pieces.append(data)
            kept += len(data)

    for _ in read_xml(chunks, start, end, text):
        pass
    return texts


def cell_formats(chunks: Iterator[bytes]) -> list[str]:
    """The number format of every cell style, in order, from the part styles."""
    codes: dict[str, str] = {}
    styles: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:255]
        elif name == "xf" and inside and inside[-1] == "cellXfs":
            styles.append(attributes.get("numFmtId", "0"))
        if len(codes) + len(styles) > _MOST_FORMATS:
            raise BadWorkbook("The workbook has more cell styles than one can use. Save it as CSV and upload that.")
        inside.append(name)

    def end(_: str) -> None:
        inside.pop()

    for _ in read_xml(chunks, start, end, lambda _: None):
        pass
    return [codes.get(key) or BUILTIN_FORMATS.get(int(key) if key.isdigit() else 0, "General") for key in styles]


def _clock(seconds: int) -> str:
    """Hours may go beyond 24."""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours:02}:{rest // 60:02}:{rest % 60:02}"


def _kind_of(code: str) -> str:
    if is_timedelta_format(code):
        return "duration"
    if is_date_format(code):
        return "date"
    return "padded" if _PADDED.fullmatch(code) else "number"
