// Types of what tracefs describes in C's words.
#pragma once

#include "btf/type_db.h"
#include "probes/tracepoint_format.h"

namespace tracer {

// Of a field as it lies in the event's record. `space` is that of its pointers. None for what the language
// cannot show.
Type tracepoint_field_type(const TracepointField& field, AddressSpace space, TypeDb& types);

// Of a system call's argument, which `field` of its tracepoint describes: there each takes a word, here it
// has its own type.
Type syscall_argument_type(const TracepointField& field, TypeDb& types);

}  // namespace tracer
