"""Run by test_bench: the tier that works there."""

import json
import sys

from command import boxed_command

import boxed

(tier,) = sys.argv[1:]
done = boxed_command("bench", "--rounds", "1", "--json")
assert done.returncode == (2 if tier == "none" else 0), done
found = json.loads(done.stdout)
assert found["machine"]["boxed"] == boxed.__version__
*peers, kinds = found["rows"].values()
assert len(peers) == 2
if tier != "none":
    assert kinds["plain"]["ratio"] == 1.0
    for name in ("prints a line", "raises", "has limits"):
        assert kinds[name]["p99_ns"] > 0, kinds
for row in peers:
    if tier != "none":
        assert row[f"boxed, {tier}"]["p50_ns"] > 0, row
    assert row["ProcessPoolExecutor"]["ratio"] == 1.0
    for one in row.values():
        assert ("missing" in one) != ("p50_ns" in one), row
        assert one.get("missing") != ""
