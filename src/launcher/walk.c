/* Of steps 6 and 15: finds the modules and packages of a place on the import
 * path.
 *
 * Runs as the caller in the collector, and as the guest where there are no
 * mounts; system calls only.  The rule is docs/design.rst's,
 * "What a guest is shown": in a place, modules and regular packages; in a
 * package, every file; nowhere a hidden name.  A symbolic link shows what it
 * leads to only where that could be shown under its own name. */
#include "launcher/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "launcher/paths.h"
#include "shared/fd.h"
#include "shared/magic_link.h"
#include "shared/listing.h"

#define MOST_DEEP 64
/* How many names are looked at for a compiled __init__. */
#define MOST_LOOKED 1000
#define FOLDER      (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
/* O_NONBLOCK: what was a file may be a FIFO by now. */
#define FILE_READ (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* A directory that is being walked, and those above it. */
struct level {
    const struct level *above;
    int fd;
    struct stat seen;
    size_t length; /* of its path in walk.shown */
    int depth;
    bool told; /* the sink knows it */
    bool package;
    bool spread; /* directories without __init__ belong to it too */
    char top[ORDER_MAX_PATH]; /* the place or package, where it really is */
};

struct walk {
    const struct order *order;
    const struct walk_sink *sink;
    size_t left;
    char shown[ORDER_MAX_PATH];
};

static int walk_folder(struct walk *walk, struct level *level);

/* Whether an error says something of this one file, as far as this process
 * may know it, and not of the machine. */
static bool
is_absence(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENXIO:
    case ENODEV:
    case ENAMETOOLONG:
    case EISDIR:
    case ESTALE:
        return true;
    default:
        return false;
    }
}

static int
passed_over(int error)
{
    return error == 0 || is_absence(error) ? 0 : -error;
}

/* A regular file by its own name. */
static int
open_file(int folder, const char *name, int flags, struct stat *ret_seen)
{
    cleanup_close int fd = openat(folder, name, FILE_READ | flags);
    if (fd < 0 || fstat(fd, ret_seen) != 0) {
        return -errno;
    }
    return S_ISREG(ret_seen->st_mode) ? fd_steal(&fd) : -ENXIO;
}

/* A file by a symbolic link.  Where the link leads, a data file must lie in
 * the same package; a module may lie anywhere, but must be a module there too.
 */
static int
open_linked(const struct level *level, const char *name, struct stat *ret_seen)
{
    char real[ORDER_MAX_PATH];
    cleanup_close int fd = openat(level->fd, name, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    /* By now it may lead to the root, which has no name. */
    if (!path_of_fd(fd, real) || real[0] == '\0') {
        return -ENOENT;
    }
    const char *inside = path_below(real, level->top);
    const char *last = strrchr(real, '/') + 1;
    bool is_data = !path_is_module(name) || !path_is_module(last);
    if (path_is_hidden(last) ||
        (is_data && (!level->package || inside == NULL ||
                     path_has_hidden_part(inside)))) {
        return -ENOENT;
    }
    /* The very file that was judged, whatever the link leads to by now. */
    struct magic_link link = magic_link(fd);
    return open_file(AT_FDCWD, link.path, 0, ret_seen);
}

/* Appends a name to the path of a level; false where it is too long. */
static bool
path_append(struct walk *walk, const struct level *level, const char *name)
{
    size_t at = level->length, length = strlen(name);
    if (at + 1 + length >= sizeof(walk->shown)) {
        return false;
    }
    if (at > 0 && walk->shown[at - 1] != '/') {
        walk->shown[at++] = '/';
    }
    memcpy(walk->shown + at, name, length + 1);
    return true;
}

/* Tells the sink of a directory and those above it, once something in it is
 * shown. */
static int
tell_folders(struct walk *walk, struct level *level)
{
    if (level->told) {
        return 0;
    }
    int error = level->above == NULL
                    ? 0
                    : tell_folders(walk, (struct level *)level->above);
    if (error == 0) {
        char kept = walk->shown[level->length];
        walk->shown[level->length] = '\0';
        error = walk->sink->folder(walk->sink->context, walk->shown);
        walk->shown[level->length] = kept;
        level->told = true;
    }
    return error;
}

static int
show_file(struct walk *walk, struct level *level, const char *name, bool link)
{
    struct stat seen;
    if (walk->left-- == 0) {
        return -E2BIG;
    }
    cleanup_close int fd = link
                               ? open_linked(level, name, &seen)
                               : open_file(level->fd, name, O_NOFOLLOW, &seen);
    if (fd < 0) {
        return passed_over(-fd);
    }
    int error = tell_folders(walk, level);
    if (error != 0) {
        return error;
    }
    return path_append(walk, level, name)
               ? walk->sink->file(walk->sink->context, walk->shown, fd, &seen)
               : 0;
}

static bool
is_there(int folder, const char *name)
{
    struct stat seen;
    return fstatat(folder, name, &seen, 0) == 0;
}

/* Whether a directory is a regular package: it has an __init__, which may be
 * compiled, under the name of its interpreter. */
static bool
is_package(int folder)
{
    struct listing listing = {.fd = folder};
    const struct listed *entry;
    bool found = is_there(folder, "__init__.py");
    size_t looked = 0;

    while (!found && looked < MOST_LOOKED &&
           listing_next(&listing, &entry) == 1) {
        looked++;
        found = strncmp(entry->name, "__init__.", 9) == 0 &&
                path_is_module(entry->name);
    }
    return (looked == 0 || lseek(folder, 0, SEEK_SET) == 0) && found;
}

/* Whether the order shows the directory as a whole by itself. */
static bool
is_tree(const struct order *order, const char *shown)
{
    for (size_t i = 0; i < order->count; i++) {
        const struct entry *entry = &order->entries[i];
        if (entry->kind != KIND_LINK && entry->kind != KIND_FILE &&
            !order_kind_is_place(entry->kind) &&
            strcmp(entry->path, shown) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether, and as what, a directory in a walked one is walked. */
static bool
judge_folder(const struct level *above, const char *name, int fd,
             struct level *ret_level)
{
    char real[ORDER_MAX_PATH];
    bool package = path_is_metadata(name) || is_package(fd);

    if (!package && !above->package && !above->spread &&
        !path_is_beside_package(name)) {
        return false;
    }
    if (!path_of_fd(fd, real)) {
        /* Without /proc nothing tells where a link led to. */
        real[0] = '\0';
    }
    const char *inside = path_below(real, above->top);
    bool kept_in =
        above->package && inside != NULL && !path_has_hidden_part(inside);
    bool is_top = inside == NULL || (package && !kept_in);

    package = package || kept_in;
    *ret_level = (struct level){
        .above = above,
        .package = package,
        /* A link out of a package leads to modules, if to anything. */
        .spread = above->spread || (above->package && !package),
    };
    memcpy(ret_level->top, is_top ? real : above->top, sizeof(real));
    return true;
}

static int
show_folder(struct walk *walk, struct level *above, const char *name,
            bool link)
{
    struct level level;
    if (walk->left-- == 0) {
        return -E2BIG;
    }
    cleanup_close int fd =
        openat(above->fd, name, FOLDER | (link ? 0 : O_NOFOLLOW));
    if (fd < 0) {
        return passed_over(errno);
    }
    if (!path_append(walk, above, name) || is_tree(walk->order, walk->shown) ||
        !judge_folder(above, name, fd, &level) ||
        (!level.package && is_there(fd, "pyvenv.cfg"))) {
        return 0;
    }
    level.fd = fd;
    return walk_folder(walk, &level);
}

static unsigned char
type_of(const struct level *level, const struct listed *entry, bool *ret_link)
{
    struct stat seen;

    *ret_link = false;
    if (entry->type == DT_DIR || entry->type == DT_REG) {
        return entry->type;
    }
    if (entry->type != DT_LNK && entry->type != DT_UNKNOWN) {
        return entry->type;
    }
    if (fstatat(level->fd, entry->name, &seen, AT_SYMLINK_NOFOLLOW) != 0) {
        return DT_UNKNOWN;
    }
    *ret_link = S_ISLNK(seen.st_mode);
    if (*ret_link && fstatat(level->fd, entry->name, &seen, 0) != 0) {
        return DT_UNKNOWN;
    }
    return (unsigned char)IFTODT(seen.st_mode);
}

static int
show_name(struct walk *walk, struct level *level, const struct listed *entry)
{
    const char *name = entry->name;
    if (path_is_hidden(name)) {
        return 0;
    }
    bool link;
    switch (type_of(level, entry, &link)) {
    case DT_DIR:
        return show_folder(walk, level, name, link);
    case DT_REG:
        return level->package || path_is_module(name)
                   ? show_file(walk, level, name, link)
                   : 0;
    default:
        return 0;
    }
}

static bool
is_inside_itself(const struct level *level)
{
    for (const struct level *one = level->above; one; one = one->above) {
        if (one->seen.st_dev == level->seen.st_dev &&
            one->seen.st_ino == level->seen.st_ino) {
            return true;
        }
    }
    return false;
}

/* The level's descriptor stays its owner's. */
static int
walk_folder(struct walk *walk, struct level *level)
{
    struct listing listing = {.fd = level->fd};
    const struct listed *entry;
    int found;

    level->depth = level->above == NULL ? 0 : level->above->depth + 1;
    level->length = strlen(walk->shown);
    if (fstat(level->fd, &level->seen) != 0) {
        return passed_over(errno);
    }
    if (level->depth >= MOST_DEEP || is_inside_itself(level)) {
        return 0;
    }
    while ((found = listing_next(&listing, &entry)) == 1) {
        int error = show_name(walk, level, entry);
        walk->shown[level->length] = '\0';
        if (error != 0) {
            return error;
        }
    }
    return passed_over(-found);
}

/* A module that was found by itself. */
static int
walk_file(struct walk *walk, const struct entry *place)
{
    struct stat seen;
    cleanup_close int fd = open(place->path, FILE_READ);
    if (fd < 0 || fstat(fd, &seen) != 0) {
        return passed_over(errno);
    }
    if (!S_ISREG(seen.st_mode)) {
        return 0;
    }
    return walk->sink->file(walk->sink->context, place->content, fd, &seen);
}

int
walk_place(const struct order *order, const struct entry *place,
           const struct walk_sink *sink)
{
    struct walk walk = {.order = order, .sink = sink, .left = WALK_MOST};
    struct level level = {
        .package = place->kind == KIND_PACKAGE,
        .spread = place->kind == KIND_SPREAD,
    };
    cleanup_close int fd = open(place->path, FOLDER);
    if (fd < 0 && errno == ENOTDIR && place->kind == KIND_PACKAGE) {
        return walk_file(&walk, place);
    }
    if (fd < 0) {
        return passed_over(errno);
    }
    if (!path_of_fd(fd, level.top)) {
        level.top[0] = '\0';
    }
    memcpy(walk.shown, place->content, strlen(place->content) + 1);
    level.fd = fd;
    /* A place is there even if it is empty. */
    level.length = strlen(walk.shown);
    int error = tell_folders(&walk, &level);
    return error != 0 ? error : walk_folder(&walk, &level);
}
