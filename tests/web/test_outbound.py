"""Hostile hosts, redirects, bombs and slow servers: what the guarded client must never do."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpcore
import pytest

from tests.web.file_server import FileServer, certificate, drip, serving
from tests.web.reaching import WAYS, Reach
from web.destinations import Refused, Rules, Unreachable, canonical_host, is_public, resolve
from web.outbound import BadAnswer, TooLarge, check_url, fetch

NOTHING_ALLOWED = Rules()
PUBLIC = "93.184.215.14"
INSIDE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "169.254.0.1", "100.64.0.1", "100.127.255.254", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "fe80::1", "fe80::1%lo",
    "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808",
    "2002:7f00:1::", "2002:808:808::", "2001::1", "2001:10::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", PUBLIC, "2606:4700:4700::1111", "2a00:1450:4001:830::200e", "64:ff9b::808:808"]
ADDRESSES_REFUSED = [
    "http://example.com/a", "ftp://example.com/a", "file:///etc/passwd", "gopher://example.com/", "//example.com/a",
    "https:///a", "https://", "example.com/a", "", "https://user@example.com/", "https://user:word@example.com/",
    "https://127.0.0.1@example.com/", "https://example.com:22/", "https://example.com:8443/", "https://example.com:99999/",
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
    "https://1.2.3.4.5/", "https://[::1%25lo]/", "https://[::1/", "https://exa mple.com/", "https://example.com\\@inside/",
    "https://example.com/\n", "https://example.com/\x00", "https://-example.com/", "https://exa..mple.com/",
    "https://" + "a" * 64 + ".com/", "https://" + "a." * 130 + "com/", "https://１２７.１/",
]  # fmt: skip


def answering(*addresses: str) -> Any:
    return lambda host, port: addresses


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_never_connected_to(address: str) -> None:
    assert not is_public(address)
    for answers in ((address,), (PUBLIC, address), (address, PUBLIC)):
        with pytest.raises(Refused) as refused:
            resolve("files.example.com", 443, rules=NOTHING_ALLOWED, seconds=300, resolver=answering(*answers))
        assert address not in str(refused.value)


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_may_be_connected_to(address: str) -> None:
    assert is_public(address)
    found = resolve("files.example.com", 443, rules=NOTHING_ALLOWED, seconds=300, resolver=answering(address))
    assert found == [address]


@pytest.mark.parametrize("address", [a for a in INSIDE if "%" not in a])
def test_an_address_inside_is_refused_when_it_is_written_out(address: str, reach: Reach) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Refused):
        reach(f"https://{host}/file", most=100, seconds=300, rules=NOTHING_ALLOWED)


@pytest.mark.parametrize("address", ADDRESSES_REFUSED)
def test_an_address_that_is_odd_is_refused_before_anything_is_looked_up(address: str) -> None:
    with pytest.raises(Refused):
        check_url(address, rules=NOTHING_ALLOWED)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("EXAMPLE.com.", "example.com"), ("bücher.example", "xn--bcher-kva.example"), ("[2606:4700::1]", "2606:4700::1")],
)
def test_a_host_has_one_spelling(written: str, meant: str) -> None:
    assert canonical_host(written) == meant


@pytest.mark.parametrize("address", ["https://localhost/", "https://LOCALHOST./", "https://127.0.0.1./"])
def test_names_of_this_machine_are_refused(address: str, reach: Reach) -> None:
    with pytest.raises(Refused):
        reach(address, most=100, seconds=300, rules=NOTHING_ALLOWED)


def test_http_and_its_port_are_the_operators_choice() -> None:
    assert check_url("http://example.com/a", rules=Rules(http=True)).host == "example.com"
    with pytest.raises(Refused):
        check_url("http://example.com:8080/a", rules=Rules(http=True))
    inside = Rules(allow=frozenset({("files.inside", 8080)}))
    assert check_url("http://Files.Inside.:8080/a", rules=inside).port == 8080
    with pytest.raises(Refused):
        check_url("http://files.inside:8081/a", rules=inside)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as known:
        yield known


def allowing(*servers: FileServer) -> Rules:
    return Rules(allow=frozenset(("127.0.0.1", each.port) for each in servers))


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def reach(request: pytest.FixtureRequest, tmp_path: Path) -> Reach:
    return request.param(tmp_path)


def test_a_file_arrives_whole(server: FileServer, tmp_path: Path) -> None:
    server.serve("/file", b"a,b\n1,2\n")
    target = tmp_path / "file"
    found = fetch(f"http://127.0.0.1:{server.port}/file", target, most=100, seconds=300, rules=allowing(server))
    assert (found.size, target.read_bytes()) == (8, b"a,b\n1,2\n")


def test_a_name_that_turns_inward_after_the_check_is_not_followed(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebinding resolver: its second answer is inside. A connection asks once, and goes where that answer was."""
    asked: list[str] = []
    connected: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    def connect(_: Any, host: str, *args: Any) -> Any:
        connected.append(host)
        raise httpcore.ConnectError

    async def open_connection(host: str, *args: Any, **kwargs: Any) -> Any:
        connected.append(host)
        raise OSError

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    with pytest.raises(Unreachable):
        reach("https://rebind.example/", most=9, seconds=300, rules=Rules(), resolver=rebinding)
    with pytest.raises(Refused):
        reach("https://rebind.example/", most=9, seconds=300, rules=Rules(), resolver=rebinding)
    assert (len(asked), connected) == (2, [PUBLIC])


INWARD = [
    "http://127.0.0.1:{}/", "http://localhost:{}/", "http://[::1]:{}/", "//127.0.0.1:{}/", "http://2130706433:{}/",
    "http://user@127.0.0.1:{}/", "file:///etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("way", INWARD)
def test_a_redirect_inward_is_refused(way: str, server: FileServer, reach: Reach) -> None:
    with serving() as inside:
        server.redirect("/file", way.format(inside.port))
        with pytest.raises(Refused):
            reach(f"http://127.0.0.1:{server.port}/file", most=99, seconds=300, rules=allowing(server)
            )  # fmt: skip
        assert inside.seen == []


def test_secrets_stay_with_the_host_they_are_for(server: FileServer, reach: Reach) -> None:
    with serving() as other:
        other.serve("/file", b"x")
        server.redirect("/here", "/there")
        server.redirect("/there", f"http://127.0.0.1:{other.port}/file")
        reach(f"http://127.0.0.1:{server.port}/here", most=99, seconds=300, rules=allowing(server, other),
            headers={"Authorization": "Bearer planted"},
        )  # fmt: skip
        assert [headers.get("Authorization") for _, headers in server.seen] == ["Bearer planted"] * 2
        assert [headers.get("Authorization") for _, headers in other.seen] == [None]


def test_cookies_go_nowhere(server: FileServer, reach: Reach) -> None:
    server.answers["/a"] = (302, {"Location": "/b", "Set-Cookie": "session=1", "Content-Length": "0"}, b"")
    server.serve("/b", b"x")
    reach(f"http://127.0.0.1:{server.port}/a", most=99, seconds=300, rules=allowing(server))
    assert "Cookie" not in server.seen[-1][1]


def test_a_circle_of_redirects_ends(server: FileServer, reach: Reach) -> None:
    server.redirect("/a", "/a")
    with pytest.raises(BadAnswer, match="more than 5"):
        reach(f"http://127.0.0.1:{server.port}/a", most=99, seconds=300, rules=allowing(server))


def test_an_error_shows_nothing_of_the_answer(server: FileServer, tmp_path: Path) -> None:
    server.serve("/file", b"planted-secret", status=500, X_Secret="planted-secret")
    with pytest.raises(BadAnswer) as refused:
        fetch(f"http://127.0.0.1:{server.port}/file", tmp_path / "f", most=99, seconds=300, rules=allowing(server))
    assert "500" in str(refused.value)
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_cut_off_at_its_decoded_size(packed: bool, server: FileServer, reach: Reach) -> None:
    body = b"0" * 20_000_000
    headers = {"Content_Encoding": "gzip"} if packed else {}
    server.serve("/file", gzip.compress(body) if packed else body, **headers)
    with pytest.raises(TooLarge):
        reach(f"http://127.0.0.1:{server.port}/file", most=1_000_000, seconds=300, rules=allowing(server)
        )  # fmt: skip


def test_a_packed_answer_is_unpacked(server: FileServer, reach: Reach) -> None:
    body = b"a,b\n" * 100_000
    server.serve("/file", gzip.compress(body), Content_Encoding="gzip")
    assert body == reach(f"http://127.0.0.1:{server.port}/file", most=10**6, seconds=300, rules=allowing(server))


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "deflate"])
def test_an_encoding_nobody_asked_for_is_refused(coding: str, server: FileServer, reach: Reach) -> None:
    server.serve("/file", b"x", Content_Encoding=coding)
    with pytest.raises(BadAnswer):
        reach(f"http://127.0.0.1:{server.port}/file", most=99, seconds=300, rules=allowing(server))


def test_an_answer_cut_short_is_no_file(server: FileServer, reach: Reach) -> None:
    server.answers["/file"] = (200, {"Content-Length": "100", "Connection": "close"}, b"half")
    server.serve("/packed", gzip.compress(b"whole")[:-4], Content_Encoding="gzip")
    for path in ("/file", "/packed"):
        with pytest.raises((Unreachable, BadAnswer)):
            reach(f"http://127.0.0.1:{server.port}{path}", most=99, seconds=300, rules=allowing(server))


def test_a_dripping_server_is_left_at_the_deadline(server: FileServer, reach: Reach) -> None:
    server.answers["/file"] = drip
    with pytest.raises(Unreachable, match="longer"):
        reach(f"http://127.0.0.1:{server.port}/file", most=9999, seconds=1, rules=allowing(server))


def test_a_resolver_that_hangs_is_left_at_the_deadline(reach: Reach) -> None:
    go_on, answered = threading.Event(), threading.Event()

    def hanging(*_: object) -> list[str]:
        go_on.wait(300)
        answered.set()
        return []

    with pytest.raises(Unreachable):
        reach("https://slow.example/", most=9, seconds=1, resolver=hanging)
    assert not answered.is_set()
    go_on.set()


def test_proxies_of_the_environment_are_not_asked(
    server: FileServer, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        server.serve("/file", b"x")
        reach(f"http://127.0.0.1:{server.port}/file", most=99, seconds=300, rules=allowing(server))
        assert proxy.seen == []


def test_the_certificate_is_checked_against_the_name(reach: Reach, tmp_path: Path) -> None:
    theirs, trusting = certificate(tmp_path, "files.example.com")
    with serving(theirs) as server:
        server.serve("/file", b"x")
        names = ("files.example.com", "other.example.com")
        rules = Rules(allow=frozenset((name, server.port) for name in names))
        right, wrong = (f"https://{name}:{server.port}/file" for name in names)
        here = {"rules": rules, "resolver": answering("127.0.0.1"), "most": 9, "seconds": 300}
        assert reach(right, verify=trusting, **here) == b"x"
        for address, verify in ((wrong, trusting), (right, True)):
            with pytest.raises(Unreachable):
                reach(address, verify=verify, **here)
