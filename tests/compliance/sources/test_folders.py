"""The newest file of a folder or bucket: which one, and nothing outside what the operator has opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compliance.sources.folders import pull
from compliance.sources.pulling import Bounds, PullFailed
from compliance.sources.shapes import ConfigRefused, Files, read_config


def put(path: Path, content: str, age: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


@pytest.fixture
def drops(tmp_path: Path) -> Path:
    folder = tmp_path / "drops" / "acme"
    folder.mkdir(parents=True)
    return folder


def bounds(drops: Path, **changed: Any) -> Bounds:
    return Bounds(**{"most": 100, "seconds": 300, "group": "acme", "roots": (f"{drops.parent}/{{group}}",), **changed})


def pulled(path: Any, target: Path, within: Bounds) -> tuple[str, str]:
    found = pull(Files(path=str(path)), target, within)
    return found.name, found.path.read_text()


def refused(path: Any, target: Path, within: Bounds) -> str:
    with pytest.raises(PullFailed) as failed:
        pulled(path, target, within)
    return failed.value.code


def test_the_newest_finished_file_that_fits_is_taken(drops: Path, tmp_path: Path) -> None:
    put(drops / "b.csv", "older", age=10)
    put(drops / "a.csv", "newest")
    for other in ("c.csv.tmp", ".d.csv", "e.txt", "f.csv.part"):
        put(drops / other, "not this", age=-10)
    (drops / "folder.csv").mkdir()
    assert pulled(drops / "*.csv", tmp_path / "f", bounds(drops)) == ("a.csv", "newest")
    assert pulled(drops / "?.csv", tmp_path / "f", bounds(drops)) == ("a.csv", "newest")
    assert pulled(drops / "b.csv", tmp_path / "f", bounds(drops)) == ("b.csv", "older")


def test_of_two_equally_new_files_the_later_name_is_taken(drops: Path, tmp_path: Path) -> None:
    put(drops / "2024-01-01.csv", "one")
    put(drops / "2024-01-02.csv", "two")
    assert pulled(drops / "*.csv", tmp_path / "f", bounds(drops)) == ("2024-01-02.csv", "two")


def test_no_file_and_no_folder_are_told_apart_from_nothing_opened(drops: Path, tmp_path: Path) -> None:
    assert refused(drops / "*.csv", tmp_path / "f", bounds(drops)) == "SOURCE_EMPTY"
    assert refused(drops / "none" / "*.csv", tmp_path / "f", bounds(drops)) == "SOURCE_UNAVAILABLE"
    assert refused(drops / "*.csv", tmp_path / "f", bounds(drops, roots=())) == "SOURCE_REFUSED"


def test_the_folder_of_another_group_is_closed(drops: Path, tmp_path: Path) -> None:
    put(drops / "a.csv", "of acme")
    put(drops.parent / "acme2" / "a.csv", "of acme2")
    for path in (drops / "a.csv", drops.parent / "acme2" / "a.csv", drops.parent / "*.csv", "/etc/passwd"):
        assert refused(path, tmp_path / "f", bounds(drops, group="other")) == "SOURCE_REFUSED"
    assert refused(drops.parent / "acme2" / "a.csv", tmp_path / "f", bounds(drops)) == "SOURCE_REFUSED"


def test_links_that_lead_outside_are_passed_over(drops: Path, tmp_path: Path) -> None:
    outside = put(tmp_path / "secret.csv", "planted", age=-100)
    (drops / "z.csv").symlink_to(outside)
    assert refused(drops / "*.csv", tmp_path / "f", bounds(drops)) == "SOURCE_EMPTY"
    put(drops / "a.csv", "inside", age=100)
    (drops / "link.csv").symlink_to(drops / "a.csv")
    assert pulled(drops / "*.csv", tmp_path / "f", bounds(drops))[1] == "inside"
    (drops / "way").symlink_to(tmp_path)
    assert refused(drops / "way" / "secret.csv", tmp_path / "f", bounds(drops)) == "SOURCE_EMPTY"


def test_what_is_no_file_is_passed_over(drops: Path, tmp_path: Path) -> None:
    os.mkfifo(drops / "pipe.csv")
    assert refused(drops / "*.csv", tmp_path / "f", bounds(drops)) == "SOURCE_EMPTY"


def test_a_file_that_is_too_large_is_refused(drops: Path, tmp_path: Path) -> None:
    put(drops / "a.csv", "x" * 101)
    assert refused(drops / "a.csv", tmp_path / "f", bounds(drops)) == "SOURCE_TOO_LARGE"


@pytest.mark.parametrize(
    "path",
    ["/a/../b.csv", "/a/./b.csv", "/a//b.csv", "//a/b.csv", "/a/*/b.csv", "/a/..", "/a.csv", "a.csv", "~/a.csv",
     "file:///a", "/a/\x00", "s3://", "s3://bucket", "https://a/b", "/"],
)  # fmt: skip
def test_a_path_that_goes_astray_is_refused_when_it_is_stored(path: str) -> None:
    with pytest.raises(ConfigRefused):
        read_config("files", {"path": path})


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The endpoint of an object store on this machine, with a bucket in it."""
    from moto.server import ThreadedMotoServer

    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    server.stop()


@pytest.mark.filterwarnings("ignore")  # of the object-store libraries
def test_the_newest_object_of_a_prefix_is_taken(bucket: str, tmp_path: Path) -> None:
    import fsspec

    store = fsspec.filesystem("s3", endpoint_url=bucket, skip_instance_cache=True)
    store.mkdir("drops")
    for name, content in {"acme/a.csv": b"newer", "acme/b.txt": b"no", "other/z.csv": b"planted"}.items():
        store.pipe(f"drops/{name}", content)
    within = Bounds(most=100, seconds=300, group="acme", roots=("s3://drops/{group}",), s3_endpoint=bucket)
    assert pulled("s3://drops/acme/*.csv", tmp_path / "f", within) == ("a.csv", "newer")
    assert refused("s3://drops/other/*.csv", tmp_path / "f", within) == "SOURCE_REFUSED"
    assert refused("s3://drops/acme/none/*.csv", tmp_path / "f", within) == "SOURCE_EMPTY"
    store.pipe("drops/acme/big.csv", b"x" * 101)
    assert refused("s3://drops/acme/big.csv", tmp_path / "f", within) == "SOURCE_TOO_LARGE"
