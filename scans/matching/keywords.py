"""The language of keywords: phrases, AND, OR, NOT, parentheses, and * at the end of a word.

    "series b" AND (fund* OR invest*) AND NOT rumour

Words beside each other are a phrase; quotation marks are needed only around what would read as something else. NOT
binds most, then AND, then OR; they are written in capitals. A keyword is kept with NOT pushed down to the phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, NoReturn, TypeAlias

LONGEST: Final = 500  # characters of one keyword
DEEPEST: Final = 10  # parentheses and NOTs inside each other
MOST_PHRASES: Final = 50  # in one keyword
MOST_WORDS: Final = 20  # in one phrase
SHORTEST_PREFIX: Final = 2  # letters or digits before *
LONGEST_WORD: Final = 60

OPERATORS: Final = frozenset({"AND", "OR", "NOT"})
_QUOTES: Final = str.maketrans("“”„‟«»＂", '"' * 7)
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")  # characters no text has, and halves of characters
_TOKEN = re.compile(r'\s*(?:(?P<mark>[()])|"(?P<quoted>[^"]*)"|(?P<open>")|(?P<word>[^\s()"]+))')


class KeywordError(ValueError):
    """What is wrong with a keyword. `position`: the character it was seen at, the first being 1; 0: the whole."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(f"{message} (character {position})" if position else message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    prefix: bool = False  # written with * behind: every word that begins so


@dataclass(frozen=True, slots=True)
class Phrase:
    """These words, one after the other."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Not:
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Expression, ...]


Expression: TypeAlias = Phrase | Not | And | Or


def parse(text: str) -> Expression:
    """What the keyword asks for. Raises KeywordError, and nothing else, for whatever cannot be understood."""
    if not text.strip():
        raise KeywordError("A keyword is empty; write a word or a phrase")
    if len(text) > LONGEST:
        raise KeywordError(
            f"A keyword has at most {LONGEST} characters, this one has {len(text)}; write several keywords"
        )
    if unreadable := _NO_TEXT.search(text):
        raise KeywordError(f"{unreadable[0]!r} is no character of a text; take it away", unreadable.start() + 1)
    reader = _Reader(_tokens(text.translate(_QUOTES)), len(text))
    found = reader.read()
    if reader.phrases > MOST_PHRASES:
        raise KeywordError(f"A keyword holds at most {MOST_PHRASES} phrases, this one {reader.phrases}; write several")
    if not anchored(found):
        raise KeywordError("NOT only takes away from what is asked for; write what to look for: word AND NOT other")
    return found


def anchored(expression: Expression) -> bool:
    """Whether every document it holds for has one of its phrases; false for `NOT a` and for `a OR NOT b`."""
    match expression:
        case Phrase():
            return True
        case Not():
            return False
        case And(parts):
            return any(anchored(part) for part in parts)
        case Or(parts):
            return all(anchored(part) for part in parts)


def phrases(expression: Expression) -> Iterator[Phrase]:
    """All of them, those behind NOT as well."""
    match expression:
        case Phrase():
            yield expression
        case Not(phrase):
            yield phrase
        case And(parts) | Or(parts):
            for part in parts:
                yield from phrases(part)


def telling(expression: Expression) -> tuple[Phrase, ...]:
    """Few phrases one of which every document has that an anchored expression holds for; none for one that is not."""
    match expression:
        case Phrase():
            return (expression,)
        case Not():
            return ()
        case And(parts):
            return min((telling(part) for part in parts if anchored(part)), key=len, default=())
        case Or(parts):
            return tuple(chain.from_iterable(map(telling, parts))) if anchored(expression) else ()


def written(expression: Expression) -> str:
    """The normal form: parse(written(e)) == e."""
    match expression:
        case Phrase(words):
            text = " ".join(f"{word.text}*" if word.prefix else word.text for word in words)
            return f'"{text}"' if len(words) > 1 or text in OPERATORS or re.search(r"[\s()]", text) else text
        case Not(phrase):
            return f"NOT {written(phrase)}"
        case And(parts):
            return " AND ".join(f"({written(part)})" if isinstance(part, Or) else written(part) for part in parts)
        case Or(parts):
            return " OR ".join(written(part) for part in parts)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # AND, OR, NOT, (, ), word, quoted or end
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for each in _TOKEN.finditer(text):
        kind = str(each.lastgroup)
        position = each.start(kind) + 1
        if kind == "open":
            raise KeywordError('A quotation mark is not closed; write " behind the phrase', position)
        value = each[kind]
        if kind == "mark" or (kind == "word" and value in OPERATORS):
            kind = value
        found.append(_Token(kind, value, position))
    return found


class _Reader:
    """Recursive descent over the tokens, at most DEEPEST deep."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self.tokens = tokens
        self.end = _Token("end", "", length)
        self.at = 0
        self.depth = 0
        self.phrases = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.end

    def take(self) -> _Token:
        token = self.token
        self.at += 1
        return token

    def read(self) -> Expression:
        found = self.alternatives(positive=True)
        if self.token.kind == "end":
            return found
        return self.refuse_next()

    def refuse_next(self) -> NoReturn:
        token = self.token
        if token.kind == ")":
            raise KeywordError("A ) without its (; take it away or write the ( it belongs to", token.position)
        if token.kind == "NOT":
            raise KeywordError("Before NOT stands AND; write: word AND NOT other", token.position)
        raise KeywordError(
            f"Between two parts stands AND or OR; write one before {token.text!r:.40}, or one phrase", token.position
        )

    def alternatives(self, *, positive: bool) -> Expression:
        parts = [self.together(positive=positive)]
        while self.token.kind == "OR":
            self.take()
            parts.append(self.together(positive=positive))
        return _joined(Or if positive else And, parts)

    def together(self, *, positive: bool) -> Expression:
        parts = [self.single(positive=positive)]
        while self.token.kind == "AND":
            self.take()
            parts.append(self.single(positive=positive))
        return _joined(And if positive else Or, parts)

    def single(self, *, positive: bool) -> Expression:
        token = self.take()
        match token.kind:
            case "NOT":
                return self.deeper(token, positive=not positive)
            case "(":
                found = self.deeper(token, positive=positive)
                if self.take().kind != ")":
                    raise KeywordError("A ( is not closed; write ) where the group ends", token.position)
                return found
            case "word" | "quoted":
                phrase = self.phrase(token)
                return phrase if positive else Not(phrase)
            case "end":
                raise KeywordError("Something is missing at the end; write a word or a phrase there", token.position)
        raise KeywordError(
            f"A word or a phrase is missing before {token.text!r}; write one, or put {token.text!r} in quotation marks",
            token.position,
        )

    def deeper(self, token: _Token, *, positive: bool) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise KeywordError(f"At most {DEEPEST} parentheses and NOTs stand inside each other", token.position)
        found = self.single(positive=positive) if token.kind == "NOT" else self.alternatives(positive=positive)
        self.depth -= 1
        return found

    def phrase(self, first: _Token) -> Phrase:
        """A quoted phrase, or the bare words up to the next mark."""
        parts = [first]
        while first.kind == "word" and self.token.kind == "word":
            parts.append(self.take())
        words = [
            _word(each[0], part.position + each.start()) for part in parts for each in re.finditer(r"\S+", part.text)
        ]
        kept = tuple(word for word in words if word is not None)
        if not kept:
            raise KeywordError("A phrase needs a letter or a digit; write one", first.position)
        if len(kept) > MOST_WORDS:
            raise KeywordError(f"A phrase has at most {MOST_WORDS} words, this one {len(kept)}", first.position)
        self.phrases += 1
        return Phrase(kept)


def _word(text: str, position: int) -> Word | None:
    """None for what has no letter and no digit, such as a dash: it parts words in documents, too."""
    stem = text.removesuffix("*")
    if "*" in stem:
        raise KeywordError("* stands only at the end of a word; write fund* for funds, funding and funded", position)
    letters = sum(map(str.isalnum, stem))
    if stem != text and letters < SHORTEST_PREFIX:
        raise KeywordError(f"Before * stand at least {SHORTEST_PREFIX} letters or digits", position)
    if len(text) > LONGEST_WORD:
        raise KeywordError(f"A word has at most {LONGEST_WORD} characters", position)
    if not letters:
        return None
    return Word(stem, prefix=stem != text)


def _joined(kind: type[And] | type[Or], parts: list[Expression]) -> Expression:
    """Flat, each part once."""
    flat = dict.fromkeys(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))
