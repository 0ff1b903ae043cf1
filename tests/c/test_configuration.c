/* launcher/configuration.c: a line that is not understood is refused. */
#include "launcher/configuration.c" /* its parts are private to it */

#include "test.h"

static struct configuration configuration;

_Noreturn void
die_with(enum boxed_stage stage, int error, uint32_t detail)
{
    (void)fprintf(stderr, "died: %d %d %u\n", (int)stage, error, detail);
    _exit(1);
}

/* A line in memory of exactly its size. */
static bool
reads(const char *line)
{
    char *copy = test_copy(line, strlen(line) + 1);
    bool understood = read_line(copy, &configuration);
    free(copy);
    return understood;
}

static void
lines_that_are_understood(void)
{
    memset(&configuration, 0, sizeof(configuration));
    CHECK(reads(""));
    CHECK(reads("# anything"));
    CHECK(reads("launcher /usr/bin/python_boxed"));
    CHECK(reads("uid-range 70000 1000"));
    CHECK(reads("uid-range none"));
    CHECK_EQUAL(configuration.pool_first, 70000);
    CHECK_EQUAL(configuration.pool_count, 1000);
    CHECK(reads("allow-user 998"));
    CHECK_EQUAL(configuration.allowed_count, 1);
    CHECK_EQUAL(configuration.allowed[0], 998);
}

static void
lines_that_are_not(void)
{
    static const char *const bad[] = {
        " ",
        "launcher",
        "launcher python_boxed",
        "uid-range",
        "uid-range ",
        "uid-range 70000",
        "uid-range 70000 ",
        "uid-range none ",
        "uid-range None",
        "uid-range none 5",
        "uid-range 70000 0",
        "uid-range -1 5",
        "uid-range +1 5",
        "uid-range 0x10 5",
        "uid-range 1 5 6",
        "uid-range 1 5x",
        "uid-range 4294967295 1",
        "uid-range 4294967294 1",
        "uid-range 4294967290 4294967290",
        "uid-range 99999999999999999999999999999999 1",
        "allow-user",
        "allow-user ",
        "allow-user nobody",
        "allow-user 1 2",
        "allow-user 4294967295",
        "Allow-user 5",
        "unknown 5",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (reads(bad[i])) {
            (void)fprintf(stderr, "understood: %s\n", bad[i]);
            test_failures++;
        }
    }
}

static void
as_many_users_as_there_is_room(void)
{
    memset(&configuration, 0, sizeof(configuration));
    for (size_t i = 0; i < MAX_ALLOWED; i++) {
        CHECK(reads("allow-user 998"));
    }
    CHECK(!reads("allow-user 998"));
    CHECK_EQUAL(configuration.allowed_count, MAX_ALLOWED);
}

TEST_MAIN(TEST(lines_that_are_understood), TEST(lines_that_are_not),
          TEST(as_many_users_as_there_is_room))
