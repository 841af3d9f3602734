#pragma once

namespace tracer {

// Opens those of the descriptors 0, 1 and 2 that whoever started the process has closed: else files of other
// use would get these numbers, and be taken for the output. What is written to an output that was closed
// fails.
void open_standard_files();

}  // namespace tracer
