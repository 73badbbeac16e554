"""The operations on what an app keeps on commits, pull requests, repositories and people."""

from __future__ import annotations

from typing import Any, Unpack

from ..paging import ItemQuery
from .operation import DELETE, GET, PUT, Group
from .reference import by_name


class Properties(Group, name="properties"):
    """What an app keeps on commits, pull requests, repositories and people: any JSON, by name.

    No scope of an API token covers writing, so that such a token may be refused; an OAuth token
    and the app's own JWT are not. A member ``_attributes``, a list of ``public`` and
    ``read_only``, says who else may read and write it.
    """

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/properties/{app_key}/{property_name}",
        granular="admin:workspace",
    )
    async def get_commit_property(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        app_key: str,
        property_name: str,
        **query: Unpack[ItemQuery],
    ) -> Any:
        """Get a property of a commit; NotFoundError where there is none."""

    @by_name
    @PUT(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/properties/{app_key}/{property_name}"
    )
    async def update_commit_property(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        app_key: str,
        property_name: str,
        body: Any,
    ) -> None:
        """Set a property of a commit; None is a value too, and sent as ``null``."""

    @by_name
    @DELETE(
        "/repositories/{workspace}/{repo_slug}/commit/{commit}/properties/{app_key}/{property_name}"
    )
    async def delete_commit_property(
        self, workspace: str, repo_slug: str, commit: str, app_key: str, property_name: str
    ) -> None:
        """Delete a property of a commit."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/properties/{app_key}/{property_name}",
        granular="admin:workspace",
    )
    async def get_repository_property(
        self,
        workspace: str,
        repo_slug: str,
        app_key: str,
        property_name: str,
        **query: Unpack[ItemQuery],
    ) -> Any:
        """Get a property of a repository; NotFoundError where there is none."""

    @PUT("/repositories/{workspace}/{repo_slug}/properties/{app_key}/{property_name}")
    async def update_repository_property(
        self, workspace: str, repo_slug: str, app_key: str, property_name: str, body: Any
    ) -> None:
        """Set a property of a repository; None is a value too, and sent as ``null``."""

    @DELETE("/repositories/{workspace}/{repo_slug}/properties/{app_key}/{property_name}")
    async def delete_repository_property(
        self, workspace: str, repo_slug: str, app_key: str, property_name: str
    ) -> None:
        """Delete a property of a repository."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pullrequest_id}/properties/{app_key}"
        "/{property_name}",
        granular="admin:workspace",
    )
    async def get_pullrequest_property(
        self,
        workspace: str,
        repo_slug: str,
        pullrequest_id: int | str,
        app_key: str,
        property_name: str,
        **query: Unpack[ItemQuery],
    ) -> Any:
        """Get a property of a pull request; NotFoundError where there is none."""

    @PUT(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pullrequest_id}/properties/{app_key}"
        "/{property_name}"
    )
    async def update_pullrequest_property(
        self,
        workspace: str,
        repo_slug: str,
        pullrequest_id: int | str,
        app_key: str,
        property_name: str,
        body: Any,
    ) -> None:
        """Set a property of a pull request; None is a value too, and sent as ``null``."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pullrequest_id}/properties/{app_key}"
        "/{property_name}"
    )
    async def delete_pullrequest_property(
        self,
        workspace: str,
        repo_slug: str,
        pullrequest_id: int | str,
        app_key: str,
        property_name: str,
    ) -> None:
        """Delete a property of a pull request."""

    @GET("/users/{selected_user}/properties/{app_key}/{property_name}", granular="admin:workspace")
    async def get_user_property(
        self, selected_user: str, app_key: str, property_name: str, **query: Unpack[ItemQuery]
    ) -> Any:
        """Get a property of a person; NotFoundError where there is none."""

    @PUT("/users/{selected_user}/properties/{app_key}/{property_name}")
    async def update_user_property(
        self, selected_user: str, app_key: str, property_name: str, body: Any
    ) -> None:
        """Set a property of a person; None is a value too, and sent as ``null``."""

    @DELETE("/users/{selected_user}/properties/{app_key}/{property_name}")
    async def delete_user_property(
        self, selected_user: str, app_key: str, property_name: str
    ) -> None:
        """Delete a property of a person."""
