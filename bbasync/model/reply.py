"""The return annotation says how to read the answer."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from ..errors import DecodingError
from ..paging import AS_USUAL, Pager, Walk
from ..wire.message import Answer, Request, Sender
from ..wire.status import error_of
from .convert import binding, converter
from .make import from_answer, maker_of, rows_of
from .resource import Resource

R = TypeVar("R", bound=Resource)

_NOT_READY = 202


def pager_of(kind: type[R], sender: Sender, request: Request, walk: Walk = AS_USUAL) -> Pager[R]:
    """A Pager whose items are resources of *kind*."""
    return Pager(
        sender,
        request,
        maker_of(kind, sender),
        unique=walk.unique,
        concurrency=walk.concurrency,
        rows=rows_of(kind),
    )


def item_of(pager: Any) -> Any:
    """``T`` of ``Pager[T]``."""
    return get_args(pager)[0]


def read(answer: Answer, returns: Any, sender: Sender) -> Any:
    """What *answer* says, as *returns* asks for."""
    if returns in {None, type(None)}:
        _refuse_page(answer)
        return None
    if returns is Answer:
        return answer
    if answer.status == _NOT_READY:
        raise error_of(answer)
    if not answer.body:
        raise DecodingError(
            f"{answer.method} {answer.url} answered {answer.status} without the body it should have"
        )
    if returns is str:
        return answer.text
    if returns is bytes:
        return answer.body
    if isinstance(returns, type) and issubclass(returns, Resource):
        made = from_answer(answer.body, returns, sender)
        if made is not None:
            return made
    data = answer.json()
    token = binding.set(sender)
    try:
        return converter.structure(data, returns)
    except (ValueError, TypeError) as error:
        raise DecodingError(
            f"{answer.method} {answer.url} answered {answer.status} with {type(data).__name__}, "
            f"not with what belongs there: {error}"
        ) from error
    finally:
        binding.reset(token)


def _refuse_page(answer: Answer) -> None:
    """DecodingError where a page stands in for the service: a maintenance can answer 200."""
    if answer.body and answer.headers.get("Content-Type", "").startswith("text/html"):
        raise DecodingError(
            f"{answer.method} {answer.url} answered {answer.status} with a page of HTML, which is "
            "not the service's: it was probably not carried out"
        )
