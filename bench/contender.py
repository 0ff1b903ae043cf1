"""One contender: a process that times its own calls.

    python -s -S contender.py SPEC

SPEC is JSON: the name of a factory in peers.py, programs.py, crowds.py or
faces.py, and its options.  Prints ``ready`` or ``missing: why``; then, for
every number on its standard input, a JSON list of that many samples in
nanoseconds.
"""

from __future__ import annotations

import gc
import json
import sys


def find(name):
    """The factory of that name."""
    from bench import crowds, faces, peers, programs

    (factory,) = {
        getattr(module, name)
        for module in (peers, programs, crowds, faces)
        if hasattr(module, name)
    }
    return factory


def make(spec):
    """The contender's call, made once and called once."""
    call = find(spec["factory"])(**spec.get("options", {}))
    call()
    return call


def main():
    spec = json.loads(sys.argv[1])
    # In place of this file's own directory.
    sys.path[0] = spec["packages"]
    answers, sys.stdout = sys.stdout, sys.stderr
    try:
        call = make(spec)
    except Exception as error:
        print(f"missing: {type(error).__name__}: {error}", file=answers)
        return 1
    from boxed._bench.sampling import samples

    gc.collect()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(samples(call, int(line))), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
