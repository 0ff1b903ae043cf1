/* The end of a call's worker, for Python: who waits for it, and who leaves it
 * to come by itself.
 *
 * Runs in the caller, with the GIL held but for the wait: so several threads
 * may wait for the same end.  What a worker used is known only when it has
 * ended, and few wait for that: a call that is left keeps its report socket,
 * and the next one that is left closes those on which the report has come. */
#include "extension/python/type_call.h"

#include <poll.h>

#include "extension/python/methods.h"

static struct list_link ending = {&ending, &ending};

/* Without the GIL until there is something to step for; or -EINTR. */
static int
sleep_until(struct call_watch *watch)
{
    int ready;

    Py_BEGIN_ALLOW_THREADS
    ready = poll(watch->sources, CALL_SOURCES, deadline_left_ms(watch->until));
    ready = ready < 0 ? -errno : 0;
    Py_END_ALLOW_THREADS
    return ready;
}

/* CALL_ENDED, CALL_LOST or CALL_TIMEOUT; negative: an exception is set. */
static int
await_end(struct call_object *self, deadline_ns deadline)
{
    for (;;) {
        struct call_watch watch;
        /* In a child forked by code that a signal ran, it is the parent's. */
        int event = self->call.report_socket < 0
                        ? CALL_LOST
                        : call_step_end(&self->call, deadline, &watch);
        if (event == CALL_WAITING) {
            event = sleep_until(&watch);
            if (event != -EINTR || PyErr_CheckSignals() == 0) {
                continue;
            }
            return -1;
        }
        if (event < 0) {
            (void)method_raise_errno(event);
        }
        return event;
    }
}

PyObject *
type_call_wait_end(PyObject *object, PyObject *deadline)
{
    long long until = PyLong_AsLongLong(deadline);

    if (until == -1 && PyErr_Occurred()) {
        return NULL;
    }
    int event = await_end((struct call_object *)object, until);
    return event < 0 ? NULL : PyLong_FromLong(event);
}

/* Whether it has ended, by when it needs no descriptor any more. */
static bool
has_ended(struct call_object *self)
{
    struct call_watch watch;

    if (self->call.report_socket >= 0 &&
        call_step_end(&self->call, 0, &watch) == CALL_TIMEOUT) {
        return false;
    }
    list_remove(&self->ending);
    call_close(&self->call);
    return true;
}

static void
close_those_that_ended(void)
{
    struct list_link *next;

    for (struct list_link *one = ending.next; one != &ending; one = next) {
        next = one->next;
        (void)has_ended(LIST_OWNER(one, struct call_object, ending));
    }
}

void
type_call_leave(struct call_object *self)
{
    call_leave(&self->call);
    close_those_that_ended();
    list_remove(&self->ending);
    list_append(&ending, &self->ending);
}

/* Each that was left, since the sandbox or the process is about to end. */
PyObject *
type_call_await_ends(PyObject *module, PyObject *deadline)
{
    long long until = PyLong_AsLongLong(deadline);
    int event = 0;

    (void)module;
    if (until == -1 && PyErr_Occurred()) {
        return NULL;
    }
    while (event >= 0 && event != CALL_TIMEOUT && !list_is_empty(&ending)) {
        struct call_object *first =
            LIST_OWNER(ending.next, struct call_object, ending);
        Py_INCREF(first);
        event = await_end(first, until);
        (void)has_ended(first);
        Py_DECREF(first);
    }
    if (event < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}
