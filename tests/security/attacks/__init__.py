"""What a hostile guest tries, as functions that report what they reached.

What `boxed doctor --attack` tries too is in boxed/_doctor/attack, and is taken
from there.  Here is what is nothing for a user's machine, in the same form: an
attack has ways, each of which returns what it got or raises what refused it.

The driver calls each attack twice: in a sandbox, and as it is, which is the
positive control.  A control has all the rights of its user, root's included:
what an attack changes must be named by the caller and made by the tests.  No
attack writes to a set of processes (a user's, a group's, all).

An attack returns {way: outcome}, where the outcome is REACHED or the name of
what stood in the way, mostly an errno.  Native code is assumed of a guest, so
system calls are made by number where Python's own wrappers would ask other
things first.

Below are those that tests call, by the module they are in.
"""

from .changes import create_in, spoil, use_scratch
from .descriptors import descriptors, use_descriptors
from .files import bend_paths, look_at, read_files
from .ipc import keys, make_ipc, remove_ipc
from .kernel import (
    call_all,
    foreign_call,
    namespaces,
    no_new_privs,
    personality,
    powerful_calls,
    uring,
    use_threads,
)
from .lifetime import (
    add,
    hold_threads,
    leave_holder,
    length,
    linger,
    multiply,
    parent_pid,
    say,
    sleep,
    stay,
    stop_self,
    stubborn,
    threads_status,
)
from .network import (
    look_up,
    reach_tcp,
    reach_unix,
    redirect_pairs,
    see_network,
    send_datagrams,
    serve,
    socket_families,
    socket_pairs,
)
from .objects import remove_offer
from .processes import (
    end,
    patch_parent,
    process_list,
    see_process,
    signal_groups,
)
from .programs import exec_in_place, execute, set_ids
from .residue import (
    find_residue,
    leave_residue,
    residue,
    residue_in_memory,
    search_memory,
)
from .resources import crash, exhaust_files, flood
from .siblings import attack_sibling, victim
from .special_files import kernel_files, mounts, special_files
from .terminal import terminal
from .touching import touch_process

__all__ = [
    "add",
    "attack_sibling",
    "bend_paths",
    "call_all",
    "crash",
    "create_in",
    "descriptors",
    "end",
    "exec_in_place",
    "execute",
    "exhaust_files",
    "find_residue",
    "flood",
    "foreign_call",
    "hold_threads",
    "kernel_files",
    "keys",
    "leave_holder",
    "leave_residue",
    "length",
    "linger",
    "look_at",
    "look_up",
    "make_ipc",
    "mounts",
    "multiply",
    "namespaces",
    "no_new_privs",
    "parent_pid",
    "patch_parent",
    "personality",
    "powerful_calls",
    "process_list",
    "reach_tcp",
    "reach_unix",
    "read_files",
    "redirect_pairs",
    "remove_ipc",
    "remove_offer",
    "residue",
    "residue_in_memory",
    "say",
    "search_memory",
    "see_network",
    "see_process",
    "send_datagrams",
    "serve",
    "set_ids",
    "signal_groups",
    "sleep",
    "socket_families",
    "socket_pairs",
    "special_files",
    "spoil",
    "stay",
    "stop_self",
    "stubborn",
    "terminal",
    "threads_status",
    "touch_process",
    "uring",
    "use_descriptors",
    "use_scratch",
    "use_threads",
    "victim",
]
