"""Variety without chance: which of a row of things are special."""


def one_in(step: int, number: int, first: int = 0) -> bool:
    """Tell whether a number is `first`, or any whole number of steps after it."""
    return number % step == first
