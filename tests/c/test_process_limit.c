/* extension/worker/process_limit.c, with a clock, a /proc and a kill(2) of its
 * own. */
#define kill      note_kill
#define nanosleep let_pass
#include "extension/worker/process_limit.c" /* has_room() is private to it */
#undef kill
#undef nanosleep

#include <fcntl.h>
#include <sys/stat.h>

#include "test.h"

#define MS ((deadline_ns)1000000)

static deadline_ns now;
static pid_t killed[16];
static size_t killed_count;

deadline_ns
deadline_now(void)
{
    return now;
}

int
note_kill(pid_t pid, int signal)
{
    CHECK_EQUAL(signal, SIGKILL);
    killed[killed_count++] = pid;
    return 0;
}

int
let_pass(const struct timespec *wanted, struct timespec *ret_left)
{
    (void)ret_left;
    now += wanted->tv_nsec;
    return 0;
}

static char proc[] = "/tmp/census-XXXXXX";

static void
appear(const struct census *census, const char *pid)
{
    CHECK_EQUAL(mkdirat(census->proc, pid, 0700), 0);
}

static void
vanish(const struct census *census, const char *pid)
{
    CHECK_EQUAL(unlinkat(census->proc, pid, AT_REMOVEDIR), 0);
}

/* The one that counts, 1, and the worker, 2. */
static struct census *
begin(size_t most)
{
    static struct census census;

    census = (struct census){.most = most};
    strcpy(proc, "/tmp/census-XXXXXX");
    CHECK(mkdtemp(proc) != NULL);
    census.proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(census.proc >= 0);
    now = 1000 * MS;
    killed_count = 0;
    appear(&census, "1");
    appear(&census, "self");
    appear(&census, "2");
    return &census;
}

static void
end(const struct census *census)
{
    static const char *const names[] = {"1", "self", "2", "3", "4", "5"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlinkat(census->proc, names[i], AT_REMOVEDIR);
    }
    (void)close(census->proc);
    CHECK_EQUAL(rmdir(proc), 0);
}

static void
as_many_as_granted(void)
{
    struct census *census = begin(2);

    CHECK(has_room(census, 2));
    appear(census, "3");
    CHECK(!has_room(census, 2));
    vanish(census, "3");
    CHECK(has_room(census, 2));
    CHECK(has_room(census, 2));
    CHECK(!census->in_doubt);
    end(census);
}

/* Once it is seen nobody waits for it, however long ago it was let pass. */
static void
what_came_leaves_no_doubt(void)
{
    struct census *census = begin(3);

    CHECK(has_room(census, 2));
    appear(census, "3");
    now += 10;
    CHECK(has_room(census, 3));
    CHECK_EQUAL(now, 1000 * MS + 10);
    appear(census, "4");
    now += 1000 * MS;
    CHECK(!has_room(census, 4));
    CHECK(!census->in_doubt);
    end(census);
}

/* Of two that were let pass one comes, and its maker asks again: the other
 * one still may come. */
static void
who_asks_again_vouches_for_no_other(void)
{
    struct census *census = begin(3);
    deadline_ns before = now;

    CHECK(has_room(census, 2));
    CHECK(has_room(census, 5));
    appear(census, "3");
    CHECK_EQUAL(room(census, 9), 1);
    CHECK_EQUAL(census->waiting - census->appeared, 1);
    CHECK(has_room(census, 5)); /* when the other one is given up */
    CHECK(now > before + 50 * MS);
    CHECK(census->in_doubt);
    end(census);
}

/* And is one too many when it comes nevertheless. */
static void
what_comes_late_is_ended(void)
{
    struct census *census = begin(2);

    CHECK(has_room(census, 2));
    CHECK(has_room(census, 9));
    CHECK(census->in_doubt);
    appear(census, "3");
    census_enforce(census);
    CHECK_EQUAL(killed_count, 0);
    appear(census, "4");
    census_enforce(census);
    CHECK_EQUAL(killed_count, 1);
    end(census);
}

static void
many_that_ask_once(void)
{
    struct census *census = begin(2);

    for (pid_t thread = 10; thread < 10 + 3 * CENSUS_MOST; thread++) {
        CHECK(has_room(census, thread));
        CHECK(census->waiting <= CENSUS_MOST);
        now += MS / 100;
    }
    end(census);
}

TEST_MAIN(TEST(as_many_as_granted), TEST(what_came_leaves_no_doubt),
          TEST(who_asks_again_vouches_for_no_other),
          TEST(what_comes_late_is_ended), TEST(many_that_ask_once))
