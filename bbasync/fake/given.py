"""What a test gives to the fake, checked before it would be passed over in silence."""

from collections.abc import Collection


def choice(name: str, value: object, choices: Collection[str]) -> None:
    """Insist on one of a few words."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")


def whole(name: str, value: object, least: int, most: int | None = None) -> None:
    """Insist on a whole number from one to another."""
    if not isinstance(value, int) or value < least or (most is not None and value > most):
        upwards = f"{least} on" if most is None else f"{least} to {most}"
        raise ValueError(f"{name} is a whole number from {upwards}, not {value!r}")


def number(name: str, value: object, least: float, most: float) -> None:
    """Insist on a number from one to another."""
    if not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least:g} to {most:g}, not {value!r}")
