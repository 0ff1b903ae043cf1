"""A module of the package."""


def half(x):
    return x / 2
