/* extension/zygote/children.c with children that do nothing but wait: who is
 * killed, when, and what the caller is told. */
#include "extension/zygote/children.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "extension/wire/frame.h"
#include "test.h"

#define MANY 12

static struct events events;
static struct children children;
static pid_t pids[MANY];
static int callers[MANY]; /* the callers' ends of the report sockets */

/* A child that lives in a way of its own. */
static void
adopt_one(int i, void (*live)(void))
{
    int pair[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    callers[i] = pair[0];
    pids[i] = fork();
    if (pids[i] == 0) {
        live();
        _exit(0);
    }
    CHECK_EQUAL(children_reserve(&children), 0);
    CHECK_EQUAL(children_adopt(&children, pids[i], (uint64_t)i + 100, pair[1],
                               -1, NULL),
                0);
}

static void
wait_for_a_signal(void)
{
    (void)pause();
}

static void
adopt(int i)
{
    adopt_one(i, wait_for_a_signal);
}

static void
begin(int count)
{
    events = (struct events){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    children = (struct children){.events = &events};
    for (int i = 0; i < count; i++) {
        adopt(i);
    }
    CHECK_EQUAL(children.count, count);
}

/* Handles one event within ms, if there is one. */
static bool
turn(int ms)
{
    struct event_source *source;

    if (events_next(&events, ms, &source) != 1) {
        return false;
    }
    if (source->kind == EVENT_REPORT) {
        (void)children_hear(&children, source->child);
    }
    else {
        CHECK_EQUAL(source->kind, EVENT_EXIT);
        children_bury(&children, source->child);
    }
    return true;
}

static void
finish(void)
{
    for (int i = 0; i < MANY; i++) {
        if (callers[i] > 0) {
            (void)shutdown(callers[i], SHUT_WR);
        }
    }
    while (children.count > 0 && turn(5000)) {
    }
    CHECK_EQUAL(children.count, 0);
    CHECK_EQUAL(children.lingering, 0);
    CHECK(children.first_lingering == NULL);
    CHECK(children.last_lingering == NULL);
    for (int i = 0; i < MANY; i++) {
        if (callers[i] > 0) {
            (void)close(callers[i]);
        }
        callers[i] = 0;
    }
    (void)close(events.epoll);
    CHECK_EQUAL(waitpid(-1, NULL, 0), -1);
}

static void
let_linger(int i)
{
    CHECK_EQUAL(send(callers[i], "", 1, 0), 1);
    CHECK(turn(5000));
}

static bool
is_alive(int i)
{
    siginfo_t info = {.si_pid = 0};
    CHECK_EQUAL(
        waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOHANG | WNOWAIT), 0);
    return info.si_pid == 0;
}

/* Waits for its report, and answers the signal that ended it. */
static int
ended_by(int i)
{
    struct frame_report report = {.magic = 0};

    while (recv(callers[i], &report, sizeof(report), MSG_DONTWAIT) !=
           sizeof(report)) {
        if (!turn(5000)) {
            return -1;
        }
    }
    CHECK_EQUAL(report.magic, FRAME_MAGIC);
    CHECK_EQUAL(report.id, i + 100);
    return WTERMSIG(report.status);
}

static void
the_end_of_the_socket_kills(void)
{
    begin(3);
    CHECK(!turn(0));
    CHECK_EQUAL(shutdown(callers[1], SHUT_WR), 0);
    CHECK_EQUAL(ended_by(1), SIGKILL);
    CHECK_EQUAL(children.count, 2);
    CHECK(is_alive(0) && is_alive(2));
    finish();
}

static void
one_that_ends_itself_is_not_killed(void)
{
    begin(2);
    children.end_themselves = true;
    CHECK_EQUAL(shutdown(callers[1], SHUT_WR), 0);
    CHECK(turn(5000));
    CHECK(!turn(50));
    CHECK(is_alive(1));
    (void)kill(pids[1], SIGTERM);
    CHECK_EQUAL(ended_by(1), SIGTERM);
    children.end_themselves = false;
    finish();
}

static void
a_death_is_reported(void)
{
    begin(2);
    (void)kill(pids[0], SIGTERM);
    CHECK_EQUAL(ended_by(0), SIGTERM);
    CHECK_EQUAL(children.count, 1);
    finish();
}

static void
one_that_lingers_lives_until_it_is_time(void)
{
    begin(3);
    let_linger(0);
    let_linger(2);
    CHECK_EQUAL(children.lingering, 2);
    children_end_lingering(&children, 1);
    CHECK(!turn(50));
    CHECK(is_alive(0) && is_alive(2));
    children_end_lingering(&children, deadline_now());
    CHECK_EQUAL(children.lingering, 0);
    CHECK_EQUAL(ended_by(0), SIGKILL);
    CHECK_EQUAL(ended_by(2), SIGKILL);
    CHECK(is_alive(1));
    finish();
}

static void
the_first_of_too_many_end(void)
{
    begin(MANY);
    for (int i = 0; i < MANY; i++) {
        let_linger(MANY - 1 - i);
    }
    CHECK_EQUAL(children.lingering, MANY);
    children_end_lingering(&children, 1);
    CHECK(children.lingering > 0 && children.lingering < MANY);
    for (unsigned i = 0; i < MANY - children.lingering; i++) {
        CHECK_EQUAL(ended_by(MANY - 1 - (int)i), SIGKILL);
    }
    CHECK_EQUAL(children.count, children.lingering);
    CHECK(is_alive(0));
    children_end_lingering(&children, deadline_now());
    finish();
}

/* Wherever in the row it was. */
static void
one_that_dies_lingers_no_more(void)
{
    for (int dying = 0; dying < 3; dying++) {
        begin(3);
        for (int i = 0; i < 3; i++) {
            let_linger(i);
        }
        (void)kill(pids[dying], SIGTERM);
        CHECK_EQUAL(ended_by(dying), SIGTERM);
        CHECK_EQUAL(children.lingering, 2);
        children_end_lingering(&children, deadline_now());
        CHECK_EQUAL(children.lingering, 0);
        for (int i = 0; i < 3; i++) {
            CHECK(i == dying || ended_by(i) == SIGKILL);
        }
        finish();
    }
}

/* No descriptor is left for it, and then there is: its death is reported, and
 * the end of its call kills it, only later. */
static void
a_shortage_of_descriptors_delays_and_loses_nothing(void)
{
    struct rlimit before, none;

    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    begin(1);
    for (int how = 0; how < 2; how++) {
        int highest = dup(0), i = 1 + how;
        (void)close(highest);
        none = before;
        /* What adopt() itself opens, the two ends of a socket, fits. */
        none.rlim_cur = (rlim_t)highest + 2;
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
        adopt(i);
        CHECK(events.outside != NULL);
        if (how == 0) {
            (void)kill(pids[i], SIGTERM);
        }
        else {
            CHECK_EQUAL(shutdown(callers[i], SHUT_WR), 0);
        }
        CHECK(!turn(20) || how == 1);
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
        CHECK_EQUAL(ended_by(i), how == 0 ? SIGTERM : SIGKILL);
        CHECK(events.outside == NULL);
    }
    CHECK(is_alive(0));
    finish();
}

/* Works for ever, whatever the signals that it can ignore. */
static void
be_busy(void)
{
    (void)signal(SIGXCPU, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    for (volatile int turns = 0;; turns++) {
    }
}

static void
limit_cpu(int i, uint64_t us)
{
    const struct frame_limits limit = {.magic = FRAME_MAGIC, .cpu_us = us};

    CHECK_EQUAL(send(callers[i], &limit, sizeof(limit), 0), sizeof(limit));
    CHECK(turn(5000));
}

static void
who_has_used_its_time_ends(void)
{
    struct frame_report report = {.magic = 0};

    begin(1);
    adopt_one(1, be_busy);
    adopt_one(2, be_busy);
    limit_cpu(0, 1);
    limit_cpu(1, 30000);
    limit_cpu(2, 3600000000u);
    CHECK(children.cpu_limits.first != NULL);
    while (recv(callers[1], &report, sizeof(report), MSG_DONTWAIT) < 0) {
        deadline_ns next =
            cpu_limits_enforce(&children.cpu_limits, deadline_now());
        CHECK(next != DEADLINE_NEVER);
        (void)turn(deadline_left_ms(next));
    }
    CHECK_EQUAL(WTERMSIG(report.status), SIGKILL);
    CHECK(report.charged_us >= 30000);
    CHECK(report.charged_us < 3000000);
    CHECK(is_alive(2));
    finish();
    CHECK(children.cpu_limits.first == NULL);
    CHECK_EQUAL(cpu_limits_enforce(&children.cpu_limits, 0), DEADLINE_NEVER);
}

/* A limit goes with its child, wherever it is in the list. */
static void
limits_of_children_that_are_gone(void)
{
    for (int gone = 0; gone < 3; gone++) {
        begin(3);
        for (int i = 0; i < 3; i++) {
            limit_cpu(i, 3600000000u);
        }
        limit_cpu(1, 7200000000u);
        (void)kill(pids[gone], SIGTERM);
        CHECK_EQUAL(ended_by(gone), SIGTERM);
        int left = 0;
        for (struct cpu_limit *limit = children.cpu_limits.first;
             limit != NULL; limit = limit->after) {
            CHECK(limit->pid != pids[gone]);
            left++;
        }
        CHECK_EQUAL(left, 2);
        (void)cpu_limits_enforce(&children.cpu_limits, deadline_now());
        finish();
    }
}

TEST_MAIN(TEST(who_has_used_its_time_ends),
          TEST(limits_of_children_that_are_gone),
          TEST(the_end_of_the_socket_kills),
          TEST(one_that_ends_itself_is_not_killed), TEST(a_death_is_reported),
          TEST(one_that_lingers_lives_until_it_is_time),
          TEST(a_shortage_of_descriptors_delays_and_loses_nothing),
          TEST(the_first_of_too_many_end), TEST(one_that_dies_lingers_no_more))
