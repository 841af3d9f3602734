#include "ast/builtin_places.h"

#include <algorithm>
#include <initializer_list>

#include "probes/provider.h"

namespace tracer::ast {
namespace {

using enum Provider;

struct Places {
  BuiltinWhere where;
  std::initializer_list<Provider> providers;
};

// The kernel gives registers of the code that was interrupted to these programs only, ...
constexpr auto kWithRegisters = {Kprobe, Kretprobe, Ksyscall, Kretsyscall, Uprobe,   Uretprobe,
                                 Usdt,   Profile,   Interval, Software,    Hardware, Watchpoint};
// ... sends signals from these, ...
constexpr auto kSignalling = {Kprobe, Kretprobe,  Ksyscall, Kretsyscall, Uprobe, Uretprobe,
                              Usdt,   Tracepoint, Profile,  Fentry,      Fexit,  RawTracepoint};
// ... and knows in these that a pointer is a socket.
constexpr auto kTyped = {Fentry, Fexit, Iter, RawTracepoint};

// Code of user programs.
constexpr auto kUserCode = {Uprobe, Uretprobe, Usdt};

constexpr Places kPlaces[] = {
    {BuiltinWhere::UserCode, kUserCode},
    {BuiltinWhere::RegisterProbe, kWithRegisters},
    {BuiltinWhere::StackArgument, {Kprobe, Uprobe}},
    {BuiltinWhere::KprobeOnly, {Kprobe, Ksyscall}},
    {BuiltinWhere::SignalProbe, kSignalling},
    {BuiltinWhere::SocketProbe, kTyped},
    {BuiltinWhere::PathProbe, {Fentry, Fexit, Iter}},
};

const Places* find(BuiltinWhere where) {
  const auto* found = std::find_if(std::begin(kPlaces), std::end(kPlaces),
                                   [&](const Places& places) { return places.where == where; });
  return found == std::end(kPlaces) ? nullptr : found;
}

}  // namespace

bool works_in(BuiltinWhere where, Provider provider) {
  const Places* places = find(where);
  return !places ||
         std::find(places->providers.begin(), places->providers.end(), provider) != places->providers.end();
}

bool works_in_user_session(BuiltinWhere where) {
  return where != BuiltinWhere::KernelSession && where != BuiltinWhere::ContextProbe && !find(where);
}

std::string places_of(BuiltinWhere where) {
  const Places* places = find(where);
  if (!places) return "";
  std::string text;
  const Provider last = *(places->providers.end() - 1);
  for (Provider each : places->providers) {
    if (!text.empty()) text += each == last ? " and " : ", ";
    text += provider_info(each).name;
  }
  return text;
}

}  // namespace tracer::ast
