/* launcher/order.c: an order is taken as it stands, or refused.
 *
 * Every message is in memory of exactly its size: what reads behind its end
 * does not go unseen under a sanitizer. */
#include <errno.h>

#include "launcher/launcher.h"
#include "test.h"

#define TEXT(literal) literal, sizeof(literal)

static const struct order_wire valid = {
    .magic = ORDER_MAGIC,
    .tier = TIER_ROOTLESS,
    .uid = 1000,
    .argc = 2,
    .entries = 3,
};

static const char words[] = "/usr/bin/python3\0-I\0r/usr\0l/lib\0usr/lib\0"
                            "f/etc/hosts\0";

static struct order parsed;
static char *message;

/* The last message stays until the next, for the order points into it. */
static int
parse_size(const struct order_wire *header, const char *text, size_t size,
           size_t cut)
{
    static char whole[2 * ORDER_MAX_PATH];
    memcpy(whole, header, sizeof(*header));
    memcpy(whole + sizeof(*header), text, size);
    free(message);
    message = test_copy(whole, sizeof(*header) + size - cut);
    return order_parse(message, sizeof(*header) + size - cut, &parsed);
}

static int
parse(struct order_wire header, const char *text, size_t size)
{
    header.text_size = (uint32_t)size;
    return parse_size(&header, text, size, 0);
}

static void
a_valid_one(void)
{
    CHECK_EQUAL(parse(valid, words, sizeof(words)), 0);
    CHECK_EQUAL(parsed.tier, TIER_ROOTLESS);
    CHECK_EQUAL(parsed.uid, 1000);
    CHECK_EQUAL(parsed.network, false);
    CHECK_EQUAL(strcmp(parsed.argv[0], "/usr/bin/python3"), 0);
    CHECK_EQUAL(strcmp(parsed.argv[1], "-I"), 0);
    CHECK(parsed.argv[2] == NULL);
    CHECK_EQUAL(parsed.count, 3);
    CHECK_EQUAL(parsed.entries[0].kind, KIND_TREE);
    CHECK_EQUAL(strcmp(parsed.entries[0].path, "/usr"), 0);
    CHECK(parsed.entries[0].content == NULL);
    CHECK_EQUAL(parsed.entries[0].fd, -1);
    CHECK_EQUAL(strcmp(parsed.entries[1].content, "usr/lib"), 0);
    CHECK_EQUAL(strcmp(parsed.entries[2].content, ""), 0);
}

static void
every_number_of_the_header(void)
{
    struct order_wire bad[] = {valid, valid, valid, valid, valid,
                               valid, valid, valid, valid, valid};
    bad[0].magic ^= 1;
    bad[1].tier = 0;
    bad[2].tier = TIER_LANDLOCK + 1;
    bad[3].flags = ~ORDER_NETWORK;
    bad[4].reserved = 1;
    bad[5].argc = 0;
    bad[6].argc = ORDER_MAX_ARGC + 1;
    bad[7].argc = UINT32_MAX;
    bad[8].entries = ORDER_MAX_ENTRIES + 1;
    bad[9].entries = UINT32_MAX;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQUAL(parse(bad[i], words, sizeof(words)), -EPROTO);
    }
}

static void
another_size_than_announced(void)
{
    struct order_wire header = valid;
    for (size_t size = 0; size <= 2 * sizeof(words); size++) {
        header.text_size = (uint32_t)size;
        int wanted = size == sizeof(words) ? 0 : -EPROTO;
        CHECK_EQUAL(parse_size(&header, words, sizeof(words), 0), wanted);
    }
    header.text_size = UINT32_MAX;
    CHECK_EQUAL(parse_size(&header, words, sizeof(words), 0), -EPROTO);
}

static void
cut_off_anywhere(void)
{
    struct order_wire header = valid;
    header.text_size = sizeof(words);
    for (size_t cut = 1; cut <= sizeof(header) + sizeof(words); cut++) {
        CHECK_EQUAL(parse_size(&header, words, sizeof(words), cut), -EPROTO);
    }
    /* And where the header agrees with the cut. */
    for (size_t size = 0; size < sizeof(words); size++) {
        CHECK_EQUAL(parse(valid, words, size), -EINVAL);
    }
}

static void
bad_text(void)
{
    static const struct {
        const char *text;
        size_t size;
    } bad[] = {
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0x/etc")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0retc")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0r/..")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0r/a/../b")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0r/a/..")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0l/a")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0r/a\0more")},
        {TEXT("bin/sh\0-I\0r/usr\0r/lib\0r/a")},
        {TEXT("/bin/../sh\0-I\0r/usr\0r/lib\0r/a")},
        {TEXT("\0-I\0r/usr\0r/lib\0r/a")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0p/a")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0p/a\0")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0p/a\0b")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0k/a\0/../b")},
        {TEXT("/bin/sh\0-I\0r/usr\0r/lib\0n/../a\0/b")},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQUAL(parse(valid, bad[i].text, bad[i].size), -EINVAL);
    }
}

static void
dots_that_are_no_way_up(void)
{
    static const char text[] = "/bin/sh\0-I\0r/...\0r/..a/b..\0r/.";
    CHECK_EQUAL(parse(valid, text, sizeof(text)), 0);
}

static void
places(void)
{
    static const char text[] = "/bin/sh\0-I\0p/a\0/b\0k/c\0/c\0n/d\0/";
    CHECK_EQUAL(parse(valid, text, sizeof(text)), 0);
    CHECK_EQUAL(parsed.entries[0].kind, KIND_PLACE);
    CHECK_EQUAL(strcmp(parsed.entries[0].path, "/a"), 0);
    CHECK_EQUAL(strcmp(parsed.entries[0].content, "/b"), 0);
    CHECK(order_kind_is_place(parsed.entries[2].kind));
    CHECK(!order_kind_is_mounted(parsed.entries[1].kind));
}

/* More than one message can bring. */
static void
too_many_mounts(void)
{
    struct order_wire header = valid;
    char text[8 + 4 * (ORDER_MAX_MOUNTS + 1)];

    header.argc = 1;
    memcpy(text, "/bin/sh", 8);
    for (uint32_t count = 0; count <= ORDER_MAX_MOUNTS; count++) {
        memcpy(text + 8 + 4 * count, "r/a", 4);
        header.entries = count + 1;
        CHECK_EQUAL(parse(header, text, 8 + 4 * (count + 1)),
                    count < ORDER_MAX_MOUNTS ? 0 : -EINVAL);
    }
}

static void
the_longest_path(void)
{
    struct order_wire header = valid;
    char text[ORDER_MAX_PATH + 16];

    header.argc = 1;
    header.entries = 0;
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    text[ORDER_MAX_PATH - 1] = '\0';
    CHECK_EQUAL(parse(header, text, ORDER_MAX_PATH), 0);
    text[ORDER_MAX_PATH - 1] = 'a';
    text[ORDER_MAX_PATH] = '\0';
    CHECK_EQUAL(parse(header, text, ORDER_MAX_PATH + 1), -EINVAL);
}

/* Any change of one byte is refused, or is an order within the limits. */
static void
each_byte_changed(void)
{
    struct order_wire header = valid;
    char changed[sizeof(words)];

    for (size_t i = 0; i < sizeof(words); i++) {
        for (int value = 0; value < 256; value += 5) {
            memcpy(changed, words, sizeof(words));
            changed[i] = (char)value;
            int error = parse(header, changed, sizeof(changed));
            CHECK(error == 0 || error == -EINVAL);
        }
    }
    free(message);
    message = NULL;
}

TEST_MAIN(TEST(a_valid_one), TEST(every_number_of_the_header),
          TEST(another_size_than_announced), TEST(cut_off_anywhere),
          TEST(bad_text), TEST(dots_that_are_no_way_up), TEST(places),
          TEST(too_many_mounts), TEST(the_longest_path),
          TEST(each_byte_changed))
