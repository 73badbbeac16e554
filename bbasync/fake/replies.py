"""The answers of the service that are errors, in its own layouts."""

from typing import Any

from .exchange import RefusalError, Reply

NO_REPOSITORY = (
    "You may not have access to this repository or it no longer exists in this workspace. "
    "If you think this repository exists and you have access, make sure you are authenticated."
)
CHANGES = "https://developer.atlassian.com/changelog/#CHANGE-"


def error(
    status: int,
    message: str,
    *,
    detail: str | dict[str, Any] | None = None,
    fields: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> RefusalError:
    """Lay out an error the usual way; `data` stands in it twice, as the service has it."""
    extras = {"detail": detail, "fields": fields, "data": data}
    inner = {"message": message} | {k: v for k, v in extras.items() if v is not None}
    body = {"type": "error", "error": inner}
    if data is not None:
        body["data"] = data
    return RefusalError(Reply(status, body, headers or {}))


def bad_request(message: str, fields: dict[str, Any] | None = None) -> RefusalError:
    """Refuse a malformed request."""
    return error(400, message, fields=fields)


def invalid_pagelen(*, typed: bool) -> RefusalError:
    """Refuse a page length; pull requests answer without a `type`."""
    if typed:
        return bad_request("Invalid pagelen")
    return RefusalError(Reply(400, {"error": {"message": "Invalid pagelen"}}))


def bad_credential(detail: str | None = None) -> RefusalError:
    """Refuse a credential that is wrong, expired or revoked."""
    return error(
        401,
        "Token is invalid, expired, or not supported for this endpoint.",
        detail=detail,
        headers={"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'},
    )


def expired() -> RefusalError:
    """Refuse an OAuth token that was good once."""
    return error(
        401,
        "Access token expired. Use your refresh token to obtain a new access token.",
        headers={"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'},
    )


def login_needed() -> RefusalError:
    """Ask a caller who showed no credential for one."""
    return error(
        401,
        "This resource needs a logged-in caller.",
        headers={"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'},
    )


def scopes_lacking(required: list[str], granted: list[str]) -> RefusalError:
    """Refuse a token that was not given the scopes."""
    message = "Your credentials lack one or more required privilege scopes."
    return error(403, message, detail={"required": required, "granted": granted})


def people_only() -> RefusalError:
    """Refuse a token of a kind that may not be used here, whatever its scopes."""
    return error(403, "This resource does not support authentication using the provided token")


def forbidden(message: str) -> RefusalError:
    """Refuse a caller who may see the thing but not do this to it."""
    return error(403, message)


def not_found(message: str) -> RefusalError:
    """Say that something is not there."""
    return error(404, message)


def no_such_url() -> RefusalError:
    """Say that no operation lives at this address."""
    detail = "There is no API hosted at this URL. Check the address, and the version in it."
    return error(404, "Resource not found", detail=detail)


def no_repository() -> RefusalError:
    """Say that a repository is not there, or not for this caller."""
    return not_found(NO_REPOSITORY)


def no_workspace(name: str) -> RefusalError:
    """Say that there is no such workspace."""
    return not_found(f"No workspace with identifier '{name}'.")


def no_workspace_access() -> RefusalError:
    """Keep strangers out of a private workspace."""
    return forbidden("You do not have access to this workspace.")


def gone(change: int) -> RefusalError:
    """Say that an operation was removed, and where that was announced."""
    return error(
        410,
        "This operation has been removed.",
        detail="The announcement tells what to call in its place.",
        data={"announcement_url": f"{CHANGES}{change}"},
    )


def length_required() -> Reply:
    """Refuse a body of unknown length; the edge answers this, not the API, hence no JSON."""
    page = b"<html><head><title>411 Length Required</title></head><body></body></html>\n"
    return Reply(411, text=page, content_type="text/html", headers={"Connection": "close"})


def too_many() -> Reply:
    """Refuse a caller whose quota is used up: plain text, and no word on when to come back."""
    text = b"Rate limit for this resource has been exceeded"
    headers = {"Cache-Control": "no-cache, no-store"}
    return Reply(429, text=text, content_type="text/plain", headers=headers)
