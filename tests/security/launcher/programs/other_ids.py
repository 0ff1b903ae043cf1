"""Run by test_identity: a uid and a gid to change to."""

import json
import os
import sys

from launcher_attacks import change_fsuid, change_ids

from boxed import run

uid, gid = map(int, sys.argv[1:])
groups = run(os.getgroups, serializer="json")
ids = run(change_ids, args=(uid, gid), serializer="json")
fsuids = [run(change_fsuid, args=(n,), serializer="json") for n in (0, uid)]
print(json.dumps([groups, ids, fsuids]))
