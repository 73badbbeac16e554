"""What the fake starts with: the same seed and sizes give the same data, to the byte."""

from datetime import timedelta
from random import Random

from attrs import define, frozen

from . import names
from .grants import deal_grants
from .minting import install_apps
from .naming import repository_name
from .pattern import one_in
from .scopes import CLASSIC, GRANULAR, PERSONAL
from .sprouting import EPOCH, Sprouting
from .store import Account, App, Credential, Group, Project, Repository, Store, Workspace
from .vast import Vast

SOME, MANY = 3, 20
"""From so many members on a workspace has two owners, and three."""


@frozen
class Sizes:
    """How much of everything; see `FakeBitbucket`."""

    workspaces: int
    repositories: int
    members: int
    outsiders: int
    projects: int
    pullrequests: int
    lazy: bool = False
    """Whether repositories are made when they are asked for."""


def plant(seed: int, sizes: Sizes) -> Store:
    """Make a store full of data."""
    store = Store(seed=seed)
    grower = _Grower(Random(seed), store, sizes)
    caller = grower.account()
    token = f"oauth-{caller.uuid.strip('{}')}"
    store.credentials[token] = Credential(token, "oauth2", CLASSIC | PERSONAL, account=caller)
    for index in range(sizes.workspaces):
        grower.workspace(index, caller)
    for place in list(store.workspaces.values())[:1]:
        install_apps(store, place)
    return store


@define
class _Grower:
    """Draws everything from one source of chance, in a fixed order."""

    chance: Random
    store: Store
    sizes: Sizes

    def uuid(self) -> str:
        """Draw an identifier."""
        digits = f"{self.chance.getrandbits(128):032x}"
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return f"{{{'-'.join(parts)}}}"

    def moment(self, days: int) -> str:
        """Draw a time up to so many days before the data's present."""
        ago = timedelta(microseconds=self.chance.randrange(days * 86_400_000_000))
        return (EPOCH - ago).isoformat(timespec="microseconds")

    def account(self) -> Account:
        """Invent a person, with an API token that may do everything."""
        number = len(self.store.accounts)
        first = names.FIRST[(number * 7 + self.store.seed) % len(names.FIRST)]
        last = names.LAST[(number * 11 + self.store.seed * 3) % len(names.LAST)]
        uuid = self.uuid()
        nickname = f"{first[0]}{last}".lower() + (str(number) if one_in(5, number, 4) else "")
        plain = uuid.strip("{}")
        account = Account(
            uuid=uuid,
            account_id=f"557058:{plain}" if one_in(3, number) else plain.replace("-", "")[:24],
            nickname=nickname,
            display_name=f"{first} {last}",
            email=f"{first}.{last}.{number}@example.com".lower(),
            api_token=f"ATATT3xFfGF0{self.chance.getrandbits(640):0160x}",
            created_on=self.moment(3000),
        )
        self.store.accounts[uuid] = account
        self.store.credentials[account.api_token] = Credential(
            account.api_token, "api_token", GRANULAR, account=account
        )
        return account

    def workspace(self, index: int, caller: Account) -> None:
        """Make a workspace with everything in it."""
        slug, name = names.WORKSPACES[index % len(names.WORKSPACES)]
        if index >= len(names.WORKSPACES):
            slug, name = f"{slug}-{index}", f"{name} {index}"
        app = App(self.uuid(), f"{name} automation", self.moment(300))
        place = Workspace(self.uuid(), slug, name, not one_in(3, index, 2), self.moment(2500), app)
        self.store.workspaces[slug] = place
        self.store.apps[app.uuid] = app
        token = f"ATCTT3xFfGN0{self.chance.getrandbits(640):0160x}"
        self.store.credentials[token] = Credential(
            token, "workspace_access_token", CLASSIC, workspace=place
        )
        self._people(place, caller)
        for number in range(self.sizes.projects):
            self._project(place, number)
        if self.sizes.lazy:
            self._sow(place)
        else:
            for number in range(self.sizes.repositories):
                self._repository(place, number)
        guests = [self.account() for _ in range(self.sizes.outsiders)]
        deal_grants(self.chance, place, guests)

    def _people(self, place: Workspace, caller: Account) -> None:
        owners = 1 + (self.sizes.members >= SOME) + (self.sizes.members >= MANY)
        for number in range(self.sizes.members):
            account = self.account() if number else caller
            level = "owner" if number < owners else "member"
            place.members[account.uuid] = "create-project" if number == owners + 1 else level
            joined = self.moment(2000).removesuffix("+00:00")
            place.joined[account.uuid] = joined[:-3]
        for slug, name in names.GROUPS:
            place.groups[slug] = Group(slug, name)

    def _project(self, place: Workspace, number: int) -> None:
        key, name = names.PROJECTS[number % len(names.PROJECTS)]
        if number >= len(names.PROJECTS):
            key, name = f"{key}{number}", f"{name} {number}"
        made = self.moment(2000)
        place.projects[key] = Project(
            uuid=self.uuid(),
            key=key,
            name=name,
            description=None
            if one_in(3, number, 1)
            else f"What {place.name} does about {name.lower()}",
            is_private=not one_in(4, number, 3),
            created_on=made,
            updated_on=made,
        )

    def _sow(self, place: Workspace) -> None:
        """Make repositories without making them."""
        if not place.projects:
            self._project(place, 0)
        place.repositories = Vast(
            self.store,
            Sprouting(
                seed=self.store.seed,
                place=place,
                count=self.sizes.repositories,
                pullrequests=self.sizes.pullrequests,
                projects=tuple(place.projects.values()),
                people=tuple(place.members),
            ),
        )

    def _repository(self, place: Workspace, number: int) -> None:
        if not place.projects:
            self._project(place, 0)
        projects = list(place.projects.values())
        name = repository_name(number)
        made = self.moment(1800)
        empty = one_in(12, number, 11)
        public = one_in(8, number, 2)
        uuid = self.uuid()
        place.repositories[name] = repository = Repository(
            uuid=uuid,
            slug=name,
            name=name,
            workspace=place,
            project=projects[number % len(projects)],
            content=uuid,
            description=names.SENTENCES[number % len(names.SENTENCES)],
            is_private=not public,
            fork_policy="allow_forks" if public else "no_public_forks",
            created_on=made,
            updated_on=max(made, self.moment(200)),
            size=0 if empty else self.chance.randrange(20_000, 90_000_000),
            language=names.LANGUAGES[number % len(names.LANGUAGES)],
            website=f"https://{name}.example.com" if one_in(9, number) else None,
            mainbranch=None if empty else ("master" if one_in(10, number, 7) else "main"),
            commits=0 if empty else self.chance.randrange(24, 70),
            pullrequests=0 if empty else self.sizes.pullrequests,
        )
        if one_in(7, number, 5):
            _descend(repository, place.repositories[repository_name(number - 3)])


def _descend(fork: Repository, parent: Repository) -> None:
    """Make a repository a fork: the same history under another name."""
    fork.parent = parent
    fork.content, fork.commits = parent.content, parent.commits
    fork.mainbranch, fork.language = parent.mainbranch, parent.language
