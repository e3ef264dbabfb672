"""Matching of signals beside tantivy alone, and folding of near-duplicates beside MinHash.

Each measurement is a process of its own: `python -m benchmarks.matching judge|undeclared|tantivy|fold|minhash` prints
what it took as JSON. What is read is made before the clock starts.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import news

TITLE = "Matching and folding"
DOCUMENTS, ITEMS, RUNS = 200_000, 50, 5
FEWER = 20_000  # of MinHash, counted as if the rest took as long
BANDS = (9, 13)
KIB, MIB = 2**10, 2**20


def section(folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now, each beside its other in turn."""
    judged, undeclared, alone = _in_turn("judge", "undeclared", "tantivy")
    folded, minhash = _in_turn("fold", "minhash")
    share = judged[0]["found"] / DOCUMENTS
    return "\n".join([
        f"{DOCUMENTS:,} invented documents of about 110 words at {news.COMPANIES:,} companies; {ITEMS} items of six",
        f"keywords each (words, phrases, OR, AND with NOT, some with *). {share:.0%} of the documents match. Median",
        f"(least to most) of {RUNS} runs in turn. `tantivy alone`: one index of title and text with positions and",
        "English stems, and the same questions in its own language: candidates only, no mentions, score, reason or",
        "summary. It indexes on two threads beside the one that feeds it. Judging stays on one, as workers run beside",
        "each other: what one took of another core, a second worker would lack. `fold`: a fifth of the documents are",
        f"copies with a word changed. MinHash: signatures of 128 permutations and the LSH of datasketch over {FEWER:,}",
        "of them, told as if of all; it folds nothing.", "",
        "| work | seconds | CPU seconds | documents/s | peak memory beyond the documents |", "|---|---|---|---|---|",
        _row("judge", judged), _row("judge, no language declared", undeclared), _row("tantivy alone", alone),
        _row("fold", folded), _row("MinHash signatures and LSH", minhash), "",
        f"judge / tantivy alone: {_ratio(judged, alone, 'seconds'):.2f} by the clock,",
        f"{_ratio(judged, alone, 'cpu'):.2f} by CPU seconds.",
    ])  # fmt: skip


def _in_turn(*names: str) -> tuple[list[dict[str, float]], ...]:
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(RUNS):
        for name in names:
            said = subprocess.run([sys.executable, "-m", "benchmarks.matching", name], check=True, capture_output=True)
            run = json.loads(said.stdout)
            as_of_all = DOCUMENTS / run["documents"]
            runs[name].append(run | {each: run[each] * as_of_all for each in ("seconds", "cpu")})
    return tuple(runs.values())


def _row(name: str, runs: list[dict[str, float]]) -> str:
    took = sorted(run["seconds"] for run in runs)
    middle, memory = _median(runs, "seconds"), _median(runs, "memory") / MIB
    return (
        f"| {name} | {middle:.1f} ({took[0]:.1f} to {took[-1]:.1f}) | {_median(runs, 'cpu'):.1f} | "
        f"{DOCUMENTS / middle:,.0f} | {memory:.0f} MiB |"
    )


def _ratio(runs: list[dict[str, float]], others: list[dict[str, float]], measured: str) -> float:
    return _median(runs, measured) / _median(others, measured)


def _median(runs: list[dict[str, float]], measured: str) -> float:
    return median(run[measured] for run in runs)


def _judge(documents: list[news.News]) -> int:
    from scans.matching.judging import judge
    from scans.matching.specification import parse_items

    return sum(1 for _ in judge(parse_items(news.asked(ITEMS, 2)).items, documents, clock=news.CLOCK))


def _tantivy(documents: list[news.News]) -> int:
    from tantivy import Document, Index, SchemaBuilder

    fields = SchemaBuilder()
    fields.add_integer_field("slot", fast=True)
    fields.add_text_field("title", tokenizer_name="en_stem")
    fields.add_text_field("text", tokenizer_name="en_stem")
    index = Index(fields.build())
    writer = index.writer(heap_size=400_000_000, num_threads=2)
    for slot, each in enumerate(documents):
        writer.add_document(Document(slot=slot, title=each.title, text=each.text))
    writer.commit()
    index.reload()
    searcher = index.searcher()
    found = 0
    for item in news.asked(ITEMS, 2):
        hits = searcher.search(
            index.parse_query(_in_its_language(item), ["title", "text"]), DOCUMENTS, count=False
        ).hits
        found += len(hits)
    return found


def _in_its_language(item: dict[str, object]) -> str:
    """Its prefix queries are phrases of at least two words: a word with * is asked for as a word."""
    terms = [each["term"] if isinstance(each, dict) else each for each in item["keywords"]]
    phrases = (f'"{term}"' if " " in term and term.islower() else f"({term.replace('*', '')})" for term in terms)
    return " OR ".join(phrases)


def _fold(documents: list[news.News]) -> int:
    from scans.matching.fold import fold
    from scans.matching.judging import Judged, Verdict

    kept = [Judged(each, 0, Verdict.KEPT, 50, "", "") for each in documents]
    return sum(1 for _ in fold(kept, lambda document: str(document.company)))


def _minhash(documents: list[news.News]) -> int:
    from datasketch import MinHash, MinHashLSH

    from scans.matching.languages import written

    # The bands and rows that datasketch chooses for a threshold of 0.8, chosen once.
    companies: dict[int, MinHashLSH] = {}
    for number, each in enumerate(documents):
        words = written(f"{each.title}\n{each.text}")
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[at : at + 3]).encode() for at in range(len(words) - 2)])
        known = companies.setdefault(each.company, MinHashLSH(num_perm=128, params=BANDS))
        known.query(sketch)
        known.insert(number, sketch)
    return len(companies)


# What is measured, and what of the documents differs: (share of copies, declared language)
WORKS: dict[str, tuple[Callable[[list[news.News]], int], float, str | None]] = {
    "judge": (_judge, 0.0, "en"),
    "undeclared": (_judge, 0.0, None),
    "tantivy": (_tantivy, 0.0, "en"),
    "fold": (_fold, 0.2, "en"),
    "minhash": (_minhash, 0.2, "en"),
}


def _peak() -> int:
    """Bytes this process held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def main() -> None:
    work, copies, language = WORKS[sys.argv[1]]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else FEWER if work is _minhash else DOCUMENTS
    documents = news.documents(count, 1, copies=copies, language=language)
    before, begun, busy = _peak(), time.perf_counter(), time.process_time()
    found = work(documents)
    took = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - busy}
    sys.stdout.write(json.dumps({"documents": count, **took, "found": found, "memory": _peak() - before}))


if __name__ == "__main__":
    main()
