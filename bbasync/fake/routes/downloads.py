"""What a repository offers for download."""

from .. import access, storage
from ..exchange import Call, Reply
from ..multipart import parts
from ..pages import numbered
from ..render.change import download
from ..replies import bad_request, not_found
from ..routing import Group
from ..state.offers import Offer, Offers
from ..store import Repository
from .repositories import ONE, READ

WRITE = ("write:repository:bitbucket", "repository:write")
NOT_MULTIPART = 406

group = Group()


@group.on("GET", f"{ONE}/downloads", *READ)
def list_downloads(call: Call) -> Reply:
    """List what a repository offers for download."""
    one = access.repository(call)
    offers = list(_offers(call, one).values())
    return numbered(call, offers, lambda offer: download(call, one, offer))


@group.on("POST", f"{ONE}/downloads", *WRITE, login=True)
def upload(call: Call) -> Reply:
    """Take files; one that is there already is replaced without a word."""
    one = access.repository(call, "write")
    sent = [part for part in parts(call, status=NOT_MULTIPART) if part.name == "files"]
    if not sent or any(not part.filename for part in sent):
        raise bad_request("Bad request", {"files": ["This field is required."]})
    who = call.account or one.workspace.app
    for part in sent:
        name = (part.filename or "").rpartition("/")[2]
        offer = Offer(name, part.content, call.store.now(), who.uuid)
        _offers(call, one)[name] = offer
    return Reply(201, text=b"")


@group.on("GET", f"{ONE}/downloads/{{filename}}", *READ)
def get_download(call: Call) -> Reply:
    """Send the caller on to the storage, which is another host and knows no credentials."""
    one = access.repository(call)
    offer = _one(call, one)
    offer.count += 1
    where = (one.uuid[1:-1], "downloads", offer.name)
    storage.keep(call.store, offer.content, *where)
    return Reply(302, text=b"", headers={"Location": storage.address(call.base, *where)})


@group.on("DELETE", f"{ONE}/downloads/{{filename}}", *WRITE, login=True)
def delete_download(call: Call) -> Reply:
    """Withdraw a file."""
    one = access.repository(call, "write")
    del _offers(call, one)[_one(call, one).name]
    return Reply(204)


def _one(call: Call, one: Repository) -> Offer:
    name = call.params["filename"]
    found = _offers(call, one).get(name)
    if found is None:
        raise not_found(name)
    return found


def _offers(call: Call, one: Repository) -> dict[str, Offer]:
    return call.store.part(one, Offers).files
