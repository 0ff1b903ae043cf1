/* boxed._boxed.Seat: one call's place among the calls that the process may
 * have open at once.
 *
 * Runs in the caller, with the GIL held but for the wait.  The count goes with
 * the object: as long as a Seat that was taken lives it counts, so no
 * interrupt can leave a count behind.  Seats that wait are woken one by one,
 * in their order, as calls end; one that gives up after it was woken wakes the
 * next. */
#include "extension/python/methods.h"

#include "extension/caller/fork_hook.h"
#include "extension/caller/waiter.h"
#include "extension/python/type_box.h"
#include "extension/python/type_latch.h"
#include "shared/deadline.h"

enum seat_state {
    SEAT_FREE,    /* not counted */
    SEAT_HELD,    /* of a call that is open, or is being opened */
    SEAT_WAITING, /* for the end of another one */
    SEAT_CALLED,  /* it is its turn to try */
};

struct seat_object {
    PyObject_HEAD
    struct fork_hook hook;
    struct waiter waiter; /* its link is in `held` or in `waiting` */
    PyObject *box;
    enum seat_state state;
    unsigned long thread;
    unsigned int stuck; /* waits of its thread, which it cannot end before */
    unsigned long long ends;
};

static struct list_link held = {&held, &held};
static struct list_link waiting = {&waiting, &waiting};
/* How many are held, of them stuck, and called. */
static Py_ssize_t held_count, stuck_count, called_count;
/* Calls that have ended, and when the last one did. */
static unsigned long long ends;
static deadline_ns last_end;

static struct seat_object *
seat_of(struct list_link *link)
{
    return LIST_OWNER(link, struct seat_object, waiter.link);
}

/* Not counted any more, whatever it was. */
static void
take_out(struct seat_object *self)
{
    list_remove(&self->waiter.link);
    held_count -= self->state == SEAT_HELD;
    stuck_count -= self->state == SEAT_HELD && self->stuck > 0;
    called_count -= self->state == SEAT_CALLED;
    self->stuck = 0;
    self->state = SEAT_FREE;
}

static void
call_next(void)
{
    struct waiter *next = waiter_wake_first(&waiting);
    if (next != NULL) {
        seat_of(&next->link)->state = SEAT_CALLED;
        called_count++;
    }
}

/* Whether anybody can end whose end those that wait would hear of. */
static bool
somebody_moves(void)
{
    return held_count - stuck_count + called_count > 0;
}

static void
leave(struct seat_object *self)
{
    enum seat_state before = self->state;

    take_out(self);
    if (before == SEAT_HELD) {
        ends++;
        last_end = deadline_now();
    }
    /* With nobody left to call them, each has to find out. */
    if (before == SEAT_HELD || before == SEAT_CALLED || !somebody_moves()) {
        call_next();
    }
}

static void
forget_seat(struct fork_hook *hook)
{
    take_out(LIST_OWNER(hook, struct seat_object, hook));
}

bool
type_seat_is_held_by(unsigned long thread)
{
    for (struct list_link *one = held.next; one != &held; one = one->next) {
        if (seat_of(one)->thread == thread) {
            return true;
        }
    }
    return false;
}

/* What a thread holds cannot end while it waits. */
static void
mark_stuck(unsigned long thread, bool stuck)
{
    for (struct list_link *one = held.next; one != &held; one = one->next) {
        struct seat_object *seat = seat_of(one);
        if (seat->thread == thread) {
            seat->stuck += stuck ? 1u : -1u;
            stuck_count += stuck ? seat->stuck == 1 : -(seat->stuck == 0);
        }
    }
}

static PyObject *
new_seat(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *box = NULL;

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Seat takes no keywords");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "|O:Seat", &box)) {
        return NULL;
    }
    Py_ssize_t *users = box == NULL ? NULL : type_box_users(box);
    if (box != NULL && users == NULL) {
        return NULL;
    }
    struct seat_object *self = (struct seat_object *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    list_init(&self->waiter.link);
    fork_hook_add(&self->hook, forget_seat);
    if (box != NULL) {
        Py_INCREF(box);
        self->box = box;
        ++*users;
    }
    return (PyObject *)self;
}

static PyObject *
take_seat(PyObject *object, PyObject *number)
{
    struct seat_object *self = (struct seat_object *)object;
    Py_ssize_t most = PyLong_AsSsize_t(number);

    if (most == -1 && PyErr_Occurred()) {
        return NULL;
    }
    take_out(self);
    self->thread = PyThread_get_thread_ident();
    self->ends = ends;
    if (held_count >= most) {
        Py_RETURN_FALSE;
    }
    self->state = SEAT_HELD;
    held_count++;
    list_append(&held, &self->waiter.link);
    Py_RETURN_TRUE;
}

/* In line until its turn or the deadline.  0, or -1 with an exception. */
static int
line_up(struct seat_object *self, deadline_ns deadline)
{
    int error;

    self->state = SEAT_WAITING;
    waiter_begin(&self->waiter, &waiting);
    Py_BEGIN_ALLOW_THREADS
    error = waiter_sleep(&self->waiter, deadline);
    Py_END_ALLOW_THREADS
    mark_stuck(self->thread, false);
    if (self->state == SEAT_WAITING) {
        take_out(self);
    }
    if (error != -EINTR) {
        return 0;
    }
    /* A handler may take long, and make calls of its own. */
    leave(self);
    return PyErr_CheckSignals();
}

static PyObject *
wait_seat(PyObject *object, PyObject *number)
{
    struct seat_object *self = (struct seat_object *)object;
    double seconds = PyFloat_AsDouble(number);

    if (seconds == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    self->thread = PyThread_get_thread_ident();
    take_out(self);
    if (self->ends != ends) {
        Py_RETURN_TRUE;
    }
    mark_stuck(self->thread, true);
    if (!somebody_moves()) {
        mark_stuck(self->thread, false);
        leave(self);
        Py_RETURN_FALSE;
    }
    deadline_ns deadline = deadline_after_ms((int64_t)(seconds * 1000));
    if (line_up(self, deadline) != 0) {
        return NULL;
    }
    Py_RETURN_TRUE;
}

static PyObject *
leave_seat(PyObject *object, PyObject *unused)
{
    struct seat_object *self = (struct seat_object *)object;

    (void)unused;
    if (self->state != SEAT_FREE) {
        leave(self);
    }
    if (self->box != NULL) {
        --*type_box_users(self->box);
        Py_CLEAR(self->box);
    }
    Py_RETURN_NONE;
}

static void
dealloc_seat(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    Py_XDECREF(leave_seat(object, NULL));
    fork_hook_remove(&((struct seat_object *)object)->hook);
    type->tp_free(object);
    Py_DECREF(type);
}

PyObject *
type_seat_counts(PyObject *module, PyObject *unused)
{
    Py_ssize_t in_line = called_count;

    (void)module;
    (void)unused;
    for (struct list_link *one = waiting.next; one != &waiting;
         one = one->next) {
        in_line++;
    }
    return Py_BuildValue("(nnL)", held_count, in_line, (long long)last_end);
}

static PyMethodDef seat_methods[] = {
    {"take", take_seat, METH_O,
     "Count as an open call, if there are fewer than so many."},
    {"wait", wait_seat, METH_O,
     "Count no more, and wait for the end of another call for so many\n"
     "seconds at most; false where there is none whose end could come."},
    {"leave", leave_seat, METH_NOARGS, "Count no more: the call has ended."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot seat_slots[] = {
    {Py_tp_new, new_seat},
    {Py_tp_dealloc, dealloc_seat},
    {Py_tp_methods, seat_methods},
    {0, NULL},
};

PyType_Spec type_seat_spec = {
    .name = "boxed._boxed.Seat",
    .basicsize = sizeof(struct seat_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = seat_slots,
};
