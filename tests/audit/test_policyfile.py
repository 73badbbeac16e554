"""A policy as a file: what it may say, and how each mistake in it is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pytest

from bbasync.audit.findings import Allowance
from bbasync.audit.policy import Policy
from bbasync.audit.rules import RULES
from bbasync.errors import ConfigurationError

Load: TypeAlias = Callable[[str], Policy]
ALLOW = """\
version = 1
[[allow]]
rule = "outsiders-with-write"
reason = "she helps"
until = 2027-03-31
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a policy that says something."""

    def write(text: str) -> Policy:
        path = tmp_path / "policy.toml"
        path.write_text(text, "utf-8")
        return Policy.load(path)

    return write


def mistake(load: Load, text: str) -> str:
    """What is told of what is wrong with a policy, without the name of its file."""
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    name, _, told = str(caught.value).partition("policy.toml: ")
    assert name.startswith("/") or sys.platform == "win32"
    return told


def test_a_policy_that_says_no_more_than_its_version_is_the_default(load: Load) -> None:
    """What is left out is as it is without a file."""
    assert load("version = 1\n") == Policy()


def test_the_example_is_a_policy_with_all_defaults(load: Load) -> None:
    """Every rule is in it, with each of its options and what they mean."""
    text = Policy.example()
    assert load(text) == Policy()
    for one in RULES.values():
        assert f"[rules.{one.name}]" in text
        section = text.partition(f"[rules.{one.name}]")[2].partition("[")[0]
        assert "enabled = true" in section
        for option in one.options.values():
            assert f"\n{option.name} = " in text.partition(f"[rules.{one.name}]")[2]
            assert option.help[:40] in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_allowance_of_the_example_is_one_when_it_is_taken_in(load: Load) -> None:
    """Without the signs before its lines, it can be read."""
    head, mark, tail = Policy.example().partition("# [[allow]]")
    policy = load(head + (mark + tail).replace("# ", ""))
    assert [one.until for one in policy.allowances] == [date(2027, 3, 31)]


def test_a_policy_sets_options_severities_and_what_is_on(load: Load) -> None:
    """What it does not name is as it was."""
    policy = load(
        """
        version = 1
        [rules.too-many-admins]
        most = 5
        severity = "error"
        [rules.public-repositories]
        enabled = false
        [rules.unprotected-main-branches]
        kinds = ["push", "force"]
        """
    )
    admins = policy.settings["too-many-admins"]
    assert (admins.severity, admins.enabled) == ("error", True)
    assert admins.options == {"most": 5, "count_owners": False}
    assert "public-repositories" not in [one.id for one in policy.rules]
    branches = policy.settings["unprotected-main-branches"].options
    assert branches == {"kinds": ("push", "force"), "branch_types": ("development",)}
    assert policy.settings["too-many-owners"] == Policy().settings["too-many-owners"]
    assert RULES["too-many-admins"].defaults["most"] == 3


def test_allowances_are_read_with_all_that_they_name(load: Load) -> None:
    """And with their place, by which they are told."""
    policy = load(
        ALLOW
        + """
        [[allow]]
        rule = "plain-http-webhooks"
        workspace = "acme"
        repository = "acme/demo-*"
        project = "WEB"
        person = "{0d4f0d0c-0000-4000-8000-00000000000a}"
        group = "devs"
        thing = "7"
        reason = "it is old"
        until = 2020-01-01
        """
    )
    first = Allowance("outsiders-with-write", "she helps", date(2027, 3, 31), place="allow[1]")
    second = Allowance(
        "plain-http-webhooks",
        "it is old",
        date(2020, 1, 1),
        "acme",
        "acme/demo-*",
        "WEB",
        "{0d4f0d0c-0000-4000-8000-00000000000a}",
        "devs",
        "7",
        "allow[2]",
    )
    assert policy.allowances == (first, second)


@pytest.mark.parametrize(
    "person",
    [
        "{0d4f0d0c-0000-4000-8000-00000000000a}",
        "557058:0d4f0d0c-0000-4000-8000-00000000000a",
        "5b10ac8d82e05b22cc7d4ef5",
    ],
)
def test_a_person_is_named_by_what_does_not_change(load: Load, person: str) -> None:
    """A uuid, or an account id of either form."""
    assert load(f'{ALLOW}person = "{person}"\n').allowances[0].person == person


RULE = "version = 1\n[rules.too-many-admins]\n"
BRANCHES = "version = 1\n[rules.unprotected-main-branches]\n"
MISTAKES = {
    "no version": ("", "version: it is missing: begin the file with version = 1"),
    "newer": ("version = 2", "version: 2 is newer than this bbasync, which reads version 1"),
    "older": ("version = 0", "version: takes 1, not 0"),
    "a text": ('version = "1"', 'version: takes 1, not "1"'),
    "a truth": ("version = true", "version: takes 1, not true"),
    "no TOML": ("version = 1\n[rules", "this is no TOML: Expected ']'"),
    "unknown key": ("version = 1\nalows = 1", "alows: there is no such key; did you mean allow?"),
    "unknown rule": (
        "version = 1\n[rules.too-many-admin]",
        "rules.too-many-admin: there is no such rule; did you mean too-many-admins?",
    ),
    "rules a list": ("version = 1\nrules = []", "rules: takes a table, as in [rules], not []"),
    "a rule a truth": (
        "version = 1\nrules.public-repositories = false",
        "rules.public-repositories: takes a table, as in [rules.public-repositories], not false",
    ),
    "unknown option": (
        f"{RULE}mots = 4",
        "rules.too-many-admins.mots: there is no such key; did you mean most?",
    ),
    "far option": (
        f"{RULE}xyz = 4",
        (
            "rules.too-many-admins.xyz: there is no such key: there is enabled, severity, most, "
            "count_owners"
        ),
    ),
    "truth for a number": (
        f"{RULE}most = true",
        "rules.too-many-admins.most: takes a whole number from 0 on, not true",
    ),
    "negative": (f"{RULE}most = -1", "takes a whole number from 0 on, not -1"),
    "fraction": (f"{RULE}most = 3.5", "takes a whole number from 0 on, not 3.5"),
    "number for a truth": (f"{RULE}count_owners = 1", "takes true or false, not 1"),
    "enabled": (f'{RULE}enabled = "no"', 'enabled: takes true or false, not "no"'),
    "severity": (
        f'{RULE}severity = "high"',
        'severity: takes one of ["error", "warning", "note"], not "high"',
    ),
    "severity a list": (f'{RULE}severity = ["note"]', 'not ["note"]'),
    "unknown kind": (
        f'{BRANCHES}kinds = ["force", "forced"]',
        'rules.unprotected-main-branches.kinds: knows no "forced"; did you mean force?',
    ),
    "kinds a text": (f'{BRANCHES}kinds = "force"', 'takes a list of one or more of ["force", '),
    "no kinds": (f"{BRANCHES}kinds = []", ", not []"),
    "kinds of numbers": (f"{BRANCHES}kinds = [1]", "knows no 1: there is force, delete"),
    "kinds of lists": (f"{BRANCHES}kinds = [[1]]", "knows no [1]: there is force, delete"),
    "allow a table": (
        "version = 1\n[allow]\n",
        "allow: each allowance begins with [[allow]], in double brackets",
    ),
    "an allowance a text": (
        'version = 1\nallow = ["x"]',
        'allow[1]: takes a table, which begins with [[allow]], not "x"',
    ),
    "no rule": (
        ALLOW.replace('rule = "outsiders-with-write"', ""),
        "allow[1].rule: it is missing: write the rule that it is for",
    ),
    "no reason": (
        ALLOW.replace('reason = "she helps"', ""),
        "allow[1].reason: it is missing: write why it is allowed",
    ),
    "empty reason": (ALLOW.replace("she helps", " "), 'allow[1].reason: takes a text, not " "'),
    "no until": (
        ALLOW.replace("until = 2027-03-31", ""),
        (
            "allow[1].until: it is missing: write the last day on which it holds, a date without "
            "quotes, such as 2027-03-31"
        ),
    ),
    "until a text": (
        ALLOW.replace("2027-03-31", '"2027-03-31"'),
        (
            "allow[1].until: takes a date without quotes, such as 2027-03-31, and no time of the "
            'day, not "2027-03-31"'
        ),
    ),
    "until a moment": (
        ALLOW.replace("2027-03-31", "2027-03-31T12:00:00Z"),
        "and no time of the day, not 2027-03-31 12:00:00+00:00",
    ),
    "allow an unknown rule": (
        ALLOW.replace("outsiders-with", "outsider-with"),
        'allow[1].rule: there is no rule "outsider-with-write"; did you mean outsiders-with-write?',
    ),
    "allow the unused": (
        ALLOW.replace("outsiders-with-write", "unused-allowances"),
        "unused-allowances can't be allowed: take out the allowance that is not used",
    ),
    "unknown scope": (
        f'{ALLOW}repo = "acme/site"',
        "allow[1].repo: there is no such key",
    ),
    "a name": (f'{ALLOW}person = "Eve Smith"', 'allow[1].person: "Eve Smith" is neither a uuid'),
    "a nickname": (f'{ALLOW}person = "eve"', "names are not unique, and people change them"),
    "a slug": (
        f'{ALLOW}repository = "site"',
        'takes the full name, such as acme/site, a uuid or a glob, not "site"',
    ),
    "an address": (
        f'{ALLOW}repository = "https://bitbucket.org/acme/site"',
        'allow[1].repository: takes the full name, such as acme/site, a uuid or a glob, not "http',
    ),
    "a repository with a space": (f'{ALLOW}repository = "acme/site "', 'not "acme/site "'),
    "a workspace as a glob": (
        f'{ALLOW}workspace = "acme*"',
        'allow[1].workspace: takes one slug, such as acme, and no glob, not "acme*"',
    ),
    "lists in lists": (f"version = 1\na = {'[' * 9999}", "this is no TOML: "),
    "an endless number": (f"{RULE}most = {'9' * 9999}", "this is no TOML: "),
    "another workspace": (
        f'{ALLOW}workspace = "acme"\nrepository = "other/site"',
        'allow[1].repository: "other/site" is not in the workspace "acme"',
    ),
    "a number": (f"{ALLOW}thing = 7", "allow[1].thing: takes a text, not 7"),
}


@pytest.mark.parametrize(("text", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(
    load: Load, text: str, told: str
) -> None:
    """One mistake is one line, which begins with the name of the file."""
    message = mistake(load, text)
    assert told in message
    assert "\n" not in message


def test_all_mistakes_are_told_at_once(load: Load) -> None:
    """One a line, in the order of the file."""
    text = f"{RULE}most = -1\nmots = 2\n[[allow]]\nrule = 'x'\nuntil = 1\n[[allow]]\nperson = ''"
    assert [line.partition(":")[0] for line in mistake(load, text).splitlines()] == [
        "9 mistakes",
        "  rules.too-many-admins.mots",
        "  rules.too-many-admins.most",
        "  allow[1].rule",
        "  allow[1].reason",
        "  allow[1].until",
        "  allow[2].rule",
        "  allow[2].reason",
        "  allow[2].person",
        "  allow[2].until",
    ]


def test_a_policy_of_another_version_is_read_no_further(load: Load) -> None:
    """What else it says may have another meaning there."""
    assert mistake(load, "version = 9\n[rules.new-rule]\n").startswith("version: 9 is newer")


def test_a_policy_may_begin_with_a_byte_order_mark(load: Load) -> None:
    """As some editors write it."""
    assert load("\ufeffversion = 1\n") == Policy()


@pytest.mark.parametrize(
    ("name", "told"),
    [("missing.toml", "No such file"), ("", "Is a directory"), ("latin.toml", "in UTF-8")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, told: str) -> None:
    """With what is the matter with it."""
    (tmp_path / "latin.toml").write_bytes(b'version = 1 # caf\xe9"')
    with pytest.raises(ConfigurationError) as caught:
        Policy.load(str(tmp_path / name))
    assert str(tmp_path / name) in str(caught.value)
    assert told in str(caught.value)
