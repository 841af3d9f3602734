#include <array>

#include "ast/diagnostics.h"
#include "ast/passes/build_plan.h"

namespace tracer::ast {
namespace {

constexpr uint32_t kWord = 8;
constexpr uint32_t kArrayKey = 4;  // the kernel's arrays are indexed by 32 bits

uint32_t padded(uint32_t size) { return (size + kWord - 1) / kWord * kWord; }

struct KindOfType {
  TypeKind type;
  MapKind kind;
  uint32_t words;  // of a value
};

constexpr std::array kKinds = {
    KindOfType{TypeKind::Count, MapKind::Count, 1},
    KindOfType{TypeKind::Sum, MapKind::Sum, 1},
    KindOfType{TypeKind::Min, MapKind::Min, 1},
    KindOfType{TypeKind::Max, MapKind::Max, 1},
    KindOfType{TypeKind::Avg, MapKind::Avg, 2},
    KindOfType{TypeKind::Stats, MapKind::Stats, 2},
    KindOfType{TypeKind::Hist, MapKind::Hist, 1},
    KindOfType{TypeKind::LinearHist, MapKind::LinearHist, 1},
    KindOfType{TypeKind::TimeSeries, MapKind::TimeSeries, 3},
};

void set_kind(MapPlan& map, const Type& value) {
  map.kind = MapKind::Plain;
  map.value_size = padded(value.size);
  for (const KindOfType& each : kKinds) {
    if (each.type != value.kind) continue;
    map.kind = each.kind;
    map.value_size = each.words * kWord;
  }
}

struct StorageName {
  const char* name;
  MapStorage storage;
};

constexpr std::array kDeclared = {
    StorageName{"hash", MapStorage::Hash},
    StorageName{"lruhash", MapStorage::LruHash},
    StorageName{"percpuhash", MapStorage::PerCpuHash},
    StorageName{"percpulruhash", MapStorage::LruPerCpuHash},
};

bool per_cpu(MapStorage storage) {
  return storage == MapStorage::PerCpuHash || storage == MapStorage::LruPerCpuHash;
}

void apply_declaration(const MapDecl& declaration, MapPlan& map, bool aggregated, Diagnostics& diags) {
  for (const StorageName& each : kDeclared) {
    if (declaration.map_kind != each.name) continue;
    if (per_cpu(each.storage) != aggregated) {
      diags
          .report(declaration.kind_span, diag::map_declaration_kind, declaration.map_kind,
                  aggregated ? "percpuhash" : "hash")
          .hint(aggregated ? "aggregations go with percpuhash and percpulruhash"
                           : "plain values go with hash and lruhash");
    }
    if (map.has_written_word()) return;  // one value; the declaration adds nothing
    map.storage = each.storage;
    map.max_entries = static_cast<uint32_t>(declaration.entries);
  }
}

// A map that is there keeps its layout; a declaration must say the same.
void keep_known(const MapFacts& facts, MapPlan& map, Diagnostics& diags) {
  map = facts.known->plan;
  if (!facts.declared) return;
  apply_declaration(*facts.declared, map, map.kind != MapKind::Plain, diags);
  if (map.storage == facts.known->plan.storage && map.max_entries == facts.known->plan.max_entries) return;
  diags.report(facts.declared->span, diag::map_declared_twice, facts.name)
      .note(facts.known->made_at, "made here, with another kind or size");
}

void plan_map(const MapFacts& facts, const Config& config, MapPlan& map, Diagnostics& diags) {
  if (facts.known) return keep_known(facts, map, diags);
  const bool scalar = !facts.keyed_at;
  map.value = facts.value.type();
  if (!scalar) map.key = facts.key.type();
  set_kind(map, map.value);
  const bool aggregated = map.kind != MapKind::Plain;
  if (scalar && !map.bucketed()) {
    map.storage = aggregated ? MapStorage::PerCpuArray : MapStorage::Array;
    map.key_size = kArrayKey;
    map.value_size += kWord;  // the written word
    map.max_entries = 1;
  } else {
    map.storage = aggregated ? MapStorage::PerCpuHash : MapStorage::Hash;
    map.key_size = (scalar ? 0 : padded(map.key.size)) + (map.bucketed() ? kWord : 0);
    map.max_entries = config.max_map_keys;
  }
  if (facts.declared) apply_declaration(*facts.declared, map, aggregated, diags);
}

}  // namespace

void plan_maps(const MapTable& maps, Plan& plan, Diagnostics& diags) {
  for (size_t i = 0; i < maps.size(); ++i) plan_map(maps[i], plan.config, plan.maps[i], diags);
}

}  // namespace tracer::ast
