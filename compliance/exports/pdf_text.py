"""Text of the PDF report: a font for most of the world's scripts, and a mark for what it lacks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
MISSING = "\N{REPLACEMENT CHARACTER}"
INK, QUIET, LINE, PALE = HexColor("#1d2733"), HexColor("#5b6875"), HexColor("#c9d1d9"), HexColor("#f1f4f7")


@cache
def _known() -> frozenset[int]:
    """The characters of the font; it is registered on first use."""
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
    return frozenset(pdfmetrics.getFont(PLAIN).face.charToGlyph)


class Writer:
    """Makes paragraphs; remembers whether a character was missing in the font."""

    def __init__(self) -> None:
        _known()
        base = ParagraphStyle("text", fontName=PLAIN, fontSize=8.5, leading=12, textColor=INK)
        self.styles = {
            "text": base,
            "quiet": ParagraphStyle("quiet", base, textColor=QUIET, fontSize=7.5, leading=10),
            "cell": ParagraphStyle("cell", base, fontSize=7, leading=9),
            "number": ParagraphStyle("number", base, fontSize=7, leading=9, alignment=2),
            "head": ParagraphStyle("head", base, fontName=BOLD, fontSize=7, leading=9),
            "number head": ParagraphStyle("number head", base, fontName=BOLD, fontSize=7, leading=9, alignment=2),
            "title": ParagraphStyle("title", base, fontName=BOLD, fontSize=20, leading=25, spaceAfter=2),
            "h2": ParagraphStyle("h2", base, fontName=BOLD, fontSize=12, leading=16, spaceBefore=14, spaceAfter=5),
        }
        self.lacked = False

    def shown(self, text: object, most: int = 400) -> str:
        """The text with MISSING for what the font lacks or nobody can see; cut after `most` characters, with a mark."""
        whole = " ".join(str(text).split())
        cut = whole if len(whole) <= most else whole[: most - 1] + "…"
        known = "".join(character if ord(character) in _known() else MISSING for character in cut)
        self.lacked = self.lacked or known != cut
        return known

    def paragraph(self, text: object, style: str = "text", most: int = 400) -> Any:
        return Paragraph(escape(self.shown(text, most)), self.styles[style])
