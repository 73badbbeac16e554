"""Opening a transport: the parts of the wire put together as a client's options say."""

from __future__ import annotations

import ssl

from .cache import Cache, Revalidation
from .counting import Quota
from .events import Listener, Listeners
from .exchange import Line
from .message import Authorizer
from .origin import Origins
from .proxy import Proxies
from .queue import Queues
from .retry import RetryPolicy
from .session import open_session
from .transport import Transport


def open_transport(
    origins: Origins,
    *,
    auth: Authorizer | None,
    agent: str,
    connections: int,
    timeout: float,
    context: ssl.SSLContext | None,
    proxies: Proxies,
    attempts: int,
    max_wait: float,
    deadline: float | None,
    listeners: tuple[Listener, ...],
    quota: Quota,
    reserve: float,
    cache: Cache | None,
) -> Transport:
    """A transport with a session of its own, which its closing closes; see Bitbucket's options."""
    session = open_session(timeout, agent, context)
    return Transport(
        Line(session, Queues(connections), proxies, auth),
        origins,
        RetryPolicy(attempts=attempts, max_wait=max_wait),
        deadline=deadline,
        listeners=Listeners(listeners),
        quota=quota,
        reserve=reserve,
        cache=None if cache is None else Revalidation(cache),
    )
