"""Run by test_attack: all attempts, with no sandbox where one should be."""

import json

from boxed._doctor.attack import sides, verdict

found = verdict.attack_all("full", sides.Outside())
print(
    json.dumps(
        {
            "attack": {
                "attempts": [one.as_dict() for one in found],
                "summary": verdict.summary(found),
            }
        }
    )
)
