"""The loop under the benchmarks' server: as little as can be done for a request.

An event loop that can do more costs as much for a small answer as half of its client's work.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

Answer = tuple[bytes, ...]
"""What is sent one after the other: most of a page is the same bytes for every page."""
Answers = Callable[[str], tuple[float, Answer]]
"""Takes a target; gives the seconds to wait, and what to send then."""

SEND_BUFFER: Final = 2**20
"""Bytes; a whole page goes to the system at once. Where it is given less, others wait for it."""
SMALL: Final = 2**14
"""Bytes up to which an answer is kept: an object, not a page."""
END: Final = b"\r\n\r\n"
"""Of a request."""


class Serving:
    """Answers every connection; each request is taken for a GET without a body."""

    def __init__(self, listening: socket.socket, answers: Answers) -> None:
        self._answers = answers
        self._listening = listening
        self._selector = selectors.DefaultSelector()
        self._known: dict[bytes, bytes] = {}
        """Small answers by the whole request: a client asks for the same in the same words."""
        self._late: list[tuple[float, int, socket.socket, Answer]] = []
        """What is sent later, the earliest first; the number keeps the order of equals."""
        self._count = itertools.count()

    def forever(self) -> None:
        """Serve."""
        self._selector.register(self._listening, selectors.EVENT_READ)
        while True:
            wait = self._late[0][0] - time.monotonic() if self._late else None
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    self._accept()
                else:
                    self._read(*key.data)
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, connection, answer = heapq.heappop(self._late)
                with suppress(OSError):  # nobody waits for it any more
                    connection.sendall(b"".join(answer))

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._selector.register(connection, selectors.EVENT_READ, (connection, bytearray()))

    def _read(self, connection: socket.socket, begun: bytearray) -> None:
        """Take what came in on *connection*, where *begun* is there of a request."""
        try:
            data = connection.recv(2**16)
            known = self._known.get(data)
            if known is not None and not begun:
                connection.sendall(known)
                return
            begun += data
            while END in begun:
                size = begun.index(END) + len(END)
                self._answer(connection, bytes(begun[:size]))
                del begun[:size]
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(connection)
            connection.close()

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        wait, answer = self._answers(request.split(b" ", 2)[1].decode())
        if wait:
            due = time.monotonic() + wait
            heapq.heappush(self._late, (due, next(self._count), connection, answer))
            return
        whole = b"".join(answer)
        connection.sendall(whole)
        if len(whole) < SMALL:
            self._known[request] = whole
