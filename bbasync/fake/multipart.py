"""Bodies in several parts: files and fields, byte by byte as they were sent."""

from email.message import Message
from email.parser import HeaderParser
from typing import Any

from attrs import frozen

from .bodies import media_type
from .exchange import Call
from .replies import bad_request, error


@frozen
class Part:
    """One part: its field's name (or its content id), and what was said of it."""

    name: str
    content: bytes
    filename: str | None
    content_type: str
    attributes: tuple[str, ...]
    """The values of ``x-attributes`` in its disposition: ``executable``, ``link``."""

    @property
    def text(self) -> str:
        """The content of a field."""
        return self.content.decode(errors="replace")


def parts(call: Call, *, status: int = 415) -> list[Part]:
    """Read the parts of a body; a body of another kind is refused with *status*."""
    kind = media_type(call)
    if not kind.startswith("multipart/"):
        raise error(status, "This resource takes a body of type multipart/form-data.")
    head = Message()
    head["Content-Type"] = call.headers["content-type"]
    boundary = head.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise bad_request("The body has no boundary.")
    pieces = (b"\r\n" + call.body).split(b"\r\n--" + boundary.encode())
    if not pieces[-1].startswith(b"--"):
        raise bad_request("The body ends before its last boundary.")
    return [_part(piece.removeprefix(b"\r\n")) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    raw, _, content = piece.partition(b"\r\n\r\n")
    head = HeaderParser().parsestr(raw.decode(errors="replace") + "\r\n\r\n")
    disposition = "content-disposition"
    attributes = _param(head, "x-attributes", disposition)
    content_id = str(head.get("Content-ID", "")).strip('<> "')
    name = _param(head, "name", disposition)
    return Part(
        name=_unescaped(name if name is not None else content_id),
        content=content,
        filename=_unescaped(_param(head, "filename", disposition)),
        content_type=head.get_content_type(),
        attributes=tuple((attributes or "").replace(",", " ").split()),
    )


def _param(head: Message, name: str, header: str) -> Any:
    found = head.get_param(name, header=header)
    return None if found is None else str(found)


def _unescaped(text: Any) -> Any:
    """Undo what browsers do to a name that would end its text or its line."""
    if text is None:
        return None
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
