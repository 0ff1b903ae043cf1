"""A guest of test_causes: raises the longest that can be told."""

odd = chr(0xD800) * 10**5


class E(OSError):
    __module__ = odd

    def __str__(self):
        return odd


E.__qualname__ = "E" * 10**5
error = E(5, odd, odd, None, odd)
error.__dict__["__notes__"] = [odd] * 100
raise error
