"""Functions of a module that lies beside the script."""

from grading import marks

from boxed import run

if __name__ == "__main__":
    print(run(marks, (["b", "a", "c"],)))
