"""A program in one file, made by zipapp."""

from words import count

from boxed import run

if __name__ == "__main__":
    print(run(count, ("to be or not to be",)))
