/* Constructors for the types of datetime.
 *
 * Their own constructors take the pickled bytes too, but check little of them;
 * here each field is taken apart and checked as an argument.  Only
 * datetime.timezone is taken for a time zone: a zoneinfo key names a file. */
#include "extension/decoder/parts.h"

#include <datetime.h>

#define FOLD 128

static bool
load_api(void)
{
    if (PyDateTimeAPI == NULL) {
        PyDateTime_IMPORT;
    }
    return PyDateTimeAPI != NULL;
}

bool
decoder_is_time(PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);

    return PyDateTimeAPI != NULL &&
           (type == PyDateTimeAPI->DateType ||
            type == PyDateTimeAPI->DateTimeType ||
            type == PyDateTimeAPI->TimeType ||
            type == PyDateTimeAPI->DeltaType ||
            type == Py_TYPE(PyDateTimeAPI->TimeZone_UTC));
}

/* The packed fields: exactly `size` bytes, then a time zone or nothing. */
static const unsigned char *
packed(struct decoder *d, const struct slot *args, Py_ssize_t size,
       PyObject **ret_zone)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);
    PyObject *bytes;

    d->memory += BYTES_SMALL;
    if (!load_api() || count < 1 || count > 2) {
        return NULL;
    }
    bytes = PyTuple_GET_ITEM(args->value, 0);
    *ret_zone = count == 2 ? PyTuple_GET_ITEM(args->value, 1) : Py_None;
    if (!PyBytes_CheckExact(bytes) || PyBytes_GET_SIZE(bytes) != size ||
        (*ret_zone != Py_None &&
         Py_TYPE(*ret_zone) != Py_TYPE(PyDateTimeAPI->TimeZone_UTC))) {
        return NULL;
    }
    return (const unsigned char *)PyBytes_AS_STRING(bytes);
}

static int
big_endian(const unsigned char *bytes, int width)
{
    int value = 0;

    while (width-- > 0) {
        value = value << 8 | *bytes++;
    }
    return value;
}

MAKE(make_date)
{
    PyObject *zone = NULL;
    const unsigned char *b = packed(d, args, 4, &zone);

    (void)ret;
    if (b == NULL || zone != Py_None) {
        return decoder_bad_arguments(d, self);
    }
    return PyDateTimeAPI->Date_FromDate(big_endian(b, 2), b[2], b[3],
                                        PyDateTimeAPI->DateType);
}

MAKE(make_time)
{
    PyObject *zone = NULL;
    const unsigned char *b = packed(d, args, 6, &zone);

    (void)ret;
    if (b == NULL) {
        return decoder_bad_arguments(d, self);
    }
    return PyDateTimeAPI->Time_FromTimeAndFold(
        b[0] % FOLD, b[1], b[2], big_endian(b + 3, 3), zone, b[0] / FOLD,
        PyDateTimeAPI->TimeType);
}

MAKE(make_datetime)
{
    PyObject *zone = NULL;
    const unsigned char *b = packed(d, args, 10, &zone);

    (void)ret;
    if (b == NULL) {
        return decoder_bad_arguments(d, self);
    }
    return PyDateTimeAPI->DateTime_FromDateAndTimeAndFold(
        big_endian(b, 2), b[2] % FOLD, b[3], b[4], b[5], b[6],
        big_endian(b + 7, 3), zone, b[2] / FOLD, PyDateTimeAPI->DateTimeType);
}

MAKE(make_timedelta)
{
    static const long LIMITS[3] = {999999999, 86399, 999999};
    long fields[3];
    Py_ssize_t i;

    (void)ret;
    if (!load_api() || PyTuple_GET_SIZE(args->value) != 3) {
        return decoder_bad_arguments(d, self);
    }
    for (i = 0; i < 3; i++) {
        PyObject *field = PyTuple_GET_ITEM(args->value, i);
        int overflow = 0;
        if (!PyLong_CheckExact(field)) {
            return decoder_bad_arguments(d, self);
        }
        fields[i] = PyLong_AsLongAndOverflow(field, &overflow);
        if (overflow != 0 || fields[i] > LIMITS[i] ||
            fields[i] < (i == 0 ? -LIMITS[i] : 0)) {
            return decoder_bad_arguments(d, self);
        }
    }
    d->memory += BYTES_SMALL;
    return PyDateTimeAPI->Delta_FromDelta((int)fields[0], (int)fields[1],
                                          (int)fields[2], 1,
                                          PyDateTimeAPI->DeltaType);
}

MAKE(make_timezone)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args->value);
    PyObject *offset, *name;

    (void)ret;
    if (!load_api() || count < 1 || count > 2) {
        return decoder_bad_arguments(d, self);
    }
    offset = PyTuple_GET_ITEM(args->value, 0);
    name = count == 2 ? PyTuple_GET_ITEM(args->value, 1) : NULL;
    if (Py_TYPE(offset) != PyDateTimeAPI->DeltaType ||
        (name != NULL && !PyUnicode_CheckExact(name))) {
        return decoder_bad_arguments(d, self);
    }
    d->memory += BYTES_SMALL;
    return PyDateTimeAPI->TimeZone_FromTimeZone(offset, name);
}
