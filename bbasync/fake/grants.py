"""Who is given what in the invented data: groups, projects, repositories, guests."""

from itertools import islice
from random import Random

from .holding import Whole
from .pattern import one_in
from .store import Account, Hook, Repository, Workspace, uuid_of


def deal_grants(chance: Random, place: Workspace, guests: list[Account]) -> None:
    """Give rights in every way Bitbucket knows, so that an audit has something to explain."""
    _fill_groups(place)
    _grant_projects(place)
    if isinstance(place.repositories, Whole):  # of others, those without anything are not there
        for number, repository in enumerate(place.repositories.values()):
            _grant_repository(chance, repository, number)
    _invite(chance, place, guests)
    _subscribe(place)


def _fill_groups(place: Workspace) -> None:
    """Put owners in one group, and of the others some in two groups and some in none."""
    plain = [uuid for uuid, level in place.members.items() if level != "owner"]
    owners = [uuid for uuid, level in place.members.items() if level == "owner"]
    chosen = {
        "administrators": owners,
        "developers": plain[: max(1, len(plain) // 2)],
        "reviewers": plain[1::3],
        "contractors": plain[-2:-1],
    }
    for slug, uuids in chosen.items():
        place.groups[slug].members.update(uuids)
    place.groups["administrators"].permission = "admin"


def _grant_projects(place: Workspace) -> None:
    """Let developers write in most projects, and give some people a project of their own."""
    plain = [uuid for uuid, level in place.members.items() if level != "owner"]
    for number, project in enumerate(place.projects.values()):
        project.groups["administrators"] = "admin"
        if not one_in(3, number, 2):
            project.groups["developers"] = "create-repo" if one_in(4, number, 1) else "write"
        if one_in(2, number, 1):
            project.groups["reviewers"] = "read"
        if plain:
            lead = plain[(number * 5 + 2) % len(plain)]
            project.users[lead] = "admin" if one_in(2, number) else "write"
            project.default_reviewers.append(lead)


def _grant_repository(chance: Random, repository: Repository, number: int) -> None:
    """Grant a repository's own rights: to a group here and there, to a person here and there."""
    place = repository.workspace
    people = list(place.members)
    plain = [uuid for uuid in people if place.members[uuid] != "owner"]
    if one_in(3, number):
        repository.groups["reviewers"] = "write" if number % 2 else "read"
    if one_in(5, number, 1):
        repository.groups["contractors"] = "write"
    for uuid in chance.sample(plain, min(len(plain), number % 4)):
        repository.users[uuid] = ("read", "write", "admin")[chance.randrange(3)]
    repository.watchers.extend(people[number % 3 :: 3])


def _invite(chance: Random, place: Workspace, guests: list[Account]) -> None:
    """Give people from outside rights on a few repositories each."""
    places = range(len(place.repositories))
    for number, guest in enumerate(guests):
        for at in chance.sample(places, min(len(places), 2 + number % 2)):
            repository = place.repositories.nth(at)
            repository.users[guest.uuid] = "write" if one_in(2, number) else "read"


def _subscribe(place: Workspace) -> None:
    """Leave a webhook on the first repository and one on the workspace."""
    for repository in islice(place.repositories.values(), 1):
        _hook(repository.hooks, f"{repository.uuid}:hook", "Build trigger", place.created_on)
    _hook(place.hooks, f"{place.uuid}:hook", "Chat messages", place.created_on)


def _hook(hooks: dict[str, Hook], key: str, description: str, made: str) -> None:
    uuid = uuid_of(key)
    hooks[uuid] = Hook(
        uuid=uuid,
        url=f"https://hooks.example.com/{uuid[1:9]}",
        description=description,
        events=["repo:push", "pullrequest:created"],
        active=True,
        created_at=made.replace("+00:00", "Z"),
        secret="planted" if "Build" in description else None,
    )
