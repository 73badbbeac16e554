"""A server that answers as it was recorded."""

import os
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path

from aiohttp import web
from attrs import define, evolve, field

from .addresses import BITBUCKET, TOKENS, Upstream, moved
from .bodies import changed_text, content_of, is_json, type_of
from .cassette import Answered, Recorded, Sent, load
from .listening import Listening, refusal
from .messages import alike, left_out, sent
from .scrub import hidden, reworded
from .words import Words

NOT_MODIFIED = 304
_CONDITIONS = ("If-None-Match", "If-Modified-Since")
MOST_NEAR = 3
GRANTED = {"access_token": "replayed", "token_type": "bearer", "expires_in": 7200, "scope": ""}


@define(eq=False)
class _Track:
    """What the same request was answered, one time after the other."""

    recorded: list[Recorded] = field(factory=list)
    used: int = 0

    def last(self, *, conditional: bool) -> Answered | None:
        """Give the answer to repeat: not modified is none to whoever has set no condition."""
        answers = [one.answer for one in self.recorded]
        fit = [one for one in answers if conditional or one.status != NOT_MODIFIED]
        return fit[-1] if fit else None


class Player(Listening):
    """Answers from a cassette, and knows nothing else.

    A request is one that was recorded if its method, path, query (in any order) and body are the
    same; the nth time it gets the nth answer. One that was not recorded, or not so often, is
    answered 501 with a text that says so and names what is near. With *repeat* the last answer
    comes again and again.

    *aliases* are what a program says and what the cassette has for it, as the names that were
    renamed: ``{"our-workspace": "acme"}``. Secrets need none: what is hidden in cassettes is
    hidden before anything is compared. OAuth's token endpoint gives a token for anything.
    """

    def __init__(
        self,
        cassette: str | os.PathLike[str],
        *,
        aliases: Mapping[str, str] | None = None,
        repeat: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host, port)
        self._path, self._repeat = Path(cassette), repeat
        self._aliases = Words()
        for said, meant in (aliases or {}).items():
            self._aliases.add(said, meant)
        self._tracks: dict[str, _Track] = {}
        for one in load(self._path):
            self._tracks.setdefault(alike(one.request), _Track()).recorded.append(one)
        self.unmatched: list[str] = []
        """Requests that were refused, in order."""

    @property
    def unused(self) -> list[str]:
        """The recorded requests that were not made, or not so often."""
        return [
            str(one.request)
            for track in self._tracks.values()
            for one in track.recorded[track.used :]
        ]

    def assert_all_used(self) -> None:
        """Raise AssertionError where a recorded request was not made."""
        if self.unused:
            lines = "\n".join(f"  {one}" for one in self.unused)
            raise AssertionError(f"{self._path} has requests that were not made:\n{lines}")

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        content = await request.content.read()
        if request.raw_path.partition("?")[0] == TOKENS:
            return web.json_response(GRANTED)
        asked = sent(
            request.method,
            request.raw_path,
            request.headers,
            content,
            here=self.site,
            binary=True,
        )
        bare = self._comparable(left_out(asked))
        asked = self._comparable(asked)
        track = self._tracks.get(alike(asked)) or self._tracks.get(alike(bare))
        if track is None:
            return self._refuse(asked, "was not recorded")
        if track.used == len(track.recorded):
            if not self._repeat:
                return self._refuse(asked, f"was recorded {track.used} times, all of them used")
            last = track.last(conditional=any(name in request.headers for name in _CONDITIONS))
            if last is None:
                return self._refuse(asked, "was recorded as not modified, and nothing else")
            return self._told(last)
        track.used += 1
        return self._told(track.recorded[track.used - 1].answer)

    def _comparable(self, asked: Sent) -> Sent:
        return reworded(hidden(asked), self._aliases.replace)

    def _told(self, told: Answered) -> web.Response:
        headers = {
            name: self._local(value) if name == "Location" else value
            for name, value in told.headers.items()
        }
        content = content_of(told.body)
        if is_json(type_of(told.headers)):
            content = changed_text(content, self._local)
        response = web.Response(status=told.status, headers=headers, body=content)
        if "Content-Type" not in headers:
            response.headers.popall("Content-Type", None)
        return response

    def _local(self, text: str) -> str:
        return moved(text, BITBUCKET, Upstream(self.site))

    def _refuse(self, asked: Sent, why: str) -> web.Response:
        self.unmatched.append(str(asked))
        lines = [f"{asked} {why} in {self._path.name}."]
        near = self._near(asked)
        if near:
            lines += ["Near to it are:", *(f"  {one}" for one in near)]
        return refusal(501, "\n".join(lines))

    def _near(self, asked: Sent) -> list[str]:
        """Find recorded requests that look like one that was not."""
        said = str(asked)
        ranked = []
        for track in self._tracks.values():
            one = track.recorded[0].request
            same = evolve(one, body=None) == evolve(asked, body=None, headers=one.headers)
            note = (
                f" ({len(track.recorded) - track.used} left{', with another body' if same else ''})"
            )
            if one.body != asked.body or not same:
                score = SequenceMatcher(None, said, str(one)).ratio()
                ranked.append((score, f"{one}{note}"))
        return [text for _, text in sorted(ranked, reverse=True)[:MOST_NEAR]]
