/* Capabilities of a file, by a descriptor of it. */
#ifndef BOXED_FILE_CAPABILITIES_H
#define BOXED_FILE_CAPABILITIES_H

#include <stddef.h>

/* Gives the file of FD the capabilities TEXT, in the words of
 * cap_from_text(3).  Returns 0 or a negative errno: -EINVAL for words that
 * are no capabilities, -EPERM without CAP_SETFCAP, -ENOTSUP where the file
 * system cannot hold them. */
int file_capabilities_set(int fd, const char *text);

/* Writes the capabilities of the file of FD, normalised by cap_to_text(3),
 * into RET_TEXT of SIZE bytes.  Returns 0 or a negative errno: -ENODATA where
 * the file has none, -ERANGE where the text does not fit; RET_TEXT is then
 * left as it was. */
int file_capabilities_get(int fd, char *ret_text, size_t size);

/* Takes all capabilities from the file of FD, and is content where it has
 * none.  Returns 0 or a negative errno. */
int file_capabilities_clear(int fd);

#endif
