#include "ast/passes/config_values.h"

namespace tracer::ast {
namespace {

constexpr const char* kMissingProbes[] = {"error", "warn", "ignore"};
constexpr const char* kStackModes[] = {"bpftrace", "perf", "raw", "build_id"};
constexpr const char* kUnstable[] = {"enable", "warn", "error"};

// The default depends on the run: one table for a command that tracer starts itself.
const char* symbol_cache(SymbolCache cache) {
  switch (cache) {
    case SymbolCache::PerProgram:
      return "PER_PROGRAM";
    case SymbolCache::None:
      return "NONE";
    case SymbolCache::Default:
    case SymbolCache::PerPid:
      break;
  }
  return "PER_PID";
}

template <typename Enum, size_t Count>
std::string word(const char* const (&words)[Count], Enum value) {
  return words[static_cast<size_t>(value)];
}

}  // namespace

std::vector<ConfigValue> config_values(const Config& config) {
  const auto number = [](uint32_t value) { return uint64_t{value}; };
  return {
      {"cache_user_symbols", std::string(symbol_cache(config.cache_user_symbols))},
      {"cpp_demangle", config.cpp_demangle},
      {"lazy_symbolication", config.lazy_symbolication},
      {"license", config.license},
      {"log_size", number(config.log_size)},
      {"max_bpf_progs", number(config.max_bpf_progs)},
      {"max_cat_bytes", number(config.max_cat_bytes)},
      {"max_map_keys", number(config.max_map_keys)},
      {"max_probes", number(config.max_probes)},
      {"max_strlen", number(config.max_strlen)},
      {"missing_probes", word(kMissingProbes, config.missing_probes)},
      {"on_stack_limit", number(config.on_stack_limit)},
      {"perf_rb_pages", number(config.perf_rb_pages)},
      {"print_maps_on_exit", config.print_maps_on_exit},
      {"show_debug_info", config.show_debug_info},
      {"stack_mode", word(kStackModes, config.stack_mode)},
      {"str_trunc_trailer", config.str_trunc_trailer},
      {"unstable_dw_ustack", word(kUnstable, config.unstable_dw_ustack)},
      {"unstable_import_statement", word(kUnstable, config.unstable_import_statement)},
      {"unstable_tseries", word(kUnstable, config.unstable_tseries)},
      {"unstable_typeinfo", word(kUnstable, config.unstable_typeinfo)},
      {"use_blazesym", false},
  };
}

}  // namespace tracer::ast
