"""Run by test_bench."""

from command import boxed_command

done = boxed_command("bench", "--rounds", "1")
assert done.returncode == 0, done
for name in (
    *("boxed, full", "boxed, landlock", "loky", "bubblewrap"),
    *("pebble, pool", "subprocess", "ProcessPoolExecutor"),
):
    assert f"\n{name} " in done.stdout, done.stdout
assert "missing: boxed, landlock: " in done.stdout
assert boxed_command("bench", "--rounds", "0").returncode == 2
