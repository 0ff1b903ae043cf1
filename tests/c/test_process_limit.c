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

static char proc[] = "/tmp/limit-XXXXXX";

static void
appear(const struct process_limit *limit, const char *pid)
{
    CHECK_EQUAL(mkdirat(limit->proc, pid, 0700), 0);
}

static void
vanish(const struct process_limit *limit, const char *pid)
{
    CHECK_EQUAL(unlinkat(limit->proc, pid, AT_REMOVEDIR), 0);
}

/* The one that counts, 1, and the worker, 2. */
static struct process_limit *
begin(size_t most)
{
    static struct process_limit limit;

    limit = (struct process_limit){.most = most};
    strcpy(proc, "/tmp/limit-XXXXXX");
    CHECK(mkdtemp(proc) != NULL);
    limit.proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(limit.proc >= 0);
    now = 1000 * MS;
    killed_count = 0;
    appear(&limit, "1");
    appear(&limit, "self");
    appear(&limit, "2");
    return &limit;
}

static void
end(const struct process_limit *limit)
{
    static const char *const names[] = {"1", "self", "2", "3", "4", "5"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unlinkat(limit->proc, names[i], AT_REMOVEDIR);
    }
    (void)close(limit->proc);
    CHECK_EQUAL(rmdir(proc), 0);
}

static void
as_many_as_granted(void)
{
    struct process_limit *limit = begin(2);

    CHECK(has_room(limit, 2));
    appear(limit, "3");
    CHECK(!has_room(limit, 2));
    vanish(limit, "3");
    CHECK(has_room(limit, 2));
    CHECK(has_room(limit, 2));
    CHECK(!limit->in_doubt);
    end(limit);
}

/* Once it is seen nobody waits for it, however long ago it was let pass. */
static void
what_came_leaves_no_doubt(void)
{
    struct process_limit *limit = begin(3);

    CHECK(has_room(limit, 2));
    appear(limit, "3");
    now += 10;
    CHECK(has_room(limit, 3));
    CHECK_EQUAL(now, 1000 * MS + 10);
    appear(limit, "4");
    now += 1000 * MS;
    CHECK(!has_room(limit, 4));
    CHECK(!limit->in_doubt);
    end(limit);
}

/* Of two that were let pass one comes, and its maker asks again: the other
 * one still may come. */
static void
who_asks_again_vouches_for_no_other(void)
{
    struct process_limit *limit = begin(3);
    deadline_ns before = now;

    CHECK(has_room(limit, 2));
    CHECK(has_room(limit, 5));
    appear(limit, "3");
    CHECK_EQUAL(room(limit, 9), 1);
    CHECK_EQUAL(limit->waiting - limit->appeared, 1);
    CHECK(has_room(limit, 5)); /* when the other one is given up */
    CHECK(now > before + 50 * MS);
    CHECK(limit->in_doubt);
    end(limit);
}

/* And is one too many when it comes nevertheless. */
static void
what_comes_late_is_ended(void)
{
    struct process_limit *limit = begin(2);

    CHECK(has_room(limit, 2));
    CHECK(has_room(limit, 9));
    CHECK(limit->in_doubt);
    appear(limit, "3");
    process_limit_enforce(limit);
    CHECK_EQUAL(killed_count, 0);
    appear(limit, "4");
    process_limit_enforce(limit);
    CHECK_EQUAL(killed_count, 1);
    end(limit);
}

static void
many_that_ask_once(void)
{
    struct process_limit *limit = begin(2);

    for (pid_t thread = 10; thread < 10 + 3 * PROCESS_LIMIT_MAX; thread++) {
        CHECK(has_room(limit, thread));
        CHECK(limit->waiting <= PROCESS_LIMIT_MAX);
        now += MS / 100;
    }
    end(limit);
}

TEST_MAIN(TEST(as_many_as_granted), TEST(what_came_leaves_no_doubt),
          TEST(who_asks_again_vouches_for_no_other),
          TEST(what_comes_late_is_ended), TEST(many_that_ask_once))
