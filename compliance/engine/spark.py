"""The stages of a plan on a Spark Connect server, Sail or Apache Spark: for what outgrows one machine.

Records, facts and evidence stay there, as Parquet in a folder that all servers share. What proves a finding is
fetched, and DuckDB makes hashes, keys, findings and violations of it: one code, whoever ran the stages.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import grpc
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.errors.exceptions.connect import SparkConnectGrpcException
from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.types import StringType, StructField, StructType
from sqlglot import exp

from compliance.engine import dialects, duck, findings, sql
from compliance.engine.evidence import EVIDENCE
from compliance.engine.plan import Plan
from compliance.engine.session import EngineAway, Interrupted, StatementFault
from compliance.engine.sources import Source, table_of

T = TypeVar("T")
_NUMBERS = pa.decimal128(18, 4)
_NUDGE = 0.5
"""Seconds between two interrupts: one that falls between two statements would be lost."""
_AWAY = frozenset({
    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED,
})  # fmt: skip
_GONE = ("INVALID_HANDLE", "SparkContext was shut down", "SparkContext has been shutdown", "stopped SparkContext")
"""What a server says that has lost the session, or is stopping."""
TRIES = 12
"""How often a server that does not answer is asked again: about 20 s."""
_SETTINGS = {
    "spark.sql.ansi.enabled": "false",  # beyond 38 digits, and divided by zero, is missing
    "spark.sql.session.timeZone": "UTC",
}
# The client logs refused statements whole, with the literals of the rules in them.
logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Cluster:
    """Where stages run: `url` as sc://host:port, `work` an empty folder of the run, as its servers address it."""

    url: str
    work: str


class Session:
    """An open engine, see compliance.engine.session. EngineAway when the server cannot be reached any more.

    `records` are the addresses of the sources' records, as the servers know them.
    """

    def __init__(self, cluster: Cluster, records: Sequence[str], scratch: Path, settings: duck.EngineSettings) -> None:
        self._work, self._records, self._scratch, self._settings = cluster.work, records, scratch, settings
        self._stop, self._over = threading.Event(), threading.Event()
        self._numbers = itertools.count(1)
        self._columns: dict[str, dict[str, str]] = {}
        self._parts: dict[str, list[str]] = {}
        self._local: duck.Session | None = None
        self.name, self.version = "spark", ""
        self._spark = SparkSession.builder.remote(cluster.url).create()  # says nothing to the server yet
        self._spark.release_session_on_close = False  # we do, without a word when it fails
        self._spark.client.set_retry_policies([_Patience(lambda: self._stop.is_set() or self._over.is_set())])

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(Exception):  # a server that is away, or was never reached, has nothing to release
            self._spark.client.release_session()
        self._spark.stop()

    def open(self) -> None:
        for key, value in _SETTINGS.items():
            self._guarded(lambda key=key, value=value: self._spark.conf.set(key, value))  # type: ignore[misc]
        said = self._guarded(lambda: self._spark.sql("SELECT version()").toArrow())
        self.version = str(said.column(0)[0].as_py()).split()[0]
        if self.version != self._guarded(lambda: self._spark.version):  # Sail also tells which Spark it speaks as
            self.name = "sail"
        for number, address in enumerate(self._records):
            self._read(address, table_of(number))

    def _read(self, address: str, name: str) -> None:
        """Spark refuses an address where nothing is, Sail takes it for a table without columns."""
        frame = self._spark.read.parquet(address)
        try:
            found = "row" in self._guarded(lambda: frame.schema).names
        except StatementFault as fault:
            raise EngineAway(f"the servers cannot read the records: {fault}") from fault
        if not found:
            raise EngineAway("the servers find no records where the storage is said to be (SPARK_STORAGE)")
        self._guarded(lambda: frame.createOrReplaceTempView(name))

    def interrupt(self) -> None:
        if not self._stop.is_set():
            self._stop.set()
            threading.Thread(target=self._press, name="engine-interrupt", daemon=True).start()
        if self._local is not None:
            self._local.interrupt()

    def view(self, path: Path, name: str) -> None:
        given = pq.read_table(path)
        texts = StructType([StructField(each, StringType()) for each in given.column_names])
        rows = given if given.num_rows else []
        self._guarded(lambda: self._spark.createDataFrame(rows, texts).createOrReplaceTempView(name))

    def create(self, name: str, query: exp.Select) -> None:
        """The last filter is applied when the table is read: an optimizer pushes it down through every layer below,
        saying what is in a layer each time it is named there, which grows exponentially."""
        whole, kept = _without_filter(query)
        frame = self._frame(whole)
        self._named(name, frame, [self._written(name, frame)], kept)

    def create_empty(self, name: str, columns: dict[str, str]) -> None:
        self._columns[name], self._parts[name] = columns, []
        nothing = [sql.named(sql.null(kind), column) for column, kind in columns.items()]
        empty = self._frame(exp.Select(expressions=nothing, where=exp.Where(this=exp.Boolean(this=False))))
        self._guarded(lambda: empty.createOrReplaceTempView(name))

    def insert(self, name: str, query: exp.Select) -> None:
        """A part written whole counts; one that fails is left lying in the work folder and never read."""
        typed = [sql.named(sql.cast(sql.col(each), kind), each) for each, kind in self._columns[name].items()]
        frame = self._frame(sql.query(typed, query))
        self._parts[name].append(self._written(name, frame))
        self._named(name, frame, self._parts[name])

    def rows(self, query: exp.Select) -> list[tuple[Any, ...]]:
        frame = self._frame(query)
        return [tuple(row.values()) for row in self._guarded(frame.toArrow).to_pylist()]

    def column(self, query: exp.Select) -> Iterator[str]:
        batches = self._batches(query)
        while (batch := self._guarded(lambda: next(batches, None))) is not None:
            yield from batch.column(0).to_pylist()

    @contextmanager
    def gathered(self, plan: Plan) -> Iterator[duck.Session]:
        evidence = self._fetched(sql.query([*EVIDENCE], "evidence"), _EVIDENCE)
        records = [self._proving(plan, source) for source in plan.sources]
        with duck.Session(records[0], self._scratch, self._settings, records[1:]) as local:
            self._local = local
            self._check()
            local.view(evidence, "evidence")
            yield local

    def _proving(self, plan: Plan, source: Source) -> Path:
        """The records of a source that prove something, with what the text of their columns is read from."""
        kinds = {each.origin: pa.string() if each.places is None else _NUMBERS for each in source.binding.columns}
        schema = pa.schema([("row", pa.int64()), *kinds.items()])
        return self._fetched(findings.proving_query(plan, source, list(kinds)), schema)

    def _fetched(self, query: exp.Select, schema: pa.Schema) -> Path:
        """The result as Parquet in the scratch folder, batch by batch: it may be larger than memory."""
        path = self._scratch / f"fetched{next(self._numbers)}.parquet"
        batches = self._batches(query)
        with pq.ParquetWriter(path, schema) as writer:
            while (batch := self._guarded(lambda: next(batches, None))) is not None:
                writer.write_table(batch.cast(schema))
        return path

    def _batches(self, query: exp.Select) -> Iterator[pa.Table]:
        """DataFrame.toLocalIterator without the detour over rows."""
        frame, client = self._frame(query), self._spark.client
        for each in client.to_table_as_iterator(frame._plan.to_proto(client), frame._plan.observations):
            if isinstance(each, pa.Table):
                yield each

    def _frame(self, query: exp.Select) -> DataFrame:
        text = dialects.render(query, "spark")
        return self._guarded(lambda: self._spark.sql(text))

    def _written(self, name: str, frame: DataFrame) -> str:
        address = f"{self._work}/{next(self._numbers)}-{name}"
        self._guarded(lambda: frame.write.parquet(address))
        return address

    def _named(self, name: str, frame: DataFrame, parts: Sequence[str], kept: str = "TRUE") -> None:
        """With the schema said: a part without rows may be a folder without files, or none."""

        def name_it() -> None:
            schema = StructType([StructField(field.name, field.dataType) for field in frame.schema])  # all nullable
            self._spark.read.schema(schema).parquet(*parts).where(kept).createOrReplaceTempView(name)

        self._guarded(name_it)

    def _guarded(self, call: Callable[[], T]) -> T:
        self._check()
        try:
            return call()
        except (PySparkException, grpc.RpcError) as fault:
            self._check()
            raise _translated(fault, [self._work, *self._records]) from fault

    def _check(self) -> None:
        if self._stop.is_set():
            raise Interrupted

    def _press(self) -> None:
        while not self._over.is_set():
            with suppress(Exception):  # whatever it says, the run is over
                self._spark.interruptAll()
            self._over.wait(_NUDGE)


def _without_filter(query: exp.Select) -> tuple[exp.Select, str]:
    """The query without its WHERE, and that WHERE as SQL over the query's own columns."""
    where = query.args.get("where")
    if where is None or query.args.get("group") or query.args.get("joins"):
        return query, "TRUE"
    whole = query.copy()
    whole.set("where", None)
    return whole, dialects.render(where.this, "spark")


class _Patience(DefaultPolicy):  # type: ignore[misc]
    """Asks again a server that does not answer, unless the run is over."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        super().__init__(max_retries=TRIES, initial_backoff=200, backoff_multiplier=2, max_backoff=2000)
        self._is_over = is_over

    def can_retry(self, e: BaseException) -> bool:
        return not self._is_over() and super().can_retry(e)


def _translated(fault: Exception, hidden: Sequence[str]) -> Exception:
    """The fault as one line, without the addresses in `hidden`."""
    line = (str(fault).strip().splitlines() or [type(fault).__name__])[0]
    for address in hidden:
        line = line.replace(address, "...").replace(urlsplit(address).path, "...")
    away = isinstance(fault, grpc.RpcError) or (
        isinstance(fault, SparkConnectGrpcException) and fault.getGrpcStatusCode() in _AWAY
    )
    return (EngineAway if away or any(word in str(fault) for word in _GONE) else StatementFault)(line[:300])


_ARROW = {
    "INT": pa.int32(),
    sql.COUNT: pa.int64(),
    sql.TEXT: pa.string(),
    sql.FLAG: pa.bool_(),
    sql.VALUE: pa.decimal128(38, 6),
    sql.NUMBER: pa.decimal128(18, 4),
}
_EVIDENCE = pa.schema([(name, _ARROW[kind]) for name, kind in EVIDENCE.items()])
