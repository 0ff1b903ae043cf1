"""Run by test_shared_files: a file, and a place in it."""

import os
import sys

path, place = sys.argv[1:]
fd = os.open(path, os.O_RDONLY)
for flags in (os.RWF_NOWAIT, 128, 0):
    try:
        print(os.preadv(fd, [bytearray(16)], int(place), flags))
    except OSError as error:
        print(os.strerror(error.errno or 0).split()[0])
