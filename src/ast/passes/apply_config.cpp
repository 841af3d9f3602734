#include "ast/passes/apply_config.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "ast/diagnostics.h"
#include "ast/passes/numbers.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

// ---------------------------------------------------------------- values

std::optional<uint64_t> to_number(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  errno = 0;
  char* end = nullptr;
  const uint64_t value = std::strtoull(digits.c_str(), &end, 0);
  if (errno != 0 || *end != '\0') return std::nullopt;
  return value;
}

// Index of a word in a list of choices.
std::optional<size_t> to_choice(const std::string& text, std::initializer_list<const char*> choices) {
  size_t index = 0;
  const std::string word = lower(text);
  for (const char* each : choices) {
    if (word == lower(each)) return index;
    ++index;
  }
  return std::nullopt;
}

// ---------------------------------------------------------------- the table

// What a setter says: nothing when the value was taken.
enum class Refusal : uint8_t { None, NotANumber, NotABool, NotAChoice, TooLarge, Zero };

struct Answer {
  Refusal refusal = Refusal::None;
  const char* choices = "";
};

using Setter = Answer (*)(Config& config, const std::string& value);

// Sizes of strings are computed with 32 bits.
constexpr uint32_t kMostStringBytes = 1u << 30;

template <uint32_t Config::*Member, uint32_t Least = 0, uint32_t Most = UINT32_MAX>
Answer set_number(Config& config, const std::string& value) {
  const auto number = to_number(value);
  if (!number) return {Refusal::NotANumber};
  if (*number > Most) return {Refusal::TooLarge};
  if (*number < Least) return {Refusal::Zero};
  config.*Member = static_cast<uint32_t>(*number);
  return {};
}

template <bool Config::*Member, bool Inverted = false>
Answer set_bool(Config& config, const std::string& value) {
  const auto flag = parse_bool(value);
  if (!flag) return {Refusal::NotABool};
  config.*Member = *flag != Inverted;
  return {};
}

Answer check_bool(Config&, const std::string& value) {
  return parse_bool(value) ? Answer{} : Answer{Refusal::NotABool};
}

template <Unstable Config::*Member>
Answer set_unstable(Config& config, const std::string& value) {
  if (const auto choice = to_choice(value, {"enable", "warn", "error"})) {
    config.*Member = static_cast<Unstable>(*choice);
  } else if (const auto flag = parse_bool(value)) {
    config.*Member = *flag ? Unstable::Enable : Unstable::Error;
  } else {
    return {Refusal::NotAChoice, "enable, warn, and error"};
  }
  return {};
}

Answer set_symbol_cache(Config& config, const std::string& value) {
  const auto choice = to_choice(value, {"1", "PER_PROGRAM", "PER_PID", "NONE", "0"});
  if (!choice) return {Refusal::NotAChoice, "PER_PROGRAM, PER_PID, and NONE"};
  config.cache_user_symbols = *choice == 4 ? SymbolCache::None : static_cast<SymbolCache>(*choice);
  return {};
}

Answer set_missing_probes(Config& config, const std::string& value) {
  const auto choice = to_choice(value, {"error", "warn", "ignore"});
  if (!choice) return {Refusal::NotAChoice, "ignore, warn, and error"};
  config.missing_probes = static_cast<MissingProbes>(*choice);
  return {};
}

Answer set_stack_mode(Config& config, const std::string& value) {
  const auto choice = to_choice(value, {"bpftrace", "perf", "raw", "build_id"});
  if (!choice) return {Refusal::NotAChoice, "bpftrace, perf, raw, and build_id"};
  config.stack_mode = static_cast<StackMode>(*choice);
  return {};
}

Answer set_license(Config& config, const std::string& value) {
  for (const char* each :
       {"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"}) {
    if (value != each) continue;
    config.license = value;
    return {};
  }
  return {Refusal::NotAChoice,
          "GPL, GPL v2, GPL and additional rights, Dual BSD/GPL, Dual MIT/GPL, and Dual MPL/GPL"};
}

Answer set_trailer(Config& config, const std::string& value) {
  config.str_trunc_trailer = value;
  return {};
}

struct Variable {
  const char* name;
  Setter set;
};

constexpr std::array kVariables = {
    Variable{"cache_user_symbols", set_symbol_cache},
    Variable{"cpp_demangle", set_bool<&Config::cpp_demangle>},
    Variable{"lazy_symbolication", set_bool<&Config::lazy_symbolication>},
    Variable{"license", set_license},
    Variable{"log_size", set_number<&Config::log_size>},
    Variable{"max_bpf_progs", set_number<&Config::max_bpf_progs>},
    Variable{"max_cat_bytes", set_number<&Config::max_cat_bytes>},
    Variable{"max_map_keys", set_number<&Config::max_map_keys, 1>},
    Variable{"max_probes", set_number<&Config::max_probes>},
    Variable{"max_strlen", set_number<&Config::max_strlen, 1, kMostStringBytes>},
    Variable{"missing_probes", set_missing_probes},
    Variable{"on_stack_limit", set_number<&Config::on_stack_limit>},
    Variable{"perf_rb_pages", set_number<&Config::perf_rb_pages>},
    Variable{"print_maps_on_exit", set_bool<&Config::print_maps_on_exit>},
    Variable{"show_debug_info", set_bool<&Config::show_debug_info>},
    Variable{"stack_mode", set_stack_mode},
    Variable{"str_trunc_trailer", set_trailer},
    Variable{"unstable_dw_ustack", set_unstable<&Config::unstable_dw_ustack>},
    Variable{"unstable_import_statement", set_unstable<&Config::unstable_import_statement>},
    Variable{"unstable_tseries", set_unstable<&Config::unstable_tseries>},
    Variable{"unstable_typeinfo", set_unstable<&Config::unstable_typeinfo>},
    Variable{"use_blazesym", check_bool},
};

struct Renamed {
  const char* old_name;
  const char* name;
  Setter set;  // null: the setter of the new name
};

constexpr std::array kRenamed = {
    Renamed{"strlen", "max_strlen", nullptr},
    Renamed{"no_cpp_demangle", "cpp_demangle", set_bool<&Config::cpp_demangle, true>},
    Renamed{"cat_bytes_max", "max_cat_bytes", nullptr},
    Renamed{"map_keys_max", "max_map_keys", nullptr},
};

constexpr std::array kDeprecated = {"symbol_source",   "max_type_res_iterations", "unstable_addr",
                                    "unstable_import", "unstable_macro",          "unstable_map_decl"};

constexpr std::array kEnvironmentOnly = {"btf", "vmlinux", "kernel_source", "kernel_build", "color"};

const Variable* find_variable(std::string_view name) {
  for (const Variable& each : kVariables) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return result;
}

std::string without_prefix(const std::string& name) {
  std::string word = lower(name);
  for (const std::string_view prefix : {"tracer_", "bpftrace_"}) {
    if (word.starts_with(prefix)) return word.substr(prefix.size());
  }
  return word;
}

// ---------------------------------------------------------------- applying

// Where a setting was written; the environment has no place in the script.
struct Origin {
  const Setting* setting = nullptr;
};

class Applier {
 public:
  Applier(Config& config, Diagnostics& diags) : config_(config), diags_(diags) {}

  void block(const ConfigBlock& block) {
    for (const Setting* setting : block.settings) {
      apply({setting}, without_prefix(setting->name), setting->name, setting->value);
    }
  }

  void environment(const Environment& environment) {
    for (const Renamed& each : kRenamed) from_environment(environment, each.old_name);
    for (const Variable& each : kVariables) from_environment(environment, each.name);
    for (const char* each : kDeprecated) from_environment(environment, each);
  }

 private:
  void from_environment(const Environment& environment, const char* name) {
    for (const char* prefix : {"TRACER_", "BPFTRACE_"}) {
      const std::string full = prefix + upper(name);
      if (const char* value = environment(full.c_str())) {
        apply({}, name, full, value);
        return;
      }
    }
  }

  void apply(Origin origin, const std::string& name, const std::string& written, const std::string& value) {
    for (const char* each : kDeprecated) {
      if (name == each) {
        report(origin, false, diag::config_deprecated, name);
        return;
      }
    }
    for (const char* each : kEnvironmentOnly) {
      if (name == each) {
        report(origin, false, diag::config_environment_only, written);
        return;
      }
    }
    for (const Renamed& each : kRenamed) {
      if (name != each.old_name) continue;
      report(origin, false, diag::config_renamed, name, each.name);
      return set(origin, each.set ? each.set : find_variable(each.name)->set, name, value);
    }
    if (const Variable* variable = find_variable(name)) return set(origin, variable->set, name, value);
    std::vector<std::string> names;
    for (const Variable& each : kVariables) names.emplace_back(each.name);
    report(origin, false, diag::config_unknown, written).hint(did_you_mean(name, names));
  }

  void set(Origin origin, Setter setter, const std::string& name, const std::string& value) {
    const Answer answer = setter(config_, value);
    switch (answer.refusal) {
      case Refusal::None:
        return;
      case Refusal::NotANumber:
        report(origin, true, diag::config_not_a_number, name, value);
        return;
      case Refusal::NotABool:
        report(origin, true, diag::config_not_a_bool, name);
        return;
      case Refusal::NotAChoice:
        report(origin, true, diag::config_not_a_choice, name, name, answer.choices);
        return;
      case Refusal::TooLarge:
        report(origin, true, diag::config_too_large, name, value);
        return;
      case Refusal::Zero:
        report(origin, true, diag::config_zero, name);
        return;
    }
  }

  template <typename... Args>
  Diagnostic& report(Origin origin, bool at_value, const DiagnosticKind& kind, const Args&... args) {
    if (!origin.setting) return diags_.report_without_place(kind, args...);
    const Setting& setting = *origin.setting;
    Span name = setting.span;
    name.end = name.begin + static_cast<uint32_t>(setting.name.size());
    return diags_.report(at_value ? setting.value_span : name, kind, args...);
  }

  Config& config_;
  Diagnostics& diags_;
};

}  // namespace

void apply_config(const Script& script, const Environment& environment, Config& config, Diagnostics& diags) {
  Applier applier(config, diags);
  if (script.config) applier.block(*script.config);
  applier.environment(environment);
}

}  // namespace tracer::ast
