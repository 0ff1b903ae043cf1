"""Run by test_attack: the command, with no sandbox where one should be."""

import sys

from boxed import __main__
from boxed._doctor.attack import sides, verdict

attack = verdict.attack_all


def unconfined(tier, **options):
    return attack(tier, sides.Outside(), **options)


verdict.attack_all = unconfined
sys.exit(__main__.main(["doctor", "--attack"]))
