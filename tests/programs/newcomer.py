"""The first script of somebody new: no guard, no options."""

from boxed import run


def area(width, height=2):
    return width * height


print(run(area, (3,)))
