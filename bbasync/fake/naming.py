"""What the invented repositories are called, and which number a name was given to."""

from . import names

MOST_DIGITS = 15


def repository_name(number: int) -> str:
    """Name the nth repository of a workspace; the first is always `site`."""
    if number == 0:
        return "site"
    kind, thing = divmod(number - 1, len(names.THINGS))
    parts = [names.THINGS[thing], names.KINDS[kind % len(names.KINDS)]]
    if kind >= len(names.KINDS):
        parts.append(str(kind))
    return "-".join(part for part in parts if part)


def repository_number(name: str) -> int | None:
    """Tell which repository of a workspace has that name from the beginning, if one could."""
    if name == "site":
        return 0
    thing, _, rest = name.partition("-")
    if thing not in names.THINGS:
        return None
    digits = rest.rpartition("-")[2]
    if digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS:
        kind = int(digits)
    elif rest in names.KINDS:
        kind = names.KINDS.index(rest)
    else:
        return None
    number = 1 + kind * len(names.THINGS) + names.THINGS.index(thing)
    return number if repository_name(number) == name else None
