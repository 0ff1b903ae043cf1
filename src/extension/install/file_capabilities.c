/* File capabilities through libcap, on descriptors only.
 *
 * Used by `boxed setup`, as root, to give the launcher's copy its two
 * capabilities.  A path could be exchanged between two looks at it; a
 * descriptor is the file that was checked.  No Python, no printing. */
#include "extension/install/file_capabilities.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>

int
file_capabilities_set(int fd, const char *text)
{
    int error = 0;
    cap_t caps = cap_from_text(text);
    if (caps == NULL) {
        return -errno;
    }
    if (cap_set_fd(fd, caps) != 0) {
        error = -errno;
    }
    (void)cap_free(caps);
    return error;
}

int
file_capabilities_get(int fd, char *ret_text, size_t size)
{
    int error = 0;
    ssize_t length;
    cap_t caps = cap_get_fd(fd);
    if (caps == NULL) {
        return -errno;
    }
    char *text = cap_to_text(caps, &length);
    if (text == NULL) {
        error = -errno;
    }
    else if ((size_t)length >= size) {
        error = -ERANGE;
    }
    else {
        memcpy(ret_text, text, (size_t)length + 1);
    }
    (void)cap_free(text);
    (void)cap_free(caps);
    return error;
}

int
file_capabilities_clear(int fd)
{
    if (cap_set_fd(fd, NULL) == 0 || errno == ENODATA) {
        return 0;
    }
    return -errno;
}
