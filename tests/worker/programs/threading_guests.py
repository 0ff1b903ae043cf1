"""For programs of test_limits: a guest that starts threads."""


def start(most, stack=0):
    """How many of so many there can be."""
    import threading

    threading.stack_size(stack)
    event = threading.Event()
    started = 0
    try:
        for _ in range(most):
            threading.Thread(target=event.wait, daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    event.set()
    return started
