// Names of the system calls of the architecture that this was built for.
#pragma once

namespace tracer {

// One more than the largest number that has a name.
int syscall_numbers();
// Null for numbers that no call has.
const char* syscall_text(int number);

}  // namespace tracer
