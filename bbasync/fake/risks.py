"""What the demo has beside the usual data: for every rule of an audit something that breaks it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from attrs import frozen

from .pattern import one_in
from .state.branching import Restrictions
from .state.deploykeys import DeployKey, DeployKeys
from .state.history import pick
from .store import Group, Hook, Project, Repository, Store, Workspace, uuid_of

OPEN_PLACE, CROWDED_PLACE = 1, 3
"""Which workspace lets everybody read everything, and which one has an owner too many."""
NEVER = -1
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"
HTTP, UNVERIFIED, SWITCHED_OFF = 4, 9, 13
"""Which repositories have a webhook without encryption, one that takes any certificate, and one
without encryption that is switched off."""
CROWDED = 8
"""Which repository has many administrators."""


@frozen
class _Key:
    """A deploy key; times are in days before the present."""

    label: str
    used: int = NEVER
    added: int | None = None
    """None: with what it is a key of."""


REPOSITORY_KEYS = (
    (7, 0, _Key("Deployer", used=3)),
    (21, 10, _Key("Mirror", used=200)),
    (42, 17, _Key("Backup")),
    (42, 29, _Key("New runner", added=20)),
)
"""In which step, and from which repository on, there is a key."""
PROJECT_KEYS = (_Key("Release robot", used=1), _Key("Old build server", used=400))
"""Those of the first projects."""


def deal_risks(store: Store) -> None:
    """Spread what an audit should find over every workspace, in few places of each.

    Keys were used so long before the present of the store's clock: an audit compares with that.
    """
    now = datetime.fromtimestamp(store.clock(), UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for number, place in enumerate(store.workspaces.values()):
        if number == OPEN_PLACE:
            _let_everybody_read(place)
        if number == CROWDED_PLACE:
            _add_owner(place)
        _subscribe(place)
        for at, project in enumerate(place.projects.values()):
            _give_keys(store, project, PROJECT_KEYS[at : at + 1], today)
        for at, one in enumerate(place.repositories.values()):
            keys = [key for step, first, key in REPOSITORY_KEYS if one_in(step, at, first)]
            _give_keys(store, one, keys, today)
            _protect(store.part(one, Restrictions), at)
            if at == CROWDED:
                one.groups["reviewers"] = "admin"


def _let_everybody_read(place: Workspace) -> None:
    """Make a group of all members, whose default reaches every repository."""
    place.groups["everyone"] = Group("everyone", "Everyone", set(place.members), "read")


def _add_owner(place: Workspace) -> None:
    """Promote the first plain member."""
    for uuid in [uuid for uuid, level in place.members.items() if level == "member"][:1]:
        place.members[uuid] = "owner"
        place.groups["administrators"].members.add(uuid)


def _give_keys(
    store: Store, owner: Repository | Project, keys: Sequence[_Key], today: datetime
) -> None:
    """Replace the keys that everything starts with."""

    def before(days: int) -> str:
        return (today - timedelta(days=days)).isoformat(timespec="microseconds")

    state = store.part(owner, DeployKeys)
    state.known.clear()
    for key in keys:
        number = state.new_id()
        text = f"{KEY}{pick(f'{owner.uuid}:{key.label}', 10**9):012d}"
        added = owner.created_on if key.added is None else before(key.added)
        used = None if key.used == NEVER else before(key.used)
        state.known[number] = DeployKey(number, text, "", key.label, added, used)


def _protect(state: Restrictions, number: int) -> None:
    """Forbid to rewrite and to delete the main branch, in each way; leave some without."""
    main = state.repository.mainbranch or "main"
    ways: Mapping[int, dict[str, str]] = {
        0: {"pattern": main},
        1: {"match_kind": "branching_model", "branch_type": "development"},
        2: {"pattern": "*"},
        3: {"pattern": f"{main[:2]}*"},
    }
    if one_in(24, number, 3):
        state.known.clear()
        return
    kinds = ("force",) if one_in(24, number, 15) else ("force", "delete")
    for kind in kinds:
        state.add(kind, **ways[number % len(ways)])


def _subscribe(place: Workspace) -> None:
    """Leave webhooks that are not safe, and one that would not be if it were switched on."""
    for at, one in enumerate(place.repositories.values()):
        if at in {HTTP, UNVERIFIED, SWITCHED_OFF}:
            uuid = uuid_of(f"{one.uuid}:risk")
            scheme = "https" if at == UNVERIFIED else "http"
            one.hooks[uuid] = Hook(
                uuid=uuid,
                url=f"{scheme}://builds.example.com/{uuid[1:9]}",
                description="Old build server",
                events=["repo:push"],
                active=at != SWITCHED_OFF,
                created_at=one.created_on.replace("+00:00", "Z"),
                skip_cert_verification=at == UNVERIFIED,
            )
