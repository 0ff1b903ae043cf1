"""A mixed soak: calls of every kind at once, from several threads, a signal's
handler, destructors and forks, while processes of sandboxes are killed.

Each call must come to exactly what it has to come to, and after each round
nothing may be left.  What is chosen follows from the seed: a round is run
again by its number.  How threads meet does not.

    make soak MINUTES=30
    make soak SEED=7 FIRST=12 ROUNDS=1      # a round of another run, again
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter

import hostile
import lives
import speaking
from harness import Sandbox, run
from judged import KEPT, Soak
from remains import Group, Remains, prepare

from boxed import BoxedError
from boxed._policy import tiers

#: Seconds for a round; what takes longer hangs.
ROUND_SECONDS = 400
#: Rounds after which caches are full, and how much may be added then.
WARM = 3
MOST_MEMORY, MOST_OBJECTS = 8 << 20, 2000


class Handler:
    """Of a timer that goes off all the time, in the main thread: calls."""

    def __init__(self, soak: Soak, seed: str) -> None:
        self.soak = soak
        self.rng = random.Random(seed)
        self.wrong: list[str] = []

    def __call__(self, *_: object) -> None:
        begun, number = time.monotonic(), self.rng.randrange(10**6)
        try:
            if run(abs, (-number,)) != number:
                self.wrong.append("a handler's call: another value")
            self.soak.count("in a handler")
        except BoxedError as error:
            if not self.soak.is_excused(error, begun):
                self.wrong.append(f"a handler's call: {error!r}")
        self.arm()

    def arm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self.rng.uniform(0.01, 0.3))

    def __enter__(self) -> Handler:
        signal.signal(signal.SIGALRM, self)
        self.arm()
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)


class Round:
    """So many cases in each thread, and what is left of them."""

    def __init__(self, asked: argparse.Namespace, number: int) -> None:
        self.seed = f"{asked.seed}/{number}"
        self.asked = asked
        self.soak = Soak()
        self.wrong: list[str] = []
        self.cases = [*speaking.CASES, *hostile.CASES, *lives.CASES]
        if tiers.settled() in tiers.NAMESPACES:
            self.cases += [*speaking.IN_NAMESPACES, *hostile.IN_NAMESPACES]

    def __str__(self) -> str:
        every = sorted(Counter(self.soak.seen).items())
        return ", ".join(f"{what} {count}" for what, count in every)

    def run(self) -> None:
        self.soak.sandboxes += [Sandbox(**options) for options in KEPT]
        threads = [
            threading.Thread(target=self.work, args=(number,))
            for number in range(1, self.asked.threads)
        ]
        for thread in threads:
            thread.start()
        with Handler(self.soak, f"{self.seed}/handler") as handler:
            self.work(0)
        for thread in threads:
            thread.join()
        self.wrong += handler.wrong
        while self.soak.sandboxes:
            self.soak.sandboxes.pop().close()

    def work(self, thread: int) -> None:
        rng = random.Random(f"{self.seed}/{thread}")
        for number in range(self.asked.cases):
            # Of its own, so that a case's choices are no other's.
            own = random.Random(rng.random())
            case = rng.choice(self.cases)
            try:
                case(self.soak, own)
            except BaseException:
                self.wrong.append(
                    f"round {self.seed}, thread {thread}, case {number},"
                    f" {case.__name__}: {traceback.format_exc()}"
                )


def grown(rounds: list[Remains]) -> list[str]:
    """What the caller has ever more of: the least of the last rounds is
    compared with the most of the first ones that were warm."""
    found = []
    first, last = rounds[WARM : 2 * WARM], rounds[2 * WARM :][-WARM:]
    for name, most in (("memory", MOST_MEMORY), ("objects", MOST_OBJECTS)):
        if last:
            then = max(getattr(one, name) for one in first)
            now = min(getattr(one, name) for one in last)
            if now > then + most:
                found.append(f"{name}: {now}, and was {then}")
    return found


def soak(asked: argparse.Namespace, group: Group) -> list[str]:
    """What was wrong or left."""
    # Whatever is imported by a first call.
    run(abs, (-1,))
    warm = Round(argparse.Namespace(**{**vars(asked), "cases": 5}), -1)
    warm.run()
    every, wrong, begun = [Remains(group)], warm.wrong, time.monotonic()
    number = asked.first
    while not is_over(asked, number, begun):
        faulthandler.dump_traceback_later(ROUND_SECONDS, exit=True)
        one = Round(asked, number)
        one.run()
        every.append(Remains(group))
        found = one.wrong + every[-1].more_than(every[0])
        faulthandler.cancel_dump_traceback_later()
        say(f"round {number}: {len(found)} wrong or left; {every[-1]}; {one}")
        for text in found:
            say(f"WRONG {text}")
        wrong += found
        number += 1
    wrong += grown(every[1:])
    say(f"{number - asked.first} rounds: {len(wrong)} wrong or left")
    return wrong


def say(text: str) -> None:
    print(text, flush=True)


def is_over(asked: argparse.Namespace, number: int, begun: float) -> bool:
    if asked.rounds is not None:
        return bool(number - asked.first >= asked.rounds)
    return bool(time.monotonic() - begun > asked.minutes * 60)


def unraisable(told: sys.UnraisableHookArgs) -> None:
    """An interrupt may come up in a destructor."""
    if told.exc_type is not lives.Interrupted:
        sys.__unraisablehook__(told)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default=str(random.randrange(10**6)))
    parser.add_argument("--first", type=int, default=0, help="round")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--cases", type=int, default=60, help="of a thread")
    asked = parser.parse_args(arguments)
    say(f"seed {asked.seed}")
    prepare()
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    sys.unraisablehook = unraisable
    group = Group()
    try:
        wrong = soak(asked, group)
    finally:
        group.leave()
    for text in wrong:
        print(f"WRONG {text}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
