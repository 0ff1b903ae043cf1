"""Builds what is C in boxed: the extension and the launcher.

Everything that is not C is declared in pyproject.toml.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SHARED = ["src/shared/*.c", "src/confine/*.c"]
# No Python.h, no threads, no stdio: what runs before and after the drop.
LAUNCHER = [*SHARED, "src/launcher/*.c"]
EXTENSION = [*SHARED, "src/extension/**/*.c"]

WARNINGS = (
    "-std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes"
    " -Wmissing-prototypes -Wconversion"
).split()
HARDENING = (
    "-O2 -g -fstack-protector-strong -fstack-clash-protection"
    " -D_FORTIFY_SOURCE=2 -fno-strict-aliasing"
).split()
SANITIZE = (
    "-fsanitize=address,undefined -fno-sanitize-recover=all"
    " -fno-omit-frame-pointer"
).split()
# CPython keeps much until its end, which is no leak of anybody's; a guest may
# crash itself, or ask for more memory than there is.
ASAN = "detect_leaks=0:handle_segv=0:allocator_may_return_null=1"
RELRO = ["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"]
INCLUDE = ["-Isrc"]
MISSING = (
    "boxed cannot be built: {what} not found.\n"
    "    Debian, Ubuntu:  apt-get install gcc libc6-dev libcap-dev"
    " python3-dev\n"
    "    Fedora, RHEL:    dnf install gcc glibc-devel libcap-devel"
    " libcap-static python3-devel"
)


def sources(patterns):
    return sorted(str(p) for glob in patterns for p in Path().glob(glob))


def extra_flags():
    """What the environment of a developer or of CI adds to both builds."""
    flags = ["-Werror"] if os.environ.get("BOXED_WERROR") else []
    if os.environ.get("BOXED_SANITIZE"):
        flags += SANITIZE
    return flags


def sanitizer_environment(cc):
    """The macro with which the launcher has the interpreter load ASan first,
    as it must for an instrumented extension."""
    if not os.environ.get("BOXED_SANITIZE"):
        return []
    library = subprocess.run(
        [*cc, "-print-file-name=libasan.so"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    words = f"LD_PRELOAD={Path(library).resolve()}", f"ASAN_OPTIONS={ASAN}"
    words = ",".join(f'"{word}"' for word in words)
    return [f"-DBOXED_SANITIZER_ENVIRONMENT={words}"]


def compiles(cc, program, *flags):
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "probe.c")
        source.write_text(program)
        command = [*cc, str(source), "-o", str(Path(scratch, "probe"))]
        probe = subprocess.run(
            [*command, *flags], capture_output=True, check=False
        )
    return probe.returncode == 0


def compiler():
    return (os.environ.get("CC") or sysconfig.get_config_var("CC")).split()


LIBCAP = "#include <sys/capability.h>\nint main(void){return !cap_init();}"


def libcap(cc, *flags):
    """The linker's word for libcap: its archive wherever there is one."""
    for word in ("-l:libcap.a", "-lcap"):
        if compiles(cc, LIBCAP, *flags, word):
            return word
    raise SystemExit(MISSING.format(what="libcap with its header"))


class Build(build_ext):
    """build_ext, and the launcher built beside the extension."""

    def run(self):
        cc = compiler()
        if not compiles(cc, "int main(void){return 0;}"):
            raise SystemExit(MISSING.format(what="a working C compiler"))
        if not Path(sysconfig.get_paths()["include"], "Python.h").exists():
            raise SystemExit(MISSING.format(what="Python.h"))
        self.extensions[0].extra_link_args += [libcap(cc)]
        super().run()
        self.build_launcher(cc)

    def build_launcher(self, cc):
        """Static where the C library's archive is there: a static launcher
        has no loader to be steered and starts faster."""
        sanitize = bool(os.environ.get("BOXED_SANITIZE"))
        static = not sanitize and compiles(cc, LIBCAP, "-static-pie", "-lcap")
        pie = ["-fPIE", "-static-pie" if static else "-pie"]
        package = Path("boxed" if self.inplace else self.build_lib + "/boxed")
        command = [*cc, *WARNINGS, *HARDENING, *extra_flags(), *INCLUDE, *pie]
        command += sanitizer_environment(cc)
        command += [*RELRO, *sources(LAUNCHER), "-o"]
        command += [str(package / "python_boxed"), libcap(cc, *pie)]
        if subprocess.run(command, check=False).returncode != 0:
            raise SystemExit("boxed cannot be built: the launcher failed")


if sys.platform != "linux":
    raise SystemExit("boxed runs on Linux only.")

setup(
    cmdclass={"build_ext": Build},
    ext_modules=[
        Extension(
            "boxed._boxed",
            sources=sources(EXTENSION),
            depends=sources(["src/**/*.h"]),
            include_dirs=["src"],
            extra_compile_args=[*WARNINGS, *HARDENING, *extra_flags()],
            extra_link_args=[*RELRO, *extra_flags()],
        )
    ],
)
