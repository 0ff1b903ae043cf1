/* boxed._boxed.Latch: several threads need one piece of work done, one of them
 * does it, and the others wait for that.
 *
 * Runs in the caller, with the GIL held but for the wait.  The latch is opened
 * in C, however the work ends, so that nobody waits for work that was
 * interrupted.  Some threads must not wait here: one that is itself at such
 * work, or has a call open.  What it would wait for could be waiting for it,
 * directly or by way of others.  That happens in signal handlers, and in what
 * a collected object runs. */
#include "extension/python/methods.h"

#include "extension/caller/fork_hook.h"
#include "extension/caller/waiter.h"
#include "extension/python/type_latch.h"
#include "shared/deadline.h"

struct latch_object {
    PyObject_HEAD
    struct fork_hook hook;
    struct list_link link; /* in `working` */
    struct list_link waiting;
    unsigned long thread;
    bool closed;
    bool begins_closed;
};

/* Those that are closed by a thread's work. */
static struct list_link working = {&working, &working};

/* Whoever waited in a forked child's parent is on the stack of a thread that
 * is no more. */
static void
forget_latch(struct fork_hook *hook)
{
    struct latch_object *self = LIST_OWNER(hook, struct latch_object, hook);
    list_init(&self->waiting);
    list_remove(&self->link);
    self->closed = false;
}

static bool
may_wait(unsigned long thread)
{
    for (struct list_link *one = working.next; one != &working;
         one = one->next) {
        if (LIST_OWNER(one, struct latch_object, link)->thread == thread) {
            return false;
        }
    }
    return !type_seat_is_held_by(thread);
}

static PyObject *
new_latch(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int closed = 0;

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Latch takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "|p:Latch", &closed)) {
        return NULL;
    }
    struct latch_object *self = (struct latch_object *)type->tp_alloc(type, 0);
    if (self != NULL) {
        list_init(&self->link);
        list_init(&self->waiting);
        fork_hook_add(&self->hook, forget_latch);
        self->closed = self->begins_closed = closed;
    }
    return (PyObject *)self;
}

static void
dealloc_latch(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    fork_hook_remove(&((struct latch_object *)object)->hook);
    type->tp_free(object);
    Py_DECREF(type);
}

static void
open_latch(struct latch_object *self)
{
    self->closed = false;
    list_remove(&self->link);
    while (waiter_wake_first(&self->waiting) != NULL) {
    }
}

static PyObject *
run_work(PyObject *object, PyObject *work)
{
    struct latch_object *self = (struct latch_object *)object;

    if (self->closed && !self->begins_closed) {
        Py_RETURN_NONE;
    }
    if (!self->begins_closed) {
        self->closed = true;
        self->thread = PyThread_get_thread_ident();
        list_append(&working, &self->link);
    }
    Py_INCREF(self);
    PyObject *result = PyObject_CallObject(work, NULL);
    open_latch(self);
    Py_DECREF(self);
    return result;
}

/* Until it is open.  0, or -1 with what a signal's handler raised. */
static int
await_opening(struct latch_object *self)
{
    while (self->closed) {
        struct waiter waiter;
        int error;

        waiter_begin(&waiter, &self->waiting);
        Py_BEGIN_ALLOW_THREADS
        error = waiter_sleep(&waiter, DEADLINE_NEVER);
        Py_END_ALLOW_THREADS
        list_remove(&waiter.link);
        if (error == -EINTR && PyErr_CheckSignals() != 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
wait_latch(PyObject *object, PyObject *unused)
{
    struct latch_object *self = (struct latch_object *)object;

    (void)unused;
    if (self->closed && !self->begins_closed &&
        !may_wait(PyThread_get_thread_ident())) {
        Py_RETURN_FALSE;
    }
    return await_opening(self) == 0 ? PyBool_FromLong(1) : NULL;
}

static PyObject *
get_closed(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((struct latch_object *)object)->closed);
}

static PyMethodDef latch_methods[] = {
    {"run", run_work, METH_O,
     "Call this, and be closed meanwhile; None where it is closed already."},
    {"wait", wait_latch, METH_NOARGS,
     "Until it is open; false where this thread must not wait for another."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef latch_getset[] = {
    {"closed", get_closed, NULL, "Whether somebody is at work.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot latch_slots[] = {
    {Py_tp_new, new_latch},
    {Py_tp_dealloc, dealloc_latch},
    {Py_tp_methods, latch_methods},
    {Py_tp_getset, latch_getset},
    {Py_tp_doc, (void *)"Latch(closed=False): closed at first, for work that"
                        " is yet to begin, in any thread."},
    {0, NULL},
};

PyType_Spec type_latch_spec = {
    .name = "boxed._boxed.Latch",
    .basicsize = sizeof(struct latch_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = latch_slots,
};
