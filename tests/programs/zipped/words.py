"""A module in the same file."""


def count(text):
    return len(set(text.split()))
