/* The functions behind the opcodes; the table in opcodes.c names them all. */
#ifndef BOXED_DECODER_OPCODES_H
#define BOXED_DECODER_OPCODES_H

#include "extension/decoder/parts.h"

#pragma GCC visibility push(hidden)

#define OPCODE(function) int function(struct decoder *d)
OPCODE(op_none);
OPCODE(op_true);
OPCODE(op_false);
OPCODE(op_binint);
OPCODE(op_binint1);
OPCODE(op_binint2);
OPCODE(op_long1);
OPCODE(op_long4);
OPCODE(op_binfloat);
OPCODE(op_short_binunicode);
OPCODE(op_binunicode);
OPCODE(op_binunicode8);
OPCODE(op_short_binbytes);
OPCODE(op_binbytes);
OPCODE(op_binbytes8);
OPCODE(op_bytearray8);
OPCODE(op_next_buffer);
OPCODE(op_readonly_buffer);
OPCODE(op_mark);
OPCODE(op_memoize);
OPCODE(op_binget);
OPCODE(op_long_binget);
OPCODE(op_empty_list);
OPCODE(op_empty_dict);
OPCODE(op_empty_set);
OPCODE(op_empty_tuple);
OPCODE(op_tuple);
OPCODE(op_tuple1);
OPCODE(op_tuple2);
OPCODE(op_tuple3);
OPCODE(op_frozenset);
OPCODE(op_append);
OPCODE(op_appends);
OPCODE(op_setitem);
OPCODE(op_setitems);
OPCODE(op_additems);
OPCODE(op_global);
OPCODE(op_stack_global);
OPCODE(op_reduce);
OPCODE(op_newobj);
OPCODE(op_newobj_ex);
OPCODE(op_build);

#pragma GCC visibility pop
#endif
