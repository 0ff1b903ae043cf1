/* The opcode table and the loop that runs it: one pass over the stream.
 *
 * Every serializer in the sandbox is asked for protocol 5.  That and 4, a part
 * of it, are read, and of their opcodes what a pickler writes in them.  INT,
 * LONG, FLOAT, UNICODE, LIST, DICT, PUT, BINPUT, LONG_BINPUT and GET have
 * given way to others: pickle, cloudpickle and dill write them in older
 * protocols alone.  POP, POP_MARK and DUP serve cycles and tricks, STRING and
 * its kind Python 2, INST and OBJ old classes, EXT and PERSID names that only
 * the reader could resolve.  GLOBAL is dill's for a few names that no result
 * may hold, such as NoneType: it is read so far that the refusal can name it.
 */
#include "extension/decoder/opcodes.h"

#define TICK 4096

struct opcode {
    const char *name;
    int (*run)(struct decoder *d);
};

static const struct opcode OPCODES[256] = {
    ['('] = {"MARK", op_mark},
    [')'] = {"EMPTY_TUPLE", op_empty_tuple},
    ['0'] = {"POP", NULL},
    ['1'] = {"POP_MARK", NULL},
    ['2'] = {"DUP", NULL},
    ['B'] = {"BINBYTES", op_binbytes},
    ['C'] = {"SHORT_BINBYTES", op_short_binbytes},
    ['F'] = {"FLOAT", NULL},
    ['G'] = {"BINFLOAT", op_binfloat},
    ['I'] = {"INT", NULL},
    ['J'] = {"BININT", op_binint},
    ['K'] = {"BININT1", op_binint1},
    ['L'] = {"LONG", NULL},
    ['M'] = {"BININT2", op_binint2},
    ['N'] = {"NONE", op_none},
    ['P'] = {"PERSID", NULL},
    ['Q'] = {"BINPERSID", NULL},
    ['R'] = {"REDUCE", op_reduce},
    ['S'] = {"STRING", NULL},
    ['T'] = {"BINSTRING", NULL},
    ['U'] = {"SHORT_BINSTRING", NULL},
    ['V'] = {"UNICODE", NULL},
    ['X'] = {"BINUNICODE", op_binunicode},
    [']'] = {"EMPTY_LIST", op_empty_list},
    ['a'] = {"APPEND", op_append},
    ['b'] = {"BUILD", op_build},
    ['c'] = {"GLOBAL", op_global},
    ['d'] = {"DICT", NULL},
    ['e'] = {"APPENDS", op_appends},
    ['g'] = {"GET", NULL},
    ['h'] = {"BINGET", op_binget},
    ['i'] = {"INST", NULL},
    ['j'] = {"LONG_BINGET", op_long_binget},
    ['l'] = {"LIST", NULL},
    ['o'] = {"OBJ", NULL},
    ['p'] = {"PUT", NULL},
    ['q'] = {"BINPUT", NULL},
    ['r'] = {"LONG_BINPUT", NULL},
    ['s'] = {"SETITEM", op_setitem},
    ['t'] = {"TUPLE", op_tuple},
    ['u'] = {"SETITEMS", op_setitems},
    ['}'] = {"EMPTY_DICT", op_empty_dict},
    [0x80] = {"a second PROTO", NULL},
    [0x81] = {"NEWOBJ", op_newobj},
    [0x82] = {"EXT1", NULL},
    [0x83] = {"EXT2", NULL},
    [0x84] = {"EXT4", NULL},
    [0x85] = {"TUPLE1", op_tuple1},
    [0x86] = {"TUPLE2", op_tuple2},
    [0x87] = {"TUPLE3", op_tuple3},
    [0x88] = {"NEWTRUE", op_true},
    [0x89] = {"NEWFALSE", op_false},
    [0x8a] = {"LONG1", op_long1},
    [0x8b] = {"LONG4", op_long4},
    [0x8c] = {"SHORT_BINUNICODE", op_short_binunicode},
    [0x8d] = {"BINUNICODE8", op_binunicode8},
    [0x8e] = {"BINBYTES8", op_binbytes8},
    [0x8f] = {"EMPTY_SET", op_empty_set},
    [0x90] = {"ADDITEMS", op_additems},
    [0x91] = {"FROZENSET", op_frozenset},
    [0x92] = {"NEWOBJ_EX", op_newobj_ex},
    [0x93] = {"STACK_GLOBAL", op_stack_global},
    [0x94] = {"MEMOIZE", op_memoize},
    [0x96] = {"BYTEARRAY8", op_bytearray8},
    [0x97] = {"NEXT_BUFFER", op_next_buffer},
    [0x98] = {"READONLY_BUFFER", op_readonly_buffer},
};

#define OPCODE_PROTO 0x80
#define OPCODE_STOP  '.'
#define OPCODE_FRAME 0x95
#define PROTOCOL_MIN 4
#define PROTOCOL_MAX 5

static int
refuse_opcode(struct decoder *d, unsigned char code)
{
    const struct opcode *opcode = &OPCODES[code];

    if (opcode->name == NULL) {
        return decoder_refuse(d, "opcode", "0x%x is no opcode",
                              (unsigned)code);
    }
    return decoder_refuse(d, "opcode", "%s is not accepted", opcode->name);
}

static int
read_header(struct decoder *d)
{
    const unsigned char *head = decoder_take(d, 2);

    if (head == NULL) {
        return -1;
    }
    if (head[0] != OPCODE_PROTO || head[1] < PROTOCOL_MIN ||
        head[1] > PROTOCOL_MAX) {
        return decoder_refuse(d, "protocol", "the protocol is not %d",
                              PROTOCOL_MAX);
    }
    return 0;
}

/* An opcode and its argument lie in one frame or outside all: `limit` ends
 * every read, and a frame inside a frame is refused. */
static int
enter_frame(struct decoder *d)
{
    size_t size;

    if (d->in_frame) {
        return decoder_refuse(d, "frame", "a frame where none may begin");
    }
    if (decoder_read_size(d, 8, &size) < 0) {
        return -1;
    }
    d->limit = d->pos + size;
    d->in_frame = true;
    return 0;
}

static int
leave_frame(struct decoder *d)
{
    if (!d->in_frame) {
        return decoder_truncated(d);
    }
    d->limit = d->end;
    d->in_frame = false;
    return 0;
}

static int
run_opcode(struct decoder *d, unsigned char code)
{
    const struct opcode *opcode = &OPCODES[code];

    if (opcode->run != NULL) {
        return opcode->run(d);
    }
    if (code == OPCODE_FRAME) {
        return enter_frame(d);
    }
    return refuse_opcode(d, code);
}

static int
run_opcodes(struct decoder *d)
{
    for (;;) {
        unsigned char code;

        if (d->pos == d->limit) {
            if (leave_frame(d) < 0) {
                return -1;
            }
            continue;
        }
        if (--d->countdown < 0 && decoder_tick(d) < 0) {
            return -1;
        }
        code = *d->pos++;
        if (code == OPCODE_STOP) {
            return 0;
        }
        if (run_opcode(d, code) < 0) {
            return -1;
        }
    }
}

static PyObject *
finish(struct decoder *d)
{
    const struct slot *result = d->stack;

    if (d->pos != d->end) {
        (void)decoder_refuse(d, "trailing", "bytes after the end");
        return NULL;
    }
    if (d->mark_count != 0 || d->top != 1) {
        (void)decoder_refuse(d, "stack", "the stream leaves %zu values",
                             d->top);
        return NULL;
    }
    if (d->options->buffers != NULL &&
        d->next_buffer != PyTuple_GET_SIZE(d->options->buffers)) {
        (void)decoder_refuse(d, "buffers", "a buffer was left unused");
        return NULL;
    }
    if (result->flags & SLOT_INTERNAL) {
        (void)decoder_refuse_internal(d, result->value);
        return NULL;
    }
    if (decoder_charge_memory(d, 0) < 0) {
        return NULL;
    }
    Py_INCREF(result->value);
    return result->value;
}

/* What the interpreter raised about the guest's data becomes a refusal, with
 * the original as its cause. */
static void
translate_error(struct decoder *d)
{
    PyObject *type, *value, *traceback, *ours;

    if (d->refused || d->foreign ||
        PyErr_ExceptionMatches(PyExc_MemoryError) ||
        !PyErr_ExceptionMatches(PyExc_Exception)) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    (void)decoder_refuse(d, "value", "a value cannot be rebuilt: %.200s",
                         ((PyTypeObject *)type)->tp_name);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    PyErr_Fetch(&type, &ours, &traceback);
    PyErr_NormalizeException(&type, &ours, &traceback);
    if (ours != NULL && value != NULL) {
        PyException_SetCause(ours, value);
    }
    else {
        Py_XDECREF(value);
    }
    PyErr_Restore(type, ours, traceback);
}

/* The budgets.  Out-of-band data may be copied as often as what is in the
 * stream; left where it is, it takes no further memory.  Builders copy what
 * was copied before. */
static int
set_budgets(struct decoder *d, size_t size)
{
    PyObject *buffers = d->options->buffers;
    PyObject *builders = d->options->builders;
    size_t held = size, copies;
    Py_ssize_t i;

    for (i = 0; buffers != NULL && i < PyTuple_GET_SIZE(buffers); i++) {
        Py_buffer view;
        if (PyObject_GetBuffer(PyTuple_GET_ITEM(buffers, i), &view,
                               PyBUF_SIMPLE) < 0) {
            return -1;
        }
        held += (size_t)view.len;
        PyBuffer_Release(&view);
    }
    copies = builders != NULL && PyDict_GET_SIZE(builders) > 0 ? 4 : 2;
    d->copy_left = copies * held + (1 << 16);
    d->work_left = 16 * size + (1 << 23);
    d->max_memory = BOXED_MEMORY_BASE + BOXED_MEMORY_FACTOR * size +
                    copies * (held - size);
    if (d->max_memory > d->options->max_memory) {
        d->max_memory = d->options->max_memory;
    }
    return 0;
}

PyObject *
decoder_decode(const struct decoder_options *options,
               const unsigned char *data, size_t size)
{
    struct small_room small;
    struct decoder d = {
        .options = options,
        .start = data,
        .pos = data,
        .limit = data + size,
        .end = data + size,
        .stack = small.stack,
        .stack_size = sizeof(small.stack) / sizeof(small.stack[0]),
        .memo = small.memo,
        .memo_size = sizeof(small.memo) / sizeof(small.memo[0]),
        .marks = small.marks,
        .marks_size = sizeof(small.marks) / sizeof(small.marks[0]),
        .small = &small,
        .countdown = TICK,
    };
    PyObject *result = NULL;

    if (set_budgets(&d, size) < 0) {
        return NULL;
    }
    if (read_header(&d) == 0 && run_opcodes(&d) == 0) {
        result = finish(&d);
    }
    if (result == NULL) {
        translate_error(&d);
    }
    decoder_clear(&d);
    return result;
}
