"""Snippets, and the SSH and GPG keys of accounts."""

from __future__ import annotations

from bbasync import Bitbucket, resources
from bbasync.fake import FakeBitbucket
from bbasync.fake.state.accountkeys import armoured
from bbasync.resources import Content, GPGKey, Snippet, SnippetComment, SSHKey

from . import Cases

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJustAnExample00 me@host"


async def _of_snippets(client: Bitbucket, _: FakeBitbucket) -> dict[str, str]:
    """A snippet of two revisions, watched and commented on."""
    made = await client.snippets.create_with_files("acme", {"a b.txt": b"1\n", "c.txt": b"2\n"})
    where = ("acme", str(made.id))
    await client.snippets.change(*where, files={"a b.txt": b"3\n"})
    said = SnippetComment(content=Content(raw="Why?"))
    await client.snippets.create_comment(*where, said)
    comment = await client.snippets.create_comment(*where, said)
    newest = await client.snippets.list_commits(*where).first()
    assert newest is not None
    return {
        "workspace": where[0],
        "encoded_id": where[1],
        "node_id": str(newest.hash),
        "revision": str(newest.hash),
        "path": "a b.txt",
        "comment_id": str(comment.id),
    }


async def _of_keys(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    owner = service.account("owner").uuid
    ssh, gpg = await client.ssh.list(owner).first(), await client.gpg.list(owner).first()
    assert ssh is not None
    assert gpg is not None
    return {
        "workspace": "acme",
        "selected_user": owner,
        "key_id": str(ssh.uuid),
        "fingerprint": str(gpg.fingerprint),
    }


async def _snippet(bb: Bitbucket) -> Snippet:
    listed = await bb.snippets.list("acme").first()
    assert listed is not None
    return await listed.self_()


async def _file(bb: Bitbucket) -> resources.SnippetFile:
    files = (await _snippet(bb)).files
    assert files
    return files["notes.md"]


async def _own(bb: Bitbucket) -> str:
    return str((await bb.users.me()).uuid)


async def _ssh(bb: Bitbucket) -> SSHKey | None:
    return await bb.ssh.list(await _own(bb)).first()


async def _gpg(bb: Bitbucket) -> GPGKey | None:
    return await bb.gpg.list(await _own(bb)).first()


async def _comment(bb: Bitbucket) -> SnippetComment | None:
    return await (await _snippet(bb)).comments().first()


async def _commit(bb: Bitbucket) -> resources.SnippetCommit | None:
    return await (await _snippet(bb)).commits().first()


CASES = Cases(
    groups={"gpg": _of_keys, "snippets": _of_snippets, "ssh": _of_keys},
    bodies={
        "gpg.create": GPGKey(key=armoured("another")),
        "snippets.create": Snippet(title="New", is_private=False),
        "snippets.create_own": Snippet(title="Mine"),
        "snippets.create_comment": SnippetComment(content=Content(raw="See *there*.")),
        "snippets.update": Snippet(title="Changed", is_private=False),
        "snippets.update_comment": SnippetComment(content=Content(raw="See *here*.")),
        "snippets.update_revision": Snippet(title="Changed"),
        "ssh.create": SSHKey(key=KEY, label="Laptop"),
        "ssh.update": SSHKey(label="Old laptop"),
    },
    gone={"snippets.list_all": "CHANGE-2770"},
    written=(
        ("snippets.update", "snippets.get"),
        ("snippets.update_revision", "snippets.get_revision"),
        ("ssh.update", "ssh.get"),
    ),
    deleted=(
        ("gpg.delete", "gpg.get"),
        ("snippets.delete", "snippets.get"),
        ("snippets.delete_comment", "snippets.get_comment"),
        ("snippets.delete_revision", "snippets.get_revision"),
        ("snippets.unwatch", "snippets.check_watching"),
        ("ssh.delete", "ssh.get"),
    ),
    empty=frozenset({"snippets.check_watching"}),
    found={
        "GPGKey": _gpg,
        "SSHKey": _ssh,
        "Snippet": _snippet,
        "SnippetComment": _comment,
        "SnippetCommit": _commit,
        "SnippetFile": _file,
    },
    bytes_=frozenset(
        {
            ("Snippet", "diff"),
            ("Snippet", "patch"),
            ("SnippetCommit", "diff"),
            ("SnippetFile", "self"),
        }
    ),
)
