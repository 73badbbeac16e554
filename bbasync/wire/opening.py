"""Opening a transport: the parts of the wire put together as a client's options say."""

from __future__ import annotations

from .cache import Revalidation
from .caller import Credentials
from .events import Listeners
from .exchange import Line
from .options import Options
from .queue import Queues
from .retry import RetryPolicy
from .session import open_session
from .transport import Transport


def open_transport(auth: Credentials | None, options: Options) -> Transport:
    """A transport with a session of its own, which its closing closes."""
    session = open_session(options.timeout, options.agent, options.context)
    return Transport(
        Line(session, Queues(options.connections), options.proxies),
        options.origins,
        RetryPolicy(attempts=options.attempts, max_wait=options.max_wait),
        auth,
        deadline=options.deadline,
        listeners=Listeners(options.listeners),
        quota=options.quota,
        reserve=options.reserve,
        cache=None if options.cache is None else Revalidation(options.cache),
    )
