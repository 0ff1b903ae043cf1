"""Run by test_decoder_attacks: a warm extension cache."""

import copyreg
import io
import pickle

from boxed import _boxed

copyreg.add_extension("os", "getpid", 77)
pickle.loads(b"\x80\x04\x82M.")


class Strict(pickle.Unpickler):
    def find_class(self, module, name):
        raise AssertionError(module)


print(Strict(io.BytesIO(b"\x80\x04\x82M.")).load().__name__)
try:
    _boxed.decode(b"\x80\x04\x82M.")
except _boxed.DecodeError as error:
    print(error.reason)
