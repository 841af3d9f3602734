// Reading and changing ELF objects in memory: as much as Artifacts and imported objects need.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tracer {

// The bytes of a section; empty when there is none of that name. Fails on what is no BPF object.
Result<std::string_view> bpf_section(std::string_view object, std::string_view name);

// The sections with what stands in them, as text for people: instructions of programs, maps, bytes.
Result<std::string> describe_object(std::string_view object);

// Makes the Plan's section one that loaders pass over: libbpf warns of data sections that it does
// not know, unless they are string tables.
void hide_plan_section(std::string& object);
// The opposite, for the linker, which drops string tables.
void show_plan_section(std::string& object);
// Lets the verifier look at functions in `.text` as parts of the programs that call them, so that these can
// give them any address. Global functions it checks by themselves, as if nothing were known of arguments.
void make_functions_static(std::string& object);

}  // namespace tracer
