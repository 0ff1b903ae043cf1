"""Source text, as an agent or a judge gets it."""

from boxed import RemoteError, run

SOURCE = """
def solve(numbers):
    return sorted(numbers)[-2]
"""


def grade(source, numbers):
    names = {}
    exec(source, names)
    return names["solve"](numbers)


if __name__ == "__main__":
    right = run(grade, (SOURCE, [3, 9, 4]), timeout=30)
    try:
        run(grade, ("import ctypes; ctypes.string_at(0)", []), timeout=30)
    except RemoteError as error:
        print("an exception:", error)
    except Exception as error:
        print(right, type(error).__name__)
