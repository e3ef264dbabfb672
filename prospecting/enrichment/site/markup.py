"""HTML as a stream of tags, for pages nobody has vetted: linear in their length, whatever they hold, and bounded.

No tree is built, as a parser that builds one takes minutes for a megabyte of nested elements or of attributes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_TAGS = 150_000
MOST_ATTRIBUTES = 200  # of one tag that are kept
MOST_TEXT = 2000  # characters behind one tag that are kept
_OPEN = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,60})")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
_SKIP = re.compile(r"[\s/=]*")
# Elements whose content is no markup.
_RAW = {
    name: re.compile(rf"</{name}(?![a-z0-9])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}


@dataclass(slots=True)
class Tag:
    """A start tag, or with `end` an end tag; and the text between it and the next tag."""

    name: str
    end: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""


def tags(page: str) -> Iterator[Tag]:
    """Every tag of the page, at most MOST_TAGS. The first, without a name, holds the text before them."""
    tag, start, place = Tag(""), 0, page.find("<")
    for _ in range(MOST_TAGS):
        found = _OPEN.match(page, place) if place != -1 else None
        while place != -1 and found is None:
            place = _after_no_tag(page, place)
            found = _OPEN.match(page, place) if place != -1 else None
        tag.text = _text(page, start, len(page) if found is None else place, raw=tag.name in ("script", "style"))
        yield tag
        if found is None:
            return
        tag, start = _tag(page, found)
        place = _end_of_content(page, tag, start)


def _text(page: str, start: int, end: int, *, raw: bool) -> str:
    text = page[start : min(end, start + MOST_TEXT)]
    return text if raw or "&" not in text else html.unescape(text)


def _end_of_content(page: str, tag: Tag, start: int) -> int:
    """Where the next tag may be: of an element whose content is no markup, its end tag."""
    if tag.end or tag.name not in _RAW:
        return page.find("<", start)
    found = _RAW[tag.name].search(page, start)
    return found.start() if found else -1


def _after_no_tag(page: str, place: int) -> int:
    """Where the next "<" is behind a comment, a declaration or a lone "<"."""
    if page.startswith("<!--", place):
        end = page.find("-->", place + 2)
    elif page.startswith(("<!", "<?", "</"), place):
        end = page.find(">", place)
    else:
        end = place + 1
    return -1 if end == -1 else page.find("<", end)


def _tag(page: str, found: re.Match[str]) -> tuple[Tag, int]:
    """The tag and where the text behind it starts; what is inside a raw element is taken as its text."""
    tag, place = Tag(found[2].lower(), end=bool(found[1])), found.end()
    while True:
        skipped = _SKIP.match(page, place)
        place = skipped.end() if skipped else place
        if place >= len(page) or page[place] == ">":
            break
        read = _ATTRIBUTE.match(page, place)
        if read is None or read.end() == place:
            place += 1
            continue
        place = read.end()
        if len(tag.attributes) < MOST_ATTRIBUTES:
            value = next((text for text in read.groups()[1:] if text is not None), "")
            tag.attributes.setdefault(read[1].lower(), html.unescape(value) if "&" in value else value)
    place += 1
    return tag, place
