"""From evidence to findings and violations: the queries that end a scan, over the tables of the stages.

`proofs` is evidence with its records' hashes; `findings` has one row a finding; `violations` one a rule and
account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.content import content_hash_tree, finding_key_tree
from compliance.engine.inputs import shown_type
from compliance.engine.plan import Plan
from compliance.engine.sources import Source
from compliance.engine.sql import SUM, TEXT, Tree

SAMPLE = 5
"""Evidence records a violation shows."""


def hashes_query(plan: Plan) -> exp.Select:
    """row, hash and the type as shown, for every record that proves something."""
    return _of_sources(plan, "evidence", "proving", _hash_columns)


def _hash_columns(source: Source) -> list[Tree]:
    return [
        sql.named(content_hash_tree(source.binding.columns), "hash"),
        sql.named(shown_type(source.binding), "type"),
    ]


def _of_sources(plan: Plan, rows: str, step: str, columns: Callable[[Source], list[Tree]]) -> exp.Select:
    """row and `columns`, read from the records of all sources, for every row that the table `rows` has."""
    steps, parts = [], list[exp.Select]()
    for source in plan.sources:
        name = f"{step}{source.number or ''}"
        steps.append((name, _own_rows(plan, rows, source)))
        row = sql.named(source.row(), "row") if source.number else source.row()
        parts.append(sql.query([row, *columns(source)], source.table, match=(name, ["row"])))
    if len(parts) == 1:
        return sql.with_steps(parts[0], steps)
    union: exp.Select | exp.Union = parts[0]
    for part in parts[1:]:
        union = exp.Union(this=union, expression=part, distinct=False)
    return sql.with_steps(sql.query([exp.Star()], union), steps)


def _own_rows(plan: Plan, rows: str, source: Source) -> exp.Select:
    """The rows of the table `rows` that are a source's, each once, as the source counts them."""
    mine = source.has_row(sql.col("row")) if len(plan.sources) > 1 else None
    own = sql.named(source.own_row(sql.col("row")), "row") if source.number else "row"
    return sql.query([own], rows, where=mine, group=["row"])


def proving_query(plan: Plan, source: Source, columns: Sequence[str]) -> exp.Select:
    """row and `columns` of the records of a source that prove something."""
    chosen = [sql.col(name, source.table) for name in ("row", *columns)]
    records = sql.query(chosen, source.table, match=("proving", ["row"]))
    return sql.with_steps(records, [("proving", _own_rows(plan, "evidence", source))])


def proofs_query() -> exp.Select:
    """Evidence with hash and type."""
    columns = [sql.all_of("evidence"), sql.col("hash", "hashes"), sql.col("type", "hashes")]
    return sql.query(columns, "evidence", match=("hashes", ["row"]))


def single_findings_query() -> exp.Select:
    """FINDING columns of evidence whose every record is a finding."""
    columns: list[Tree | str] = [
        sql.col("rule", "proofs"),
        sql.named(finding_key_tree(sql.col("value"), sql.col("hash")), "key"),
        *(sql.col(name) for name in ("account", "value")),
        sql.named(sql.col("t"), "first_us"),
        sql.named(sql.col("t"), "last_us"),
        sql.named(sql.cast(sql.col("amount"), SUM), "amount"),
        sql.named(exp.Array(expressions=[sql.col("row")]), "rows"),
    ]
    return sql.query(columns, "proofs", match=("rules", ["rule"]), where=sql.is_null(sql.col("lead")))


def grouped_findings_query() -> exp.Select:
    """FINDING columns of evidence that groups records under their `lead`."""
    finding = ("rule", "lead", "account", "made", "value")
    grouped = sql.query(
        [
            *finding,
            sql.named(exp.ArrayToString(this=_sorted("hash"), expression=sql.text(",")), "hashes"),
            sql.named(exp.Min(this=sql.col("t")), "first_us"),
            sql.named(exp.Max(this=sql.col("t")), "last_us"),
            sql.named(exp.Sum(this=sql.col("amount")), "amount"),
            sql.named(_sorted("row"), "rows"),
        ],
        "proofs",
        where=sql.is_present(sql.col("lead")),
        group=finding,
    )
    columns = [
        sql.col("rule", "grouped"),
        sql.named(finding_key_tree(sql.col("value"), sql.col("hashes")), "key"),
        *(sql.col(name) for name in ("account", "value", "first_us", "last_us")),
        sql.named(sql.cast(sql.col("amount"), SUM), "amount"),
        sql.col("rows"),
    ]
    return sql.with_steps(sql.query(columns, "grouped", match=("rules", ["rule"])), [("grouped", grouped)])


def finding_file_query() -> exp.Select:
    """The findings as they are written: by rule, then key; equal keys (equal records) by their rows."""
    names = ("key", "account", "value", "first_us", "last_us", "amount", "rows")
    query = sql.query(["rule_id", *names], "findings", match=("rules", ["rule"]))
    return query.order_by(*[_ascending(name) for name in ("rule_id", "key", "account", "rows")], copy=False)


def digest_query() -> exp.Select:
    """Every finding key and a line feed, in ascending order."""
    line = sql.named(sql.binary(exp.DPipe, sql.col("key"), sql.text("\n")), "line")
    return sql.query([line], "findings").order_by(_ascending("key"), copy=False)


def evidence_query() -> exp.Select:
    """rule_id, account, record, copies: what proves each violation, as a multiset of what its records hold.

    `record` are the first 64 bits of the record's hash. They are only ever compared within one violation: two
    different ones of n records are taken for one another with a probability of n x n / 2**65.
    """
    record = exp.Left(this=sql.col("hash"), expression=sql.whole(16))
    proof = ("rule", "account", "row", "hash")
    pieces = sql.query(["rule", "account", sql.named(record, "record")], "proofs", group=proof)
    of = ("rule_id", "account", "record")
    copies = sql.named(exp.Count(this=exp.Star()), "copies")
    query = sql.query([*of, copies], "pieces", match=("rules", ["rule"]), group=of)
    query.order_by(*[_ascending(name) for name in of], copy=False)
    return sql.with_steps(query, [("pieces", pieces)])


def counts_query() -> exp.Select:
    """rule, findings, violations: how many of each."""
    accounts = exp.Count(this=exp.Distinct(expressions=[sql.col("account")]))
    columns: list[Tree | str] = [
        "rule",
        sql.named(exp.Count(this=exp.Star()), "findings"),
        sql.named(accounts, "violations"),
    ]
    return sql.query(columns, "findings", group=["rule"])


def sampled_query(*, shared: bool) -> exp.Select:
    """rule, account, row, type, place: the first records of each violation, by time, then content.

    `shared`: a record may prove several findings of a violation; it is shown once.
    """
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[sql.col("rule"), sql.col("account")],
        order=exp.Order(expressions=[_ascending(name) for name in ("t", "hash", "row")]),
    )
    of = ["rule", "account", "row", "type", "t", "hash"]
    proofs: str | exp.Select = sql.query(of, "proofs", group=of) if shared else "proofs"
    ranked = sql.query(["rule", "account", "row", "type", sql.named(place, "place")], proofs)
    within = exp.LTE(this=sql.col("place"), expression=sql.whole(SAMPLE))
    return sql.query([exp.Star()], ranked, where=within)


def texts_query(plan: Plan) -> exp.Select:
    """row, text: each sampled record as JSON `{"row": n, "values": {header: text or null}}`.

    A record of a context upload says which: `{"row": n, "upload_id": ..., "values": ...}`, n being its row there.
    """
    return _of_sources(plan, "sampled", "shown", _text_columns)


def _text_columns(source: Source) -> list[Tree]:
    values = _object({column.name: sql.text_of(column) for column in source.binding.columns})
    upload: dict[str, Tree] = {"upload_id": sql.text(source.upload_id)} if source.number else {}
    record = _object({"row": sql.col("row", source.table), **upload, "values": values})
    return [sql.named(sql.cast(record, TEXT), "text")]


def violations_query() -> exp.Select:
    """VIOLATION columns, one row a rule and account, in this order."""
    group = ("rule", "account")
    highest, lowest = exp.Max(this=sql.col("value")), exp.Min(this=sql.col("value"))
    totals = sql.query(
        [
            *group,
            sql.named(exp.Count(this=exp.Star()), "finding_count"),
            sql.named(exp.Min(this=sql.col("first_us")), "first_us"),
            sql.named(exp.Max(this=sql.col("last_us")), "last_us"),
            sql.named(exp.Sum(this=sql.col("amount")), "amount"),
            sql.named(highest, "highest"),
            sql.named(lowest, "lowest"),
        ],
        "findings",
        group=group,
    )
    shown = [sql.all_of("sampled"), sql.col("text", "texts")]
    samples: list[Tree | str] = [
        *group,
        sql.named(_at_place(1, "type"), "transaction_type"),
        sql.named(_listed_texts(), "sample"),
    ]
    actual = sql.when(sql.col("downward"), sql.col("lowest"), sql.col("highest"))
    columns = [
        sql.col("rule_id"),
        sql.col("account", "totals"),
        *(sql.col(name) for name in ("finding_count", "first_us", "last_us")),
        sql.named(sql.cast(sql.col("amount"), SUM), "amount"),
        sql.named(actual, "actual_value"),
        *(sql.col(name) for name in ("transaction_type", "sample")),
    ]
    query = sql.query(columns, "totals", match=("samples", group))
    same_rule = exp.EQ(this=sql.col("rule", "totals"), expression=sql.col("rule", "rules"))
    query.append("joins", exp.Join(this=sql.table("rules"), on=same_rule))
    query.order_by(_ascending("rule_id"), exp.Ordered(this=sql.col("account", "totals")), copy=False)
    return sql.with_steps(
        query,
        [
            ("totals", totals),
            ("shown", sql.query(shown, "sampled", match=("texts", ["row"]))),
            ("samples", sql.query(samples, "shown", group=group)),
        ],
    )


def _at_place(place: int, column: str) -> Tree:
    """The column of the record at that place of the sample; NULL where the sample is shorter."""
    is_there = exp.EQ(this=sql.col("place"), expression=sql.whole(place))
    return exp.Max(this=sql.when(is_there, sql.col(column)))


def _listed_texts() -> Tree:
    """The sample as a JSON list, place by place: an ordered aggregate would take five times as long."""
    listed = sql.binary(exp.DPipe, sql.text("["), _at_place(1, "text"))
    for place in range(2, SAMPLE + 1):
        more = sql.binary(exp.DPipe, sql.text(","), _at_place(place, "text"))
        listed = sql.binary(exp.DPipe, listed, exp.Coalesce(this=more, expressions=[sql.text("")]))
    return sql.binary(exp.DPipe, listed, sql.text("]"))


def _ascending(name: str) -> exp.Ordered:
    return exp.Ordered(this=sql.col(name), nulls_first=False)


def _object(values: dict[str, Tree]) -> Tree:
    pairs = [exp.JSONKeyValue(this=sql.text(name), expression=tree) for name, tree in values.items()]
    return exp.JSONObject(expressions=pairs)


def _sorted(name: str) -> Tree:
    return exp.ArraySort(this=exp.ArrayAgg(this=sql.col(name)))
