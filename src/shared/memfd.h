/* memfd_create(2) where the C library's headers are older than the kernel. */
#ifndef BOXED_MEMFD_H
#define BOXED_MEMFD_H

#include <sys/mman.h>

/* Neither executable nor ever made so (Linux 6.3). */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#endif
