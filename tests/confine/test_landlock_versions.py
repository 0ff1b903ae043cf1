"""What older and newer versions of Landlock are asked for."""

import errno
import subprocess

import pytest
from confine_build import build

pytestmark = pytest.mark.fast

FIRST, REFER, TRUNCATE, IOCTL_DEV, RESOLVE_UNIX = (
    0x1FFF, 1 << 13, 1 << 14, 1 << 15, 1 << 16,
)  # fmt: skip

# Files handled, TCP handled, scopes, flags of restrict_self.
VERSIONS = {
    1: (FIRST, 0, 0, 0),
    2: (FIRST | REFER, 0, 0, 0),
    3: (FIRST | REFER | TRUNCATE, 0, 0, 0),
    4: (FIRST | REFER | TRUNCATE, 3, 0, 0),
    5: (FIRST | REFER | TRUNCATE | IOCTL_DEV, 3, 0, 0),
    6: (FIRST | REFER | TRUNCATE | IOCTL_DEV, 3, 3, 0),
    7: (FIRST | REFER | TRUNCATE | IOCTL_DEV, 3, 3, 1),
    8: (FIRST | REFER | TRUNCATE | IOCTL_DEV, 3, 3, 1),
    9: (0x1FFFF, 3, 3, 1),
    10: (0x1FFFF, 3, 3, 1),
}
READ_DIR, WRITE_DIR, READ_FILE, WRITE_FILE, DEVICE_RIGHTS = (
    0x000D, 0x77BE, 0x0005, 0x4006, 0x0006,
)  # fmt: skip


def asked(abi, filesystem, network):
    """What a kernel of that version is asked for, and the result."""
    program = build("confine_abi")
    words = [program, str(abi), str(int(filesystem)), str(int(network))]
    output = subprocess.run(words, capture_output=True, text=True, check=True)
    lines = [line.split() for line in output.stdout.splitlines()]
    result = int(lines.pop()[1])
    return {
        "ruleset": [
            tuple(int(word, 16) for word in words[1:])
            for words in lines
            if words[0] == "ruleset"
        ],
        "rules": [int(w[1], 16) for w in lines if w[0] == "rule"],
        "flags": [int(w[1], 16) for w in lines if w[0] == "restrict"],
        "result": result,
    }


@pytest.mark.parametrize("abi", VERSIONS)
def test_every_version_is_asked_for_what_it_knows(abi):
    """All it can deny; rights of rules are among the handled ones."""
    files, tcp, scopes, flags = VERSIONS[abi]
    found = asked(abi, filesystem=True, network=False)
    assert found["ruleset"] == [(files, tcp, scopes)]
    assert found["flags"] == [flags]
    assert found["result"] == 0
    wanted = (READ_DIR, WRITE_DIR, READ_FILE, WRITE_FILE, DEVICE_RIGHTS)
    assert found["rules"] == [rights & files for rights in wanted]


@pytest.mark.parametrize("abi", VERSIONS)
def test_parts_can_be_left_out(abi):
    """Without files, without TCP, and where nothing is left: no domain."""
    _, tcp, scopes, _ = VERSIONS[abi]
    no_files = asked(abi, filesystem=False, network=False)
    assert no_files["ruleset"] == [(0, tcp, scopes)] * bool(tcp)
    assert no_files["result"] == 0
    neither = asked(abi, filesystem=False, network=True)
    assert neither["ruleset"] == [(0, 0, scopes)] * bool(scopes)
    assert neither["result"] == 0


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EOPNOTSUPP])
def test_kernel_without_landlock_is_an_error(error):
    assert asked(-error, filesystem=True, network=False)["result"] == -error
