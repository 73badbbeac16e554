"""What pipelines are set up with: variables, keys, hosts, schedules, caches, runners."""

from typing import Any

from attrs import define, field

from ..parts import Owner
from ..store import Repository, uuid_of

EARLIER = "2026-09-12T06:30:00.000000Z"
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIFakeKeyOfAHostThatNobodyHas"

Things = dict[str, dict[str, Any]]
"""Objects by their uuid, as bodies have them but for `type`."""


def planted(owner: Owner, kind: str, *made: dict[str, Any]) -> Things:
    """Give the things that an owner has from the beginning their uuids."""
    named = [(uuid_of(f"{owner.uuid}:{kind}:{n}"), each) for n, each in enumerate(made)]
    return {uuid: {"uuid": uuid, **each} for uuid, each in named}


@define(eq=False)
class Variables:
    """The variables of a repository, a workspace, a person or an environment."""

    owner: Owner = field(repr=False)
    things: Things = field(init=False, repr=False)

    @things.default
    def _planted(self) -> Things:
        return planted(
            self.owner,
            "variable",
            {"key": "REGION", "value": "eu-west-1", "secured": False},
            {"key": "DEPLOY_TOKEN", "value": "never-told", "secured": True},
        )

    def strip(self) -> None:
        """Take the invented variables out again."""
        self.things.clear()


@define(eq=False)
class Runners:
    """The runners of a repository or a workspace."""

    owner: Owner = field(repr=False)
    things: Things = field(init=False)

    @things.default
    def _planted(self) -> Things:
        usual = {
            "labels": ["self.hosted", "linux"],
            "created_on": EARLIER,
            "updated_on": EARLIER,
        }
        return planted(
            self.owner,
            "runner",
            {"name": "first", "status": "ONLINE", **usual},
            {"name": "second", "status": "OFFLINE", **usual},
        )

    def strip(self) -> None:
        """Take the invented runners out again."""
        self.things.clear()


@define(eq=False)
class Setup:
    """The other settings of one repository."""

    repository: Repository = field(repr=False)
    public_key: str | None = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 pipelines"
    known_hosts: Things = field(init=False)
    schedules: Things = field(init=False)
    caches: Things = field(init=False)
    most_schedules: int = 10

    @known_hosts.default
    def _hosts(self) -> Things:
        keys = {"key_type": "ssh-ed25519", "key": KEY}
        hosts = [{"hostname": name, **keys} for name in ("git.example.com", "files.example.com")]
        return planted(self.repository, "host", *hosts)

    @schedules.default
    def _schedules(self) -> Things:
        made = [
            {
                "enabled": enabled,
                "cron_pattern": cron,
                "ref_name": self.repository.mainbranch or "main",
                "selector": {"type": "custom", "pattern": name},
                "created_on": EARLIER,
                "updated_on": EARLIER,
            }
            for enabled, cron, name in (
                (True, "0 0 2 * * ? *", "nightly"),
                (False, "0 30 6 ? * MON *", "weekly"),
            )
        ]
        return planted(self.repository, "schedule", *made)

    @caches.default
    def _caches(self) -> Things:
        made = [
            {"name": name, "path": path, "file_size_bytes": size, "created_on": EARLIER}
            for name, path, size in (
                ("pip", "~/.cache/pip", 48_211),
                ("node", "node_modules", 9_300_112),
                ("pip", "~/.cache/pip", 47_020),
            )
        ]
        return planted(self.repository, "cache", *made)

    def strip(self) -> None:
        """Take the invented hosts, schedules and caches out again, and the key."""
        self.public_key = None
        for things in (self.known_hosts, self.schedules, self.caches):
            things.clear()
