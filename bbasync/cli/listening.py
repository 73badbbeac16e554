"""Where commands listen: what is said where that can't be, and who else can reach it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from ..errors import ArgumentError, ConfigurationError


@contextmanager
def listened_at(host: str, port: int) -> Iterator[None]:
    """Name the place in the error, where the block can't begin to listen there."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"{host}, port {port}, can't be listened at: {_why(error)}"
        ) from error
    except UnicodeError:
        raise ArgumentError(
            f"--host {host}: it takes an address or a name of this machine"
        ) from None


def is_loopback(host: str) -> bool:
    """Whether *host* is surely what only this machine can reach."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: OSError) -> str:
    known = error.errno if not isinstance(error, socket.gaierror) else None
    return os.strerror(known) if known else str(error.strerror or error)
