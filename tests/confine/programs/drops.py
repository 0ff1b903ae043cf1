"""Run by test_shared_files: a file, whose pages are not needed any more."""

import os
import sys

fd = os.open(sys.argv[1], os.O_RDONLY)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
