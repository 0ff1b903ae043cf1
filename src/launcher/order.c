/* Of step 3: parses an order.  An unprivileged caller wrote it, and a program
 * that may bear capabilities reads it.
 *
 * Pure: no system call, no allocation; strings stay where they are.  Every
 * number is capped before it is used, every string must end inside the
 * message, and anything unknown refuses the whole order. */
#include "launcher/launcher.h"

#include <errno.h>
#include <string.h>

/* The unread text of the message. */
struct text {
    char *next;
    size_t left;
};

/* The next string, or NULL where none ends inside the message. */
static char *
take_string(struct text *text)
{
    char *end = memchr(text->next, '\0', text->left);
    if (end == NULL) {
        return NULL;
    }
    char *string = text->next;
    text->left -= (size_t)(end - string) + 1;
    text->next = end + 1;
    return string;
}

/* Absolute, short enough, and without `..`, which would let a path name
 * something else before than after pivot_root. */
static bool
path_is_plain(const char *path)
{
    if (path[0] != '/' || strlen(path) >= ORDER_MAX_PATH) {
        return false;
    }
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part++;
        if (part[0] == '.' && part[1] == '.' &&
            (part[2] == '/' || part[2] == '\0')) {
            return false;
        }
    }
    return true;
}

static bool
kind_has_content(char kind)
{
    return kind == KIND_LINK || kind == KIND_FILE ||
           order_kind_is_place((enum order_kind)kind);
}

static bool
kind_is_known(char kind)
{
    static const char known[] = {KIND_TREE,   KIND_OPTIONAL, KIND_WRITE,
                                 KIND_DEVICE, KIND_LINK,     KIND_FILE,
                                 KIND_PLACE,  KIND_PACKAGE,  KIND_SPREAD};
    return memchr(known, kind, sizeof(known)) != NULL;
}

static int
parse_entry(struct text *text, struct entry *ret_entry)
{
    char *word = take_string(text);
    if (word == NULL || !kind_is_known(word[0]) || !path_is_plain(word + 1)) {
        return -EINVAL;
    }
    char *content = NULL;
    if (kind_has_content(word[0])) {
        content = take_string(text);
        if (content == NULL ||
            (order_kind_is_place((enum order_kind)word[0]) &&
             !path_is_plain(content))) {
            return -EINVAL;
        }
    }
    *ret_entry = (struct entry){
        .kind = (enum order_kind)word[0],
        .path = word + 1,
        .content = content,
        .fd = -1,
    };
    return 0;
}

static bool
header_is_valid(const struct order_wire *wire, size_t size)
{
    return wire->magic == ORDER_MAGIC && (wire->flags & ~ORDER_NETWORK) == 0 &&
           wire->reserved == 0 && wire->tier >= TIER_FULL &&
           wire->tier <= TIER_LANDLOCK && wire->argc >= 1 &&
           wire->argc <= ORDER_MAX_ARGC &&
           wire->entries <= ORDER_MAX_ENTRIES &&
           wire->text_size <= ORDER_MAX_TEXT &&
           wire->text_size == size - sizeof(*wire);
}

/* Returns 0, or -EPROTO for another version's or a malformed header, -EINVAL
 * for bad text.  The order's strings point into message. */
int
order_parse(char *message, size_t size, struct order *ret_order)
{
    struct order_wire wire;

    if (size < sizeof(wire)) {
        return -EPROTO;
    }
    memcpy(&wire, message, sizeof(wire));
    if (!header_is_valid(&wire, size)) {
        return -EPROTO;
    }
    struct text text = {message + sizeof(wire), wire.text_size};
    for (size_t i = 0; i < wire.argc; i++) {
        ret_order->argv[i] = take_string(&text);
        if (ret_order->argv[i] == NULL) {
            return -EINVAL;
        }
    }
    ret_order->argv[wire.argc] = NULL;
    size_t mounts = 0;
    for (size_t i = 0; i < wire.entries; i++) {
        int error = parse_entry(&text, &ret_order->entries[i]);
        if (error != 0) {
            return error;
        }
        mounts += order_kind_is_mounted(ret_order->entries[i].kind);
    }
    if (mounts > ORDER_MAX_MOUNTS) {
        return -EINVAL;
    }
    if (text.left != 0 || !path_is_plain(ret_order->argv[0])) {
        return -EINVAL;
    }
    ret_order->tier = (enum order_tier)wire.tier;
    ret_order->uid = wire.uid;
    ret_order->uid_is_its_own = false;
    ret_order->network = (wire.flags & ORDER_NETWORK) != 0;
    ret_order->count = wire.entries;
    ret_order->modules = -1;
    ret_order->proc = -1;
    ret_order->large_count = 0;
    return 0;
}
