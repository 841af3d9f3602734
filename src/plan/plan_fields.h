// What stands in a Plan: each struct lists its fields once, and the same list writes and reads. For an
// archive `a`: a(name, field) is a field that may be left out when it is zero or empty, a.nested(name, field)
// one that may not.
#pragma once

#include "plan/plan.h"

namespace tracer {

template <typename A>
void describe(A& a, Enumerator& v) {
  a("name", v.name);
  a("value", v.value);
}

template <typename A>
void describe(A& a, Type& v) {
  a("kind", v.kind);
  a("size", v.size);
  a("signed", v.is_signed);
  a("space", v.space);
  a("stack_mode", v.stack_mode);
  a("clock", v.clock);
  a("union", v.is_union);
  a("count", v.count);
  a("name", v.name);
  a("target", v.target);
  a("fields", v.fields);
  a("enumerators", v.enumerators);
}

template <typename A>
void describe(A& a, Field& v) {
  a("name", v.name);
  a.nested("type", v.type);
  a("offset", v.offset);
  a("bit_offset", v.bit_offset);
  a("bit_size", v.bit_size);
}

template <typename A>
void describe(A& a, FormatPiece& v) {
  a("text", v.text);
  a("conversion", v.conversion);
  a("left", v.left);
  a("plus", v.plus);
  a("alternate", v.alternate);
  a("zero", v.zero);
  a("width", v.width);
  a("length", v.length);
  a("spelling", v.spelling);
}

template <typename A>
void describe(A& a, Config& v) {
  a("max_strlen", v.max_strlen);
  a("max_map_keys", v.max_map_keys);
  a("max_probes", v.max_probes);
  a("max_bpf_progs", v.max_bpf_progs);
  a("max_cat_bytes", v.max_cat_bytes);
  a("on_stack_limit", v.on_stack_limit);
  a("log_size", v.log_size);
  a("perf_rb_pages", v.perf_rb_pages);
  a("print_maps_on_exit", v.print_maps_on_exit);
  a("cpp_demangle", v.cpp_demangle);
  a("lazy_symbolication", v.lazy_symbolication);
  a("show_debug_info", v.show_debug_info);
  a("stack_mode", v.stack_mode);
  a("missing_probes", v.missing_probes);
  a("str_trunc_trailer", v.str_trunc_trailer);
  a("license", v.license);
  a("cache_user_symbols", v.cache_user_symbols);
}

template <typename A>
void describe(A& a, AttachTarget& v) {
  a("name", v.name);
  a("module", v.module);
  a("function", v.function);
  a("offset", v.offset);
  a("address", v.address);
  a("file_offset", v.file_offset);
  a("semaphore", v.semaphore);
  a("program_id", v.program_id);
  a("length", v.length);
  a("mode", v.mode);
  a("arguments", v.arguments);
  a("unchecked", v.unchecked);
}

template <typename A>
void describe(A& a, ProbePlan& v) {
  a("provider", v.provider);
  a("name", v.name);
  a("program", v.program);
  a("section", v.section);
  a("targets", v.targets);
  a("period", v.period);
  a("clause", v.clause);
  a("multi", v.multi);
  a("wildcard", v.wildcard);
}

template <typename A>
void describe(A& a, MapPlan& v) {
  a("name", v.name);
  a("symbol", v.symbol);
  a("kind", v.kind);
  a("storage", v.storage);
  a.nested("key", v.key);
  a.nested("value", v.value);
  a("key_size", v.key_size);
  a("value_size", v.value_size);
  a("max_entries", v.max_entries);
  a("hist_bits", v.hist_bits);
  a("lhist_min", v.lhist_min);
  a("lhist_max", v.lhist_max);
  a("lhist_step", v.lhist_step);
  a("series_interval", v.series_interval);
  a("series_length", v.series_length);
  a("series_aggregate", v.series_aggregate);
}

template <typename A>
void describe(A& a, EventPlan& v) {
  a("kind", v.kind);
  a("control", v.control);
  a("either_ring", v.either_ring);
  a("size", v.size);
  a("arguments", v.arguments);
  a("format", v.format);
  a("text", v.text);
  a("map", v.map);
  a("has_top", v.has_top);
  a("has_div", v.has_div);
  a("top", v.top);
  a("div", v.div);
  a("place", v.place);
}

template <typename A>
void describe(A& a, CounterPlan& v) {
  a("kind", v.kind);
  a("probe", v.probe);
  a("map", v.map);
  a("place", v.place);
  a("helper", v.helper);
  a("text", v.text);
  a("only_with_k", v.only_with_k);
}

template <typename A>
void describe(A& a, Place& v) {
  a("file", v.file);
  a("line", v.line);
  a("column", v.column);
  a("end_column", v.end_column);
  a("source_line", v.source_line);
  a("expanded_from", v.expanded_from);
}

template <typename A>
void describe(A& a, Need& v) {
  a("kind", v.kind);
  a("subject", v.subject);
  a("member", v.member);
  a("module", v.module);
  a("found", v.found);
  a("place", v.place);
}

template <typename A>
void describe(A& a, Plan& v) {
  a("script", v.script);
  a.nested("config", v.config);
  a("probes", v.probes);
  a("maps", v.maps);
  a("events", v.events);
  a("counters", v.counters);
  a("places", v.places);
  a("strings", v.strings);
  a("target_pid", v.target_pid);
  a("uses_data_ring", v.uses_data_ring);
  a("uses_control_ring", v.uses_control_ring);
  a("uses_packets", v.uses_packets);
  a("scratch_size", v.scratch_size);
  a("saved_on", v.saved_on);
  a("needs", v.needs);
  a("unsafe", v.unsafe);
}

}  // namespace tracer
