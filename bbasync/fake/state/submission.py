"""A commit as it is sent: files, deletions, and what is said about them."""

from datetime import UTC, datetime

from attrs import Factory, define

from ..bodies import FORM, form, media_type
from ..exchange import Call
from ..multipart import Part, parts
from ..replies import bad_request, error
from ..store import Repository
from . import history
from .history import Commit
from .tree import changed, tree_of
from .work import File, Made, Tree

FIELDS = frozenset({"message", "author", "branch", "parents", "files"})
"""Fields that say something about the commit; any other is the path of a file."""
CANNED = "Edited by the API"
MAIN = "main"
"""What the main branch of an empty repository is called when nobody says so."""
FULL = 40


@define
class Submission:
    """What was sent, by name."""

    files: dict[str, File] = Factory(dict)
    said: dict[str, list[str]] = Factory(dict)

    @property
    def author(self) -> str | None:
        """Whom the commit shall name."""
        return self._last("author")

    def commit(self, one: Repository, author: str, now: str) -> Commit:
        """Make the commit where the branch and the parent that were given put it."""
        branch, parent = self._place(one)
        tree: Tree = {} if parent is None else tree_of(parent)
        gone = {path.strip("/") for path in self.said.get("files", ())} - set(self.files)
        message = self._last("message") or CANNED
        above = () if parent is None else (parent.hash,)
        number = len(one.work.commits)
        made = Made(
            hash=history.hash_of(one.content, number, above, message, author),
            parents=above,
            date=datetime.fromisoformat(now).astimezone(UTC),
            message=message,
            author=author,
            tree=changed(tree, self.files, gone),
        )
        return history.add(one, made, branch)

    def _place(self, one: Repository) -> tuple[str, Commit | None]:
        """Choose the branch that moves and the commit that it moves on from."""
        named, parent = self._branch(), self._parent(one)
        newest = history.head(one)
        if newest is None:
            return named or MAIN, None
        tips = {ref.name: ref.commit for ref in history.branches(one)}
        branch = named or one.mainbranch or MAIN
        if branch not in tips:
            return branch, parent or newest
        if parent is not None and parent.hash != tips[branch].hash:
            raise error(409, f"{parent.hash} is not the tip of {branch}.")
        return branch, tips[branch]

    def _branch(self) -> str | None:
        if len(self.said.get("branch", ())) > 1:
            raise bad_request("Bad request", {"branch": ["This field may be sent once."]})
        return self._last("branch")

    def _parent(self, one: Repository) -> Commit | None:
        named = self._last("parents")
        if named is None:
            return None
        found = history.by_hash(one, named) if len(named) == FULL else None
        if found is None:
            raise bad_request("Bad request", {"parents": [f"{named} is not a commit here."]})
        return found

    def _last(self, name: str) -> str | None:
        return next(reversed(self.said.get(name, ())), None) or None


def read(call: Call) -> Submission:
    """Read a commit from a form, in one part or in several."""
    sent = Submission()
    every = _of_form(call) if media_type(call) == FORM else parts(call)
    for part in every:
        if part.filename is None and part.name in FIELDS:
            sent.said.setdefault(part.name, []).append(part.text)
        elif not part.name.strip("/"):
            raise bad_request("Bad request", {part.name: ["This is no path."]})
        else:
            sent.files[part.name.strip("/")] = File(part.content, part.attributes)
    return sent


def _of_form(call: Call) -> list[Part]:
    return [Part(name, value.encode(), None, "", ()) for name, value in form(call)]
