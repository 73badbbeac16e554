"""atlassian-python-api: synchronous, over requests, and gives objects around dicts."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from atlassian.bitbucket.cloud.repositories import WorkspaceRepositories  # type: ignore[import-not-found]

from .drive import Five, drive_threads

base, workspace = sys.argv[1:]


def connect() -> WorkspaceRepositories:
    """Make what `Cloud(...).workspaces.get(workspace).repositories` is, without the request."""
    return WorkspaceRepositories(
        f"{base}/repositories/{workspace}",
        username="ann",
        password="secret",
        cloud=True,
        api_root=None,
        api_version="2.0",
    )


def walk(repositories: WorkspaceRepositories) -> Iterator[Five]:
    """Every repository of the workspace; its list takes no page length."""
    for repo in repositories.each():
        data = repo.get_data
        yield data("full_name"), repo.uuid, repo.is_private, data("language"), repo.size


if __name__ == "__main__":
    drive_threads(connect, walk)
