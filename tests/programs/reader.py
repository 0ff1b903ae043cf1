"""Reads what it is told to."""


def read(path):
    with open(path) as file:
        return file.read()
