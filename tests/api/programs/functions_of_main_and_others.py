"""Run by test_sandbox."""

import os

print("script", flush=True)


def double(x):
    return 2 * x


if __name__ == "__main__":
    from harness import Sandbox

    with Sandbox() as sandbox:
        assert sandbox.run(abs, (-1,)) == 1
        assert len(sandbox._boxes.slots) == 1
        assert sandbox.run(double, (21,)) == 42
        assert list(sandbox.map(double, [1, 2])) == [2, 4]
        assert len(sandbox._boxes.slots) == 2
        boxes = [s.box.pid for s in sandbox._boxes.slots.values()]
    assert not any(os.path.exists(f"/proc/{p}") for p in boxes)
