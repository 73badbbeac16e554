"""The operations that are served, one file a group.

What is remembered, and how it is rendered, filtered and paged, does not live here.
"""

from . import (
    commits,
    diffs,
    forks,
    hooks,
    permissions,
    projects,
    pullrequests,
    refs,
    removed,
    repositories,
    reviewers,
    source,
    talk,
    users,
    workspaces,
)

GROUPS = (
    commits.group,
    diffs.group,
    forks.group,
    hooks.group,
    permissions.group,
    projects.group,
    pullrequests.group,
    refs.group,
    removed.group,
    repositories.group,
    reviewers.group,
    source.group,
    talk.group,
    users.group,
    workspaces.group,
)
