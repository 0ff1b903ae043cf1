"""A secret in the project's folder: the program reads it, its guest not."""

from pathlib import Path

import reader

from boxed import run

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    env = here / ".env"
    env.write_text("KEY=1")
    env.chmod(0o644)
    code = run(reader.read, (reader.__file__,))
    assert "def read" in code and reader.read(env) == "KEY=1"
    for secret in (env, here / ".." / here.name / ".env"):
        try:
            print("the guest read", run(reader.read, (str(secret),)))
        except OSError:
            print("refused")
