/* The Python face of the C parts: the module, its methods and constants.
 *
 * Loaded in the caller and inside the sandbox (zygote and worker).  Each
 * method parses arguments, gives up the GIL around what blocks, calls C and
 * raises; the mechanisms are in the other rooms, and but for the decoder they
 * know no Python.
 *
 * What the caller's types count and line up is guarded by the GIL.  The module
 * does not say that it can do without, so a free-threaded interpreter takes
 * the GIL as it imports it. */
#include "extension/python/methods.h"

#include "extension/caller/call.h"
#include "extension/wire/frame.h"
#include "shared/memory_slot.h"
#include "shared/order.h"
#include "shared/stage.h"

static PyMethodDef boxed_methods[] = {
    {"forget", method_forget, METH_NOARGS,
     "In a forked child: let go of what is the parent's."},
    {"await_ends", type_call_await_ends, METH_O,
     "Wait for the end of each worker whose call was left."},
    {"seats", type_seat_counts, METH_NOARGS,
     "Calls that are open, that wait, and when the last one ended."},
    {"send", method_send, METH_VARARGS, "Send one message."},
    {"receive", method_receive, METH_VARARGS, "Receive one message."},
    {"json_bounds", method_json_bounds, METH_O,
     "Depth, longest number, and whether a float may be infinite."},
    {"landlock_abi", method_landlock_abi, METH_NOARGS,
     "The Landlock ABI version of this kernel."},
    {"identities", method_identities, METH_O,
     "Devices and inodes of paths, zeros for what is not there."},
    {"seal", method_seal, METH_NOARGS, "Make the process undumpable."},
    {"memory_ruler", method_memory_ruler, METH_NOARGS,
     "The zygote: what bounds a call's memory, and why it is no cgroup."},
    {"serve", (PyCFunction)(void (*)(void))method_serve,
     METH_VARARGS | METH_KEYWORDS, "The zygote's loop."},
    {"await_request", method_await_request, METH_VARARGS,
     "Worker: whether the request comes within milliseconds."},
    {"refuse_request", method_refuse_request, METH_NOARGS,
     "Worker: take no request any more; whether one is there already."},
    {"await_end", method_await_end, METH_NOARGS,
     "Worker: linger, with no other threads, until the zygote ends it."},
    {"read_request", method_read_request, METH_VARARGS, "Worker: request."},
    {"answer", method_answer, METH_VARARGS, "Worker: answer."},
    {"is_guest", method_is_guest, METH_NOARGS,
     "Whether this process is a worker that has its request."},
    {"host_call", method_host_call, METH_VARARGS,
     "Worker: ask the caller, and wait for what it says."},
    {"rehearse_answer", method_rehearse_answer, METH_NOARGS,
     "Worker: touch what an answer needs, and send none."},
    {"release_reserve", method_release_reserve, METH_NOARGS,
     "Worker: use the memory that was put aside."},
    {"reserve_was_needed", method_reserve_was_needed, METH_NOARGS,
     "Worker: use the memory that was put aside; whether there was no other."},
    {"perform", method_perform, METH_VARARGS,
     "Worker: call what answers, or tell what it raised; whether one did."},
    {"new_store", method_new_store, METH_VARARGS,
     "Memory to be sent; with an object, it becomes its `store`."},
    {"close_store", method_close_store, METH_O,
     "Close an object's `store`, if it has one."},
    {"write_store", method_write_store, METH_VARARGS, "Write into a store."},
    {"seal_store", method_seal_store, METH_VARARGS,
     "Make a store unchangeable."},
    {"ask_store", method_ask_store, METH_VARARGS,
     "Worker: a store for the answer, or -1."},
    {"set_file_capabilities", method_set_file_capabilities, METH_VARARGS,
     "Give the file of a descriptor capabilities, or with None take all."},
    {"get_file_capabilities", method_get_file_capabilities, METH_VARARGS,
     "The capabilities of the file of a descriptor, or None."},
    {"decode", (PyCFunction)(void (*)(void))method_decode,
     METH_FASTCALL | METH_KEYWORDS,
     "Rebuild a guest's result from its pickle."},
    {NULL, NULL, 0, NULL},
};

struct constant {
    const char *name;
    long value;
};

static const struct constant constants[] = {
    {"ORDER_MAGIC", ORDER_MAGIC},
    {"ORDER_MAX_TEXT", ORDER_MAX_TEXT},
    {"ORDER_MAX_ENTRIES", ORDER_MAX_ENTRIES},
    {"ORDER_MAX_MOUNTS", ORDER_MAX_MOUNTS},
    {"ORDER_MAX_PATH", ORDER_MAX_PATH},
    {"ORDER_SERVER_FD", ORDER_SERVER_FD},
    {"ORDER_NETWORK", ORDER_NETWORK},
    {"STATUS_MAGIC", BOXED_STATUS_MAGIC},
    {"TIER_FULL", TIER_FULL},
    {"TIER_UID", TIER_UID},
    {"TIER_ROOTLESS", TIER_ROOTLESS},
    {"TIER_LANDLOCK", TIER_LANDLOCK},
    {"FRAME_VALUE", FRAME_VALUE},
    {"FRAME_ERROR", FRAME_ERROR},
    {"FRAME_REFUSED", FRAME_REFUSED},
    {"FRAME_TOO_LONG", FRAME_TOO_LONG},
    {"FRAME_STORED", FRAME_STORED},
    {"FRAME_NOTED", FRAME_NOTED},
    {"FRAME_MAX_PARTS", FRAME_MAX_PARTS},
    {"MEMORY_WATCHED", MEMORY_WATCHED},
    {"CALL_ANSWERED", CALL_ANSWERED},
    {"CALL_ASKED", CALL_ASKED},
    {"CALL_OUTPUT", CALL_OUTPUT},
    {"CALL_ENDED", CALL_ENDED},
    {"CALL_SETUP", CALL_SETUP},
    {"CALL_TIMEOUT", CALL_TIMEOUT},
    {"CALL_UNREAD", CALL_UNREAD},
    {"CALL_PROTOCOL", CALL_PROTOCOL},
    {"CALL_WAITING", CALL_WAITING},
};

static int
add_constants(PyObject *module)
{
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name,
                                    constants[i].value) != 0) {
            return -1;
        }
    }
    return 0;
}

/* By number, of enum boxed_stage and enum memory_ruler. */
static const char *const stages[] = {
#define BOXED_STAGE_NAME(id, name) name,
    BOXED_STAGES(BOXED_STAGE_NAME)
#undef BOXED_STAGE_NAME
};
static const char *const rulers[] = {
    [MEMORY_RLIMIT] = "rlimit",
    [MEMORY_CGROUP1] = "cgroup v1",
    [MEMORY_CGROUP2] = "cgroup v2",
    [MEMORY_WATCHED] = "watched",
};

static int
add_names(PyObject *module, const char *as, const char *const *names,
          Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    if (tuple == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (name == NULL) {
            Py_DECREF(tuple);
            return -1;
        }
        PyTuple_SET_ITEM(tuple, i, name);
    }
    int result = PyModule_AddObject(module, as, tuple);
    if (result != 0) {
        Py_DECREF(tuple);
    }
    return result;
}

static int
add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return result;
}

static int
exec_boxed(PyObject *module)
{
    if (add_constants(module) != 0 ||
        add_names(module, "STAGES", stages, STAGE_COUNT) != 0 ||
        add_names(module, "MEMORY_RULERS", rulers, MEMORY_RULERS) != 0) {
        return -1;
    }
    PyType_Spec *const types[] = {
        &type_box_spec,    &type_call_spec, &type_latch_spec,
        &type_memory_spec, &type_seat_spec,
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (add_type(module, types[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot boxed_slots[] = {
    {Py_mod_exec, exec_boxed},
    {Py_mod_exec, method_decode_exec},
    {0, NULL},
};

static struct PyModuleDef boxed_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "boxed._boxed",
    .m_doc = "C parts of boxed; private, see the boxed package.",
    .m_methods = boxed_methods,
    .m_slots = boxed_slots,
};

PyMODINIT_FUNC PyInit__boxed(void);

PyMODINIT_FUNC
PyInit__boxed(void)
{
    return PyModuleDef_Init(&boxed_module);
}
