/* A store: memory of a fixed size that goes from one process to another as a
 * descriptor, is written by one side, and then sealed. */
#ifndef BOXED_STORE_H
#define BOXED_STORE_H

#include <stddef.h>
#include <stdint.h>

/* Makes one that can neither grow nor shrink, nor be executed.  Returns 0 or
 * -errno: -EINVAL before Linux 6.3, -EFBIG above this process's own limit on
 * file sizes. */
int store_new(uint64_t size, int *ret_store);

/* Writes to it, whatever this process's limit on file sizes.  Returns 0 or
 * -errno. */
int store_write(int store, uint64_t at, const void *data, size_t size);

/* Makes one with data in it that nobody can change any more.  Before Linux 6.3
 * its owner could make it executable.  Returns 0 or -errno. */
int store_new_input(const void *data, size_t size, int *ret_store);

/* From here on nobody can change it, whoever holds it.  Returns 0 or -errno:
 * -EBUSY while somebody has it mapped to be written, -ENODATA where a part
 * was not written.  May wait for a sixth of a second. */
int store_seal(int store);

/* Maps all of it; what is written there stays with this process.  To be
 * unmapped with munmap().  Returns 0 or -errno. */
int store_map(int store, void **ret_memory, size_t *ret_size);

#endif
