"""What mends a failure: each advice that a message of boxed gives, by name.

A test carries every one out and finds the call working.  So what is written
here is for whoever reads it (root, or somebody who has to ask root) and for
the place where it is read; and what nobody could carry out is not advised.
"""

from __future__ import annotations

import os
import sys

# The commands stand between backquotes, in the order in which to run them.
ADVICE = {
    # The launcher and its configuration.
    "set up": "run `{setup}`, and leave isolation at 'auto'",
    "set up or landlock": (
        "either run `{setup}`, after which none are needed, or accept fewer"
        " walls with isolation='landlock'"
    ),
    "landlock": "accept fewer walls with isolation='landlock'",
    "set up again": "install the launcher of this version: `{setup}`",
    "set up anew": "remove it, and set boxed up anew: `{setup} --remove`"
    " and `{setup}`",
    "reserve": "reserve uids for sandboxes: `{setup}`",
    "reserve after all": "reserve uids for sandboxes: `{setup} --uid-range"
    " {uid_range}`",
    "reserve more": "end other sandboxes, or reserve more uids: `{setup}"
    " --uid-range 65536:16384`",
    "reserve others": "reserve those that most have: `{setup} --uid-range"
    " {uid_range}`",
    "allow": "have root permit it: `{setup} --allow-user {name}`",
    "account": "make an account for guests, and have root permit it:"
    " `{sudo}useradd --system --shell /usr/sbin/nologin NAME`"
    " and `{setup} --allow-user NAME`",
    "package": "install it: `{python} -m pip install {package}`",
    "reinstall": "install boxed again: `{python} -m pip install"
    " --force-reinstall boxed`",
    "mount /proc": "mount it: `{sudo}mount -t proc proc /proc`",
    "device": "make it: `{sudo}mknod -m 666 {path} c {numbers}`",
    "executable": "set sys.executable to the interpreter's absolute path",
    # The choice of a tier.
    "automatic": "leave isolation at 'auto'",
    "without namespaces": "use isolation='uid', or leave it at 'auto'",
    "root's capabilities": (
        "give root cap_setuid and cap_setgid, which it has in most"
        " containers, or run the program as an ordinary user"
    ),
    "no capabilities": (
        "start the program without capabilities of its own:"
        " `setpriv --inh-caps=-all --ambient-caps=-all PROGRAM`"
    ),
    # What runs out.
    "open files": (
        "have the program started with a higher limit of open files:"
        " `prlimit --nofile=4096:4096 PROGRAM`"
    ),
    "delegate": (
        "have the program started in a cgroup of its own, in which its user"
        " may make others, such as that of a systemd unit with"
        " Delegate=memory"
    ),
    "processes": (
        "end other programs of its user, or have it started with a higher"
        " limit of processes: `prlimit --nproc=4096:4096 PROGRAM`"
    ),
    "namespaces off": (
        "allow namespaces again: `{sudo}sysctl -w {sysctl}=65536`"
    ),
    "namespaces": (
        "end programs that hold namespaces, or allow more:"
        " `{sudo}sysctl -w user.max_user_namespaces={more}`"
    ),
    # What a guest is shown.
    "open tree": "open it to others: `chmod -R o+rX {path}`",
    "interpreter": (
        "tier {tier!r} has no mounts of its own, so use an interpreter that"
        " everybody can read, outside of private homes"
    ),
    "open": "open it to others: `chmod -R o+{letters}X {path}`",
    "own": "name a file or directory of your own",
    "guard": (
        "put what only the program itself is to do, such as its calls of"
        " boxed, below a line \"if __name__ == '__main__':\""
    ),
    # What is asked for.
    "one process": "use Limits(processes=1)",
    "fewer modules": (
        "name the directories to import from with path=[...], or have this"
        " one shown as a whole with read=[...]"
    ),
    "fewer places": (
        "name what it is to import from with path=[...], and fewer"
        " directories with read= and write="
    ),
    "shorten": "shorten sys.path, imports or env",
}


def setup_command() -> str:
    """``boxed setup`` for who asks, by the interpreter that runs this."""
    return f"{_sudo()}{_python()} -m boxed setup"


def advice(name: str, /, **values: object) -> str:
    """The words of an advice, for who asks.

    :param values: what its text names; paths are quoted for a shell.
    """
    if "path" in values:
        values["path"] = _quote(str(values["path"]))
    if "{uid_range}" in ADVICE[name]:
        # Not above: this module has to do without the C part.
        from .tiers import USUAL_RANGE

        values["uid_range"] = "{}:{}".format(*USUAL_RANGE)
    return ADVICE[name].format(
        setup=setup_command(),
        python=_python(),
        sudo=_sudo(),
        **values,
    )


def _sudo() -> str:
    return "" if os.geteuid() == 0 else "sudo "


def _python() -> str:
    return _quote(sys.executable or "python3")


def _quote(text: str) -> str:
    # Imports what a first call would wait for.
    import shlex

    return shlex.quote(text)
