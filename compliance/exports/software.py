"""What made an export."""

from importlib.metadata import version

import duckdb
import pyarrow as pa

VERSION = "0.1.0"
SOFTWARE = {"scanward": VERSION, "duckdb": duckdb.__version__, "pyarrow": pa.__version__, "sqlglot": version("sqlglot")}
