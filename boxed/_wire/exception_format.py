"""The form in which an exception travels from guest to caller, and what of it
does: the guest writes it, the caller reads it.

It is a list of texts: type name, message, traceback, and the names of its
builtin bases, nearest first; then its args as one value; then texts
``=name``, each before the value of such an attribute, and ``#note``.

A value is a text whose first letter says what the rest is: ``n`` None, ``b`` a
bool, ``i`` an int, ``f`` a float, ``s`` text, ``y`` bytes in hexadecimal,
``(`` a tuple and ``[`` a list, with the number of values that follow.  Whole
numbers are in hexadecimal, of which Python permits any length.
"""

from __future__ import annotations

#: Characters of a text; of all args, of all attributes and of all notes.
MAX_TEXT = 64 * 1024
MAX_NOTES = 64
#: Values that args or an attribute consist of, and how deep they are nested.
MAX_VALUES, MAX_DEPTH = 256, 6
#: Texts that may follow the first four.
MAX_MORE = 3 * MAX_VALUES
#: Bits of an int that is told as a number.
MAX_BITS = 4096
#: The attributes that are told of these and of what derives from them.
FIELDS = {
    "OSError": ("errno", "strerror", "filename", "filename2"),
    "ImportError": ("name", "path"),
    "NameError": ("name",),
    "AttributeError": ("name",),
    "UnicodeDecodeError": ("encoding", "reason", "start", "end", "object"),
    "UnicodeEncodeError": ("encoding", "reason", "start", "end", "object"),
    "UnicodeTranslateError": ("reason", "start", "end", "object"),
    "SystemExit": ("code",),
    "StopIteration": ("value",),
}
