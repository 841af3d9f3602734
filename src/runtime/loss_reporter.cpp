#include "runtime/loss_reporter.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "probes/provider.h"

namespace tracer {

namespace {

constexpr const char* kMapFull =
    "Map full; can't update element. Try increasing max_map_keys config or manually setting the max "
    "entries in a map declaration e.g. `let @a = hash(5000)`";
constexpr const char* kDivideByZero =
    "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.";
constexpr const char* kRangeCut = "Range too long. The loop ended after 8388608 rounds, the kernel's limit.";
constexpr const char* kLookupMissing = "Can't lookup map element because it does not exist.";
constexpr const char* kDeleteMissing = "Can't delete map element because it does not exist.";
constexpr const char* kArrayBounds = "Array access out of bounds. This can lead to unexpected results.";

std::string times_text(std::string text, uint64_t times) {
  return times > 1 ? fmt::format("{} ({} times)", text, times) : text;
}

// What the kernel says when a map has no room; other codes are failures of another kind.
bool is_full(int64_t code) { return code == -E2BIG || code == -ENOMEM || code == 0; }

std::string helper_text(int64_t code) { return std::strerror(static_cast<int>(code < 0 ? -code : code)); }

// The counter's words, with what was counted last in place of `{}`.
std::string notice_text(std::string text, int64_t last_code) {
  if (const size_t at = text.find("{}"); at != text.npos) text.replace(at, 2, std::to_string(last_code));
  return text;
}

// What the probes of one clause missed since it was told last.
struct ClauseMissed {
  std::string_view probe;  // the first of them
  Provider provider = Provider::Begin;
  size_t others = 0;
  MissedEvents events;
};

std::string missed_text(const ClauseMissed& missed) {
  std::string text(missed.probe);
  if (missed.others > 0) text += fmt::format(" and {} others of its clause", missed.others);
  const bool returns = provider_info(missed.provider).is_return;
  const auto [nested, unfollowed, with_returns] = missed.events;
  if (with_returns) text += " and its returns";
  text += fmt::format(" missed {} {}:", nested + unfollowed, returns ? "returns" : "events");
  if (nested > 0) text += fmt::format(" {} while a program was running on the CPU already", nested);
  if (nested > 0 && unfollowed > 0) text += ",";
  if (unfollowed > 0)
    text +=
        returns || with_returns
            ? fmt::format(" {} because more calls were under way than the kernel follows at once", unfollowed)
            : fmt::format(" {} while another probe was being handled on the CPU", unfollowed);
  if (unfollowed > 0 && with_returns) text += "; with --no-feature kprobe_session the entries are all seen";
  return text;
}

}  // namespace

// One sentence for a clause: a wildcard may have made a thousand programs of it.
void LossReporter::report_missed(const std::vector<MissedEvents>& now) {
  std::map<std::pair<uint32_t, Provider>, ClauseMissed> clauses;
  seen_missed_.resize(now.size());
  for (size_t i = 0; i < now.size(); ++i) {
    const MissedEvents before = std::exchange(seen_missed_[i], now[i]);
    const MissedEvents more{now[i].nested - before.nested, now[i].unfollowed - before.unfollowed,
                            now[i].with_returns};
    if (more.nested + more.unfollowed == 0) continue;
    const ProbePlan& probe = plan_.probes[i];
    auto [entry, fresh] = clauses.try_emplace({probe.clause, probe.provider});
    ClauseMissed& clause = entry->second;
    if (fresh)
      clause = {probe.name, probe.provider, 0, {}};
    else
      ++clause.others;
    clause.events.nested += more.nested;
    clause.events.unfollowed += more.unfollowed;
    clause.events.with_returns |= more.with_returns;
  }
  for (const auto& [key, clause] : clauses) output_.warning(missed_text(clause));
}

Result<void> LossReporter::report(Session& session) {
  report_missed(session.missed());
  if (plan_.counters.empty()) return {};
  auto now = session.counters();
  if (!now) return std::unexpected(now.error());
  seen_.resize(plan_.counters.size());
  uint64_t lost_now = 0;
  for (size_t i = 0; i < now->size() && i < seen_.size(); ++i) {
    uint64_t times = (*now)[i].count - seen_[i].count;
    if (times == 0) continue;
    seen_[i] = (*now)[i];
    const CounterKind kind = plan_.counters[i].kind;
    if (kind == CounterKind::LostEvent || kind == CounterKind::LostControl) lost_now += times;
    if (kind != CounterKind::LostEvent) {
      // Up to Linux 6.3 helpers for maps leave the upper half of their result undefined.
      tell(plan_.counters[i], times, static_cast<int32_t>(seen_[i].last_code));
    }
  }
  total_lost_ += lost_now;
  if (lost_now > 0) output_.lost(lost_now);
  return {};
}

const Place& LossReporter::place_of(const CounterPlan& counter) const {
  static const Place kNowhere;
  return counter.place < plan_.places.size() ? plan_.places[counter.place] : kNowhere;
}

std::string LossReporter::probe_name(const CounterPlan& counter) const {
  return counter.probe < plan_.probes.size() ? plan_.probes[counter.probe].name : "?";
}

void LossReporter::tell(const CounterPlan& counter, uint64_t times, int64_t last_code) {
  if (counter.only_with_k && !also_k_) return;
  const Place& place = place_of(counter);
  switch (counter.kind) {
    case CounterKind::LostEvent:
      break;
    case CounterKind::LostControl:
      output_.warning(fmt::format("{} requests of {} (exit, print, clear, zero) found their buffer full",
                                  times, probe_name(counter)));
      break;
    case CounterKind::MapFull:
      output_.helper_error(place, times_text(is_full(last_code) ? kMapFull : helper_text(last_code), times),
                           "map_update_elem", last_code);
      break;
    case CounterKind::DivideByZero:
      output_.runtime_warning(place, times_text(kDivideByZero, times));
      break;
    case CounterKind::ArrayBounds:
      output_.runtime_warning(place, times_text(kArrayBounds, times));
      break;
    case CounterKind::RangeCut:
      output_.runtime_warning(place, times_text(kRangeCut, times));
      break;
    case CounterKind::HelperFailed:
      output_.helper_error(place, times_text(helper_text(last_code), times), counter.helper, last_code);
      break;
    case CounterKind::LookupMissing:
      output_.helper_error(place, times_text(kLookupMissing, times), "map_lookup_elem", last_code);
      break;
    case CounterKind::DeleteMissing:
      output_.helper_error(place, times_text(kDeleteMissing, times), "map_delete_elem", last_code);
      break;
    case CounterKind::StackFailed:
      output_.runtime_warning(place, times_text(fmt::format("Error reading {}.", counter.text), times));
      break;
    case CounterKind::Notice:
      output_.runtime_warning(place, times_text(notice_text(counter.text, last_code), times));
      break;
    case CounterKind::ProbeMissed:
      output_.warning(fmt::format("{} missed {} events: too many programs interrupted each other on one CPU",
                                  probe_name(counter), times));
      break;
  }
}

}  // namespace tracer
