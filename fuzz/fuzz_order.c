/* libFuzzer target: the launcher's parser of orders.
 *
 * Beyond what the sanitizers see, an accepted order must keep every promise
 * that the rest of the launcher builds on.  The message is parsed in a buffer
 * of exactly its size, so that one byte too far is seen. */
#include "launcher/launcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *message_start, *message_end;

static void
require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* A string of the message that ends in it. */
static void
require_inside(const char *string)
{
    require(string >= message_start + sizeof(struct order_wire));
    require(string < message_end);
    require(memchr(string, '\0', (size_t)(message_end - string)) != NULL);
}

/* Said in other words than the parser says it. */
static void
require_plain_path(const char *path)
{
    char copy[ORDER_MAX_PATH + 3];

    require_inside(path);
    require(path[0] == '/' && strlen(path) < ORDER_MAX_PATH);
    strcpy(copy, path);
    strcat(copy, "/");
    require(strstr(copy, "/../") == NULL);
}

static void
check_entry(const struct entry *entry)
{
    require(entry->fd == -1);
    require_plain_path(entry->path);
    switch (entry->kind) {
    case KIND_TREE:
    case KIND_OPTIONAL:
    case KIND_WRITE:
    case KIND_DEVICE:
        require(entry->content == NULL);
        return;
    case KIND_LINK:
    case KIND_FILE:
        require_inside(entry->content);
        return;
    case KIND_PLACE:
    case KIND_PACKAGE:
    case KIND_SPREAD:
        require_plain_path(entry->content);
        return;
    }
    require(false);
}

static void
check_order(const struct order *order)
{
    size_t argc = 0;

    require(order->tier >= TIER_FULL && order->tier <= TIER_LANDLOCK);
    while (order->argv[argc] != NULL) {
        require_inside(order->argv[argc]);
        argc++;
        require(argc <= ORDER_MAX_ARGC);
    }
    require(argc >= 1);
    require_plain_path(order->argv[0]);
    require(order->count <= ORDER_MAX_ENTRIES);
    size_t mounts = 0;
    for (size_t i = 0; i < order->count; i++) {
        check_entry(&order->entries[i]);
        mounts += order_kind_is_mounted(order->entries[i].kind);
    }
    require(mounts <= ORDER_MAX_MOUNTS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct order order;
    char *message = malloc(size > 0 ? size : 1);

    require(message != NULL);
    memcpy(message, data, size);
    message_start = message;
    message_end = message + size;
    /* What an earlier order left must not show through. */
    memset(&order, 0xa5, sizeof(order));
    int error = order_parse(message, size, &order);
    require(error == 0 || error == -EPROTO || error == -EINVAL);
    require(memcmp(message, data, size) == 0);
    if (error == 0) {
        check_order(&order);
    }
    free(message);
    return 0;
}
