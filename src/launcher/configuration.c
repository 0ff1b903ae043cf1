/* Step 4: reads /etc/boxed.conf, what root permits and reserves.
 *
 * Privileged: opens one file by a fixed name, with the caller's own rights to
 * files.  A file that somebody other than root could have written, or with a
 * line that is not understood, refuses every order: what root wanted is then
 * not known.  boxed/_install/configuration.py reads the same form. */
#include "launcher/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/fd.h"

#define CONFIGURATION "/etc/boxed.conf"
#define MAX_SIZE      (16 * 1024)

/* Returns the length read, 0 where there is no file, or -errno. */
static ssize_t
read_file(char *text, size_t size)
{
    struct stat seen;
    cleanup_close int fd =
        open(CONFIGURATION, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (fstat(fd, &seen) != 0) {
        return -errno;
    }
    if (seen.st_uid != 0 || (seen.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
        !S_ISREG(seen.st_mode) || seen.st_size >= (off_t)size) {
        return -EPERM;
    }
    ssize_t length = read(fd, text, size - 1);
    return length < 0 ? -errno : length;
}

/* The number at *text, which moves behind it and the blank after it. */
static bool
take_number(const char **text, uint32_t *ret_number)
{
    uint64_t number = 0;
    const char *next = *text;

    if (*next < '0' || *next > '9') {
        return false;
    }
    for (; *next >= '0' && *next <= '9'; next++) {
        number = number * 10 + (uint64_t)(*next - '0');
        if (number >= UINT32_MAX) {
            return false;
        }
    }
    *ret_number = (uint32_t)number;
    *text = *next == ' ' ? next + 1 : next;
    return true;
}

static bool
read_launcher(const char *value, struct configuration *configuration)
{
    /* For the package alone: where this program is. */
    (void)configuration;
    return *value == '/';
}

static bool
read_uid_range(const char *value, struct configuration *configuration)
{
    if (strcmp(value, "none") == 0) {
        return true;
    }
    return take_number(&value, &configuration->pool_first) &&
           take_number(&value, &configuration->pool_count) && *value == '\0' &&
           configuration->pool_count > 0 &&
           configuration->pool_first <=
               UINT32_MAX - 1 - configuration->pool_count;
}

static bool
read_allow_user(const char *value, struct configuration *configuration)
{
    uint32_t *next = &configuration->allowed[configuration->allowed_count];
    if (configuration->allowed_count == MAX_ALLOWED ||
        !take_number(&value, next) || *value != '\0') {
        return false;
    }
    configuration->allowed_count++;
    return true;
}

static const struct key {
    const char *name;
    bool (*read)(const char *value, struct configuration *configuration);
} keys[] = {
    {"launcher ", read_launcher},
    {"uid-range ", read_uid_range},
    {"allow-user ", read_allow_user},
};

static bool
read_line(const char *line, struct configuration *configuration)
{
    if (*line == '\0' || *line == '#') {
        return true;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t length = strlen(keys[i].name);
        if (strncmp(line, keys[i].name, length) == 0) {
            return keys[i].read(line + length, configuration);
        }
    }
    return false;
}

void
configuration_read(struct configuration *ret_configuration)
{
    static char text[MAX_SIZE];
    ssize_t length = read_file(text, sizeof(text));

    if (length < 0) {
        die_with(STAGE_CONFIGURATION, (int)-length, 0);
    }
    if (memchr(text, '\0', (size_t)length) != NULL) {
        die_with(STAGE_CONFIGURATION, EINVAL, 0);
    }
    text[length] = '\0';
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        if (!read_line(line, ret_configuration)) {
            die_with(STAGE_CONFIGURATION, EINVAL, 0);
        }
        line = end;
    }
}
