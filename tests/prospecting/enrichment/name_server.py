"""A name server on loopback that answers as a table says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

NO_SUCH_NAME = "no such name"
SILENT = "silent"


class NameServer:
    """`records[name]`: MX records as text, NO_SUCH_NAME or SILENT; a name it does not have has no MX record."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.records: dict[str, list[str] | str] = {}
        self.asked: list[str] = []

    def answer(self, question: bytes) -> bytes | None:
        query = dns.message.from_wire(question)
        name = str(query.question[0].name).rstrip(".")
        self.asked.append(name)
        said = self.records.get(name, [])
        if said == SILENT:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if said == NO_SUCH_NAME:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif said:
            reply.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", "MX", *said))
        return reply.to_wire()


@contextmanager
def naming() -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        known = NameServer(door.getsockname()[1])

        def serve() -> None:
            while True:
                question, asker = door.recvfrom(4096)
                if question == b"stop":
                    return
                if answer := known.answer(question):
                    door.sendto(answer, asker)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield known
        door.sendto(b"stop", door.getsockname())
        thread.join(10)
