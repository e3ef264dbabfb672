"""Which documents may match which items: tantivy over a block of them.

The index holds the words as they are written; what of its vocabulary has a wanted stem or beginning is looked up there,
so that each word is stemmed once a block and not wherever it stands. A document too many may be named (the words of a
phrase are looked for wherever they stand, in whichever language, and NOT is not looked at), never one too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from tantivy import Document as Entry
from tantivy import (
    Index,
    Occur,
    Order,
    Query,
    Schema,
    SchemaBuilder,
    Searcher,
)

from scans.matching.keywords import And, Expression, Not, Or, Phrase
from scans.matching.languages import parting
from scans.matching.specification import Item
from scans.matching.text import separated
from scans.matching.vocabulary import Vocabulary, Wanted

THREADS: Final = 2
_HEAP: Final = 100_000_000  # bytes for the index of a block, which is smaller
_WORDS: Final = "words"

Forms = Mapping[Wanted, Sequence[str]]  # the words of the index that are it


@dataclass(frozen=True, slots=True)
class Read:
    """What is searched of a document."""

    type: str
    title: str  # `readable`, as is the text
    text: str
    language: str  # one of LANGUAGES


def candidates(
    block: Sequence[Read], items: Sequence[Item], vocabularies: Mapping[str, Vocabulary]
) -> dict[int, list[int]]:
    """Number of the document in its block -> numbers of the items that may match it, both ascending. `vocabularies`: of
    the languages in the block.
    """
    searcher = _indexed(block).searcher()
    terms = [term for term, _ in searcher.terms_with_prefix(_WORDS, "")]
    forms = {language: _forms(terms, vocabulary) for language, vocabulary in vocabularies.items()}
    found: dict[int, list[int]] = {}
    for number, item in enumerate(items):
        slots: Iterable[int] = range(len(block))
        if item.keywords:
            asked = [_question(item, vocabularies[language], forms[language]) for language in sorted(forms)]
            slots = _slots(searcher, [query for query in asked if query is not None], len(block))
        for slot in slots:
            if block[slot].type == item.source:
                found.setdefault(slot, []).append(number)
    return dict(sorted(found.items()))


def _indexed(block: Sequence[Read]) -> Index:
    index = Index(_schema())
    index.register_tokenizer(_WORDS, parting())
    writer = index.writer(heap_size=_HEAP, num_threads=THREADS)
    for slot, read in enumerate(block):
        writer.add_document(Entry(slot=slot, words=separated(f"{read.title}\n{read.text}")))
    writer.commit()
    index.reload()
    return index


@cache
def _schema() -> Schema:
    fields = SchemaBuilder()
    fields.add_integer_field("slot", fast=True)
    fields.add_text_field(_WORDS, tokenizer_name=_WORDS, index_option="basic")
    return fields.build()


def _forms(terms: Sequence[str], vocabulary: Vocabulary) -> Forms:
    meanings = vocabulary.meanings(terms)
    forms: dict[Wanted, list[str]] = {}
    for term in terms:
        for wanted in meanings[term]:
            forms.setdefault(wanted, []).append(term)
    return forms


def _slots(searcher: Searcher, asked: Sequence[Query], most: int) -> Iterable[int]:
    if not asked:
        return ()
    hits = searcher.search(_any(asked), most, count=False, order_by_field="slot", order=Order.Asc).hits
    return (slot for slot, _ in hits)


def _question(item: Item, vocabulary: Vocabulary, forms: Forms) -> Query | None:
    """None: no document of the block can match."""
    asked = [_query(term.expression, vocabulary, forms) for term in item.keywords]
    possible = [query for query in asked if query is not None]
    return _any(possible) if possible else None


def _query(expression: Expression, vocabulary: Vocabulary, forms: Forms) -> Query | None:
    """None: it holds for no document of the block."""
    match expression:
        case Phrase():
            return _all(_word(wanted, forms) for wanted in vocabulary[expression].words)
        case Not():
            return Query.all_query()
        case And(parts):
            return _all(_query(part, vocabulary, forms) for part in parts)
        case Or(parts):
            possible = [query for part in parts if (query := _query(part, vocabulary, forms)) is not None]
            return _any(possible) if possible else None


def _word(wanted: Wanted, forms: Forms) -> Query | None:
    found = forms.get(wanted)
    return _any([Query.term_query(_schema(), _WORDS, form, "basic") for form in found]) if found else None


def _any(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def _all(queries: Iterable[Query | None]) -> Query | None:
    needed: list[tuple[Occur, Query]] = []
    for query in queries:
        if query is None:
            return None
        needed.append((Occur.Must, query))
    return Query.boolean_query(needed) if needed else None
