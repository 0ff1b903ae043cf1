"""Compare the filter compiler of src/confine with libseccomp.

    python bench/seccomp.py [ROUNDS]

Builds bench/seccomp.c twice, static, with src/confine/syscall_table.c in both,
runs every maker ROUNDS times in a fresh process each, in turns, and prints
medians.  Needs a C compiler and the headers and archive of libseccomp.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAKERS = ("none", "own", "libseccomp", "libseccomp-tree")
ROWS = (
    "instructions",
    "compile_us",
    "install_us",
    "heap_bytes",
    "cached_ns",
    "checked_ns",
    "refused_ns",
)


def build(where, *flags):
    sources = [ROOT / "bench/seccomp.c", *ROOT.glob("src/confine/*.c")]
    command = ["cc", "-std=c11", "-O2", "-D_GNU_SOURCE", "-static", "-s"]
    command += [f"-I{ROOT / 'src'}", *map(str, sources), "-o", str(where)]
    subprocess.run([*command, *flags], check=True)
    return where.stat().st_size


def run(program, maker):
    answer = subprocess.run(
        [program, maker], check=True, capture_output=True, text=True
    )
    for line in answer.stdout.splitlines():
        name, value = line.split()
        yield name, float(value)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    results = {maker: defaultdict(list) for maker in MAKERS}
    with tempfile.TemporaryDirectory() as scratch:
        own, library = Path(scratch, "own"), Path(scratch, "library")
        sizes = build(own), build(library, "-DLIBSECCOMP", "-lseccomp")
        for _ in range(rounds):
            for maker in MAKERS:
                program = library if maker.startswith("lib") else own
                for name, value in run(program, maker):
                    results[maker][name].append(value)
    print(f"Linux {os.uname().release}, {os.cpu_count()} CPUs, medians")
    print(f"static binary: {sizes[0]} bytes, with libseccomp {sizes[1]}")
    print(f"{'':14}" + "".join(f"{maker:>17}" for maker in MAKERS))
    for row in ROWS:
        cells = [results[maker][row] for maker in MAKERS]
        line = [f"{statistics.median(c):.1f}" if c else "-" for c in cells]
        print(f"{row:14}" + "".join(f"{cell:>17}" for cell in line))


if __name__ == "__main__":
    main()
