"""XML read as a stream of events, in memory that no document can drive up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.parsers import expat

from tabular.errors import BadWorkbook

MOST_DEPTH = 100
MOST_NAMES = 10_000
"""Different names of elements and attributes: expat keeps each for good."""
MOST_TOKEN = 2 * 2**20
"""Bytes of one tag: expat waits for its end."""

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


def read_xml(chunks: Iterator[bytes], start: Start, end: End, text: Text) -> Iterator[None]:
    """Feeds the document to the three handlers, which get names without their prefix; yields after each chunk.

    Raises BadWorkbook for anything not well-formed, for a DOCTYPE (so there are no entities), and for shapes that
    are made to exhaust memory.
    """
    names: dict[str, str] = {}
    parser = expat.ParserCreate(intern=names)
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise BadWorkbook("The workbook nests its elements beyond reason. Save it as CSV and upload that.")
        start(name.rpartition(":")[2], attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2])

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if len(names) > MOST_NAMES or fed - parser.CurrentByteIndex > MOST_TOKEN:
                raise BadWorkbook("The workbook holds a tag, or names, beyond reason. Save it as CSV and upload that.")
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as fault:
        raise BadWorkbook(f"The workbook is damaged ({fault}). Save it again.") from None


def _refuse_doctype(name: str, system: str | None, public: str | None, subset: int) -> None:
    raise BadWorkbook("The workbook declares a document type, which no workbook needs. Save it again.")
