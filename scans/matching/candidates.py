"""Which documents may match which items: tantivy over a block of them.

It may name a document too many (it looks for the words of a phrase wherever they stand, and not at NOT), never one too
few: it reads words by the analysers that `mentions` counts by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from tantivy import Document as Entry
from tantivy import Index, Occur, Order, Query, Schema, SchemaBuilder

from scans.matching.keywords import And, Expression, Not, Or, Phrase, Word
from scans.matching.languages import LANGUAGES, PLAIN, analyzer
from scans.matching.mentions import phrases, sought
from scans.matching.specification import Item
from scans.matching.text import separated

_HEAP: Final = 50_000_000  # bytes for the index of a block, which is a good deal smaller
THREADS: Final = 2
_BEGINNINGS: Final = "beginnings"  # the unstemmed words, where a keyword has *


@dataclass(frozen=True, slots=True)
class Read:
    """What is searched of a document."""

    type: str
    title: str  # `readable`, as is the text
    text: str
    language: str  # one of LANGUAGES


@cache
def _schema() -> Schema:
    fields = SchemaBuilder()
    fields.add_integer_field("slot", fast=True)
    fields.add_text_field("type", tokenizer_name="raw", index_option="basic")
    for name in (*LANGUAGES, _BEGINNINGS):
        fields.add_text_field(name, tokenizer_name=name, index_option="basic")
    return fields.build()


class Search:
    """The questions of all items, to be asked of one block after the other."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._begins = any(word.prefix for item in items for word in _asked_words(item))
        self._questions: dict[tuple[int, str], Query] = {}

    def candidates(self, block: Sequence[Read]) -> dict[int, list[int]]:
        """Number of the document in its block -> numbers of the items that may match it, both ascending."""
        found: dict[int, list[int]] = {}
        languages = {read.language for read in block}
        searcher = self._indexed(block).searcher()
        for number, item in enumerate(self._items):
            if item.keywords:
                question = self._question(number, languages)
                hits = searcher.search(question, len(block), count=False, order_by_field="slot", order=Order.Asc).hits
                slots: Iterable[int] = (slot for slot, _ in hits)
            else:
                slots = (slot for slot, read in enumerate(block) if read.type == item.source)
            for slot in slots:
                found.setdefault(slot, []).append(number)
        return dict(sorted(found.items()))

    def _indexed(self, block: Sequence[Read]) -> Index:
        index = Index(_schema())
        for name in LANGUAGES:
            index.register_tokenizer(name, analyzer(name))
        index.register_tokenizer(_BEGINNINGS, analyzer(PLAIN))
        writer = index.writer(heap_size=_HEAP, num_threads=THREADS)
        for slot, read in enumerate(block):
            writer.add_document(self._entry(slot, read))
        writer.commit()
        index.reload()
        return index

    def _entry(self, slot: int, read: Read) -> Entry:
        text = separated(f"{read.title}\n{read.text}")
        fields: dict[str, Any] = {"slot": slot, "type": read.type, read.language: text}
        if self._begins:
            fields[_BEGINNINGS] = text
        return Entry(**fields)

    def _question(self, number: int, languages: Iterable[str]) -> Query:
        item = self._items[number]
        asked = [(Occur.Should, self._in_language(number, language)) for language in sorted(languages)]
        source = Query.term_query(_schema(), "type", item.source)
        return Query.boolean_query([(Occur.Must, source), (Occur.Must, Query.boolean_query(asked))])

    def _in_language(self, number: int, language: str) -> Query:
        known = self._questions.get((number, language))
        if known is None:
            terms = [_query(term.expression, language) for term in self._items[number].keywords]
            known = Query.boolean_query([(Occur.Should, term) for term in terms if term is not None])
            self._questions[number, language] = known
        return known


def _asked_words(item: Item) -> Iterable[Word]:
    return (word for term in item.keywords for phrase in phrases(term.expression) for word in phrase.words)


def _query(expression: Expression, language: str) -> Query | None:
    """None: nothing to look for, any document may match (never so for a whole keyword: see keywords.anchored)."""
    match expression:
        case Phrase():
            return _all_words(expression, language)
        case Not():
            return None
        case And(parts):
            needed = [query for part in parts if (query := _query(part, language)) is not None]
            return Query.boolean_query([(Occur.Must, query) for query in needed]) if needed else None
        case Or(parts):
            either = [_query(part, language) for part in parts]
            if any(query is None for query in either):
                return None
            return Query.boolean_query([(Occur.Should, query) for query in either if query is not None])


def _all_words(phrase: Phrase, language: str) -> Query:
    asked = sought(phrase, language)
    stems = [Query.term_query(_schema(), language, stem, "basic") for _, stem in asked.stems]
    begins = [Query.regex_query(_schema(), _BEGINNINGS, f"{re.escape(text)}.*") for _, text in asked.begins]
    if not stems and not begins:
        return Query.empty_query()
    return Query.boolean_query([(Occur.Must, query) for query in (*stems, *begins)])
