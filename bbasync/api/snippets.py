"""The operations on snippets: small repositories of a few files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from ..errors import NotFoundError
from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Account, Snippet, SnippetComment
from .operation import DELETE, GET, POST, PUT, Group
from .snippet_files import SnippetFiles

Role = Literal["owner", "contributor", "member"]
"""What the caller is to a snippet: its owner, that or a watcher, or of its workspace."""


class Comments(Group):
    """What is said about snippets."""

    @GET("/snippets/{workspace}/{encoded_id}/comments", scope="snippet", granular="read:snippet")
    def list_comments(
        self, workspace: str, encoded_id: str, **query: Unpack[ListQuery]
    ) -> Pager[SnippetComment]:
        """Walk the comments on a snippet, oldest first."""

    @POST(
        "/snippets/{workspace}/{encoded_id}/comments",
        scope="snippet",
        granular="read:snippet write:snippet",
    )
    async def create_comment(
        self, workspace: str, encoded_id: str, body: SnippetComment | Mapping[str, Any]
    ) -> SnippetComment:
        """Comment on a snippet; set ``parent`` to answer another comment."""

    @GET(
        "/snippets/{workspace}/{encoded_id}/comments/{comment_id}",
        scope="snippet",
        granular="read:snippet",
    )
    async def get_comment(
        self, workspace: str, encoded_id: str, comment_id: int | str, **query: Unpack[ItemQuery]
    ) -> SnippetComment:
        """Get a comment."""

    @PUT(
        "/snippets/{workspace}/{encoded_id}/comments/{comment_id}",
        scope="snippet",
        granular="read:snippet write:snippet",
    )
    async def update_comment(
        self,
        workspace: str,
        encoded_id: str,
        comment_id: int | str,
        body: SnippetComment | Mapping[str, Any],
    ) -> SnippetComment:
        """Change a comment of the caller's."""

    @DELETE(
        "/snippets/{workspace}/{encoded_id}/comments/{comment_id}",
        scope="snippet",
        granular="write:snippet",
    )
    async def delete_comment(self, workspace: str, encoded_id: str, comment_id: int | str) -> None:
        """Delete a comment: its author, the snippet's creator and administrators may."""


class Watching(Group):
    """Who watches snippets."""

    @PUT(
        "/snippets/{workspace}/{encoded_id}/watch", scope="snippet:write", granular="write:snippet"
    )
    async def watch(self, workspace: str, encoded_id: str) -> None:
        """Have the caller watch a snippet."""

    @DELETE(
        "/snippets/{workspace}/{encoded_id}/watch", scope="snippet:write", granular="write:snippet"
    )
    async def unwatch(self, workspace: str, encoded_id: str) -> None:
        """Have the caller no longer watch a snippet."""

    @GET("/snippets/{workspace}/{encoded_id}/watch", scope="snippet", granular="read:snippet")
    async def check_watching(self, workspace: str, encoded_id: str) -> None:
        """Return if the caller watches a snippet; NotFoundError if not, or if there is none.

        ``is_watching`` tells the two apart.
        """

    @GET(
        "/snippets/{workspace}/{encoded_id}/watchers",
        scope="snippet",
        deprecated="announced without a number or a date; is_watching() tells of the caller",
    )
    def list_watchers(
        self, workspace: str, encoded_id: str, **query: Unpack[ListQuery]
    ) -> Pager[Account]:
        """Walk the people who watch a snippet."""


class Snippets(SnippetFiles, Comments, Watching, Group, name="snippets"):
    """Snippets, by workspace and id; for a person's own, by his ``{uuid}`` and id."""

    @GET(
        "/snippets",
        scope="snippet",
        granular="read:snippet",
        deprecated="removed by CHANGE-2770; walk users.list_workspaces(), then list() each",
    )
    def list_all(self, *, role: Role | None = None, **query: Unpack[ListQuery]) -> Pager[Snippet]:
        """Walk all snippets that the caller may see."""

    @POST("/snippets", scope="snippet:write", granular="read:snippet write:snippet")
    async def create_own(self, body: Snippet | Mapping[str, Any]) -> Snippet:
        """Create a snippet of the caller's own, without files; see ``create_with_files``."""

    @GET("/snippets/{workspace}", scope="snippet", granular="read:snippet")
    def list(
        self, workspace: str, *, role: Role | None = None, **query: Unpack[ListQuery]
    ) -> Pager[Snippet]:
        """Walk the snippets of a workspace.

        A workspace on the Free plan has a text in place of each: its fields raise DecodingError,
        and ``to_dict()`` is what the service says.
        """

    @POST("/snippets/{workspace}", scope="snippet:write", granular="read:snippet write:snippet")
    async def create(self, workspace: str, body: Snippet | Mapping[str, Any]) -> Snippet:
        """Create a snippet in a workspace, without files; see ``create_with_files``."""

    @GET("/snippets/{workspace}/{encoded_id}", scope="snippet", granular="read:snippet")
    async def get(self, workspace: str, encoded_id: str, **query: Unpack[ItemQuery]) -> Snippet:
        """Get a snippet, with the addresses of its files; see ``get_with_files``."""

    @PUT(
        "/snippets/{workspace}/{encoded_id}",
        scope="snippet:write",
        granular="read:snippet write:snippet",
    )
    async def update(
        self, workspace: str, encoded_id: str, body: Snippet | Mapping[str, Any]
    ) -> Snippet:
        """Change a snippet's title or privacy; what is not sent stays. See ``change``."""

    @DELETE("/snippets/{workspace}/{encoded_id}", scope="snippet:write", granular="delete:snippet")
    async def delete(self, workspace: str, encoded_id: str) -> None:
        """Delete a snippet, with all its revisions."""

    async def is_watching(self, workspace: str, encoded_id: str) -> bool:
        """Whether the caller watches a snippet; a "no" costs a second request.

        NotFoundError where there is no such snippet.
        """
        try:
            await self.check_watching(workspace, encoded_id)
        except NotFoundError:
            await self.get(workspace, encoded_id, fields="id")
            return False
        return True

    @GET("/snippets/{workspace}/{encoded_id}/{node_id}", scope="snippet", granular="read:snippet")
    async def get_revision(
        self, workspace: str, encoded_id: str, node_id: str, **query: Unpack[ItemQuery]
    ) -> Snippet:
        """Get a snippet with its files as of a revision; its title is always the present one."""

    @PUT(
        "/snippets/{workspace}/{encoded_id}/{node_id}",
        scope="snippet:write",
        granular="read:snippet write:snippet",
    )
    async def update_revision(
        self, workspace: str, encoded_id: str, node_id: str, body: Snippet | Mapping[str, Any]
    ) -> Snippet:
        """Change a snippet, if *node_id* is its newest revision; else MethodNotAllowedError."""

    @DELETE(
        "/snippets/{workspace}/{encoded_id}/{node_id}",
        scope="snippet:write",
        granular="write:snippet",
    )
    async def delete_revision(self, workspace: str, encoded_id: str, node_id: str) -> None:
        """Delete a whole snippet, if *node_id* is its newest revision.

        Of an older one, MethodNotAllowedError.
        """
