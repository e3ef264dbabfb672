"""The language of a document, and the words of a text in that language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from scans.matching.text import separated

LONGEST_WORD: Final = 100  # bytes; what is longer is no word
PLAIN: Final = "plain"  # no stemmer: words as they are, folded

STEMMERS: Final = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
LANGUAGES: Final = (*STEMMERS, PLAIN)
_SAME = {"nb": "no", "nn": "no"}

# Words no other of these languages has. They settle nearly every text of a sentence or two, a hundred times faster
# than the model does.
_FUNCTION_WORDS: Final = {
    "en": "the and of for with that this from our are your has have been will their which about we you is to",
    "de": "der und nicht mit für wir eine einen ist auf werden auch sich dem den das von zum zur bei unsere sind",
    "fr": "les des est pour dans nous vous une avec sur et aux ses notre qui votre cette au",
    "es": "los las para una por y nuestro más el su como del está sus nuestra son",
    "it": "gli della di che il sono con nella degli nostra delle questo più è dei alla",
    "nl": "het een van voor wij zijn onze naar ook bij niet aan wordt deze je",
    "pt": "os uma não são mais pelo nossa nosso às ao dos da em com você pela",
}
_LANGUAGE_OF_WORD: Final = {word: language for language, words in _FUNCTION_WORDS.items() for word in words.split()}

_READ = 600  # characters: more do not change the answer
_SURE = 3  # function words of one language, and so many times more than of any other
_LIKELY = 0.5  # of the model; below, nothing is said of the text
_CODE = re.compile("[a-z]{2}")


def declared(tag: str | None) -> str | None:
    """The language named by a tag such as `de-AT`; None if it names none; PLAIN for one without a stemmer."""
    code = (tag or "").replace("_", "-").split("-")[0].strip().lower()
    code = _SAME.get(code, code)
    if code in STEMMERS:
        return code
    return PLAIN if _CODE.fullmatch(code) else None


def language(tag: str | None, title: str, text: str) -> str:
    """One of LANGUAGES: as declared, else as detected, English if neither tells."""
    return declared(tag) or detected(f"{title} {text[:_READ]}")


def detected(text: str) -> str:
    """By function words, else by the model; English where that is not sure; PLAIN for a language without stemmer."""
    text = text[:_READ]
    return _by_function_words(text) or _by_model(text)


def _by_function_words(text: str) -> str | None:
    found = Counter(map(_LANGUAGE_OF_WORD.__getitem__, _LANGUAGE_OF_WORD.keys() & text.lower().split()))
    if not found:
        return None
    best = max(found, key=found.__getitem__)
    others = found.total() - found[best]
    return best if found[best] >= _SURE and found[best] >= _SURE * others else None


def _by_model(text: str) -> str:
    code, likely = _model().classify(text)
    if likely < _LIKELY:
        return "en"
    return _SAME.get(code, code) if _SAME.get(code, code) in STEMMERS else PLAIN


@cache
def _model() -> Any:
    """Loaded on first use: it takes a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def written(text: str) -> list[str]:
    """The words of a `readable` text in order, in lower case: what stands between what is no letter or digit. What is
    longer than a word is none.
    """
    return _parting().analyze(separated(text))


def stems(words: Sequence[str], language: str) -> list[str]:
    """Of `written` words, one for each: without what the language appends, and without accents."""
    return _stemming(language).analyze(" ".join(words))


def folded(text: str) -> list[str]:
    """The words of a `separated` text, without accents: `stems` of what is `written` there, PLAIN, in one go."""
    return _folding().analyze(text)


def sieve(words: Iterable[str]) -> TextAnalyzer:
    """Finds the words of a `separated` text that are none of these, with their places. What is longer than a word is
    found as well, so that whoever numbers words can leave it out.
    """
    chain = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase())
    return chain.filter(Filter.custom_stopword(list(words))).build()


def _words() -> TextAnalyzerBuilder:
    return TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST_WORD)).filter(Filter.lowercase())


@cache
def _parting() -> TextAnalyzer:
    return _words().build()


@cache
def _folding() -> TextAnalyzer:
    return _words().filter(Filter.ascii_fold()).build()


@cache
def _stemming(language: str) -> TextAnalyzer:
    chain = TextAnalyzerBuilder(Tokenizer.whitespace())
    if language != PLAIN:
        chain = chain.filter(Filter.stemmer(STEMMERS[language]))
    return chain.filter(Filter.ascii_fold()).build()
