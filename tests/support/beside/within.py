"""What the code of a guest begins with that does its worker's part: the call's
number, and the worker's way to answer it."""

import sys

above = sys._getframe()
while above.f_code.co_name != "work":
    above = above.f_back
_boxed, call = above.f_globals["_boxed"], above.f_locals["call"]
