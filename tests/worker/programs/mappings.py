"""For mappings_of_every_kind.py: how much memory can be mapped."""


def filled(flags, protection, most):
    """Mebibytes, in one piece each, and why there are no more."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int),
        *(ctypes.c_int, ctypes.c_int, ctypes.c_long),
    ]
    failed = ctypes.c_void_p(-1).value
    for size in range(most):
        if libc.mmap(None, 1 << 20, protection, flags, -1, 0) == failed:
            return size, ctypes.get_errno()
    return most, 0
