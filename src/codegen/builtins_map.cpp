// delete has_key find len: maps on the kernel side.
#include <cerrno>

#include "ast/limits.h"
#include "codegen/builtins.h"

namespace tracer {
namespace {

struct MapUse {
  uint32_t index = 0;
  const MapPlan* map = nullptr;
  const ast::Expr* key = nullptr;
};

// `f(@m, k)`, `f(@m[k])` or `f(@m)`.
MapUse map_use(ProgramEmitter& p, const BuiltinUse& use) {
  auto* reference = ast::as<ast::MapRef>(use.args[0]);
  return {reference->map, &p.plan.maps[reference->map], use.args.size() > 1 ? use.args[1] : reference->key};
}

// Numbers of buckets that a value of the map can have.
uint64_t buckets(const MapPlan& map) {
  if (map.kind == MapKind::TimeSeries) return map.series_length;
  if (map.kind == MapKind::LinearHist) return (map.lhist_max - map.lhist_min) / map.lhist_step + 2;
  uint32_t k = map.hist_bits;
  return (uint64_t{62 - k + 1} << k) + (uint64_t{1} << k) + 1;
}

// Does something with the key of each bucket, until it gives true.
void each_bucket(ProgramEmitter& p, const MapUse& use,
                 const std::function<llvm::Value*(llvm::Value*)>& body) {
  if (buckets(*use.map) > ast::kMostWalkedIntervals && use.map->kind == MapKind::TimeSeries)
    p.defect({}, use.map->name +
                     ": keys of a time series of more than 1000 intervals cannot be looked for or deleted");
  llvm::Value* key = p.map_key(*use.map, use.key);
  p.repeat(p.number(buckets(*use.map)), [&](llvm::Value* bucket) {
    p.b.CreateAlignedStore(bucket, p.at(key, use.map->key_size - 8), llvm::Align(8));
    return body(key);
  });
}

llvm::Value* as_bool(ProgramEmitter& p, llvm::Value* condition) {
  return p.b.CreateZExt(condition, p.b.getInt64Ty());
}

// Whether a lookup found something, as a number. LLVM must not see that it is about an address: it would `or`
// it with other conditions, which the verifier forbids.
llvm::Value* is_found(ProgramEmitter& p, llvm::Value* entry) {
  return p.opaque(as_bool(p, p.b.CreateIsNotNull(entry)));
}

llvm::Value* reset_scalar(ProgramEmitter& p, const MapUse& use) {
  llvm::Value* entry = p.lookup(use.index, p.map_key(*use.map, nullptr));
  return p.choose(
      p.b.CreateIsNotNull(entry),
      [&]() -> llvm::Value* {
        llvm::Value* written = p.at(entry, use.map->value_size - 8);
        llvm::Value* was = p.b.CreateAlignedLoad(p.b.getInt64Ty(), written, llvm::Align(8));
        p.zero(entry, llvm::Align(8), use.map->value_size);
        return was;
      },
      [&] { return p.number(0); });
}

// Called by the kernel for each entry; only their number is wanted, which the helper gives.
llvm::Function* entry_visitor(ProgramEmitter& p) {
  constexpr const char* kName = "tracer_visit_entry";
  if (llvm::Function* known = p.module.module.getFunction(kName)) return known;
  llvm::Type* pointer = p.b.getPtrTy();
  llvm::FunctionType* type =
      llvm::FunctionType::get(p.b.getInt64Ty(), {pointer, pointer, pointer, pointer}, false);
  llvm::Function* visitor =
      llvm::Function::Create(type, llvm::Function::InternalLinkage, kName, p.module.module);
  llvm::Function* current = p.b.GetInsertBlock()->getParent();
  Span span = p.program.clause->span;
  p.module.debug.enter_function(*visitor, span);
  llvm::IRBuilder<> body(llvm::BasicBlock::Create(p.b.getContext(), "entry", visitor));
  p.module.debug.set_location(body, span);
  body.CreateRet(body.getInt64(0));
  p.module.debug.enter_function(*current, span);
  return visitor;
}

}  // namespace

llvm::Value* lower_delete(ProgramEmitter& p, const BuiltinUse& use) {
  MapUse target = map_use(p, use);
  if (target.map->has_written_word()) return reset_scalar(p, target);
  llvm::GlobalVariable* map = p.module.maps.script_map(target.index);
  if (!target.map->bucketed()) {
    llvm::Value* code = p.call(Helper::map_delete_elem, {map, p.map_key(*target.map, target.key)});
    p.count_failure(use.expr.failure_counter, code);
    return as_bool(p, p.b.CreateIsNull(code));
  }
  llvm::Value* any = p.word(p.number(0));
  each_bucket(p, target, [&](llvm::Value* key) -> llvm::Value* {
    llvm::Value* code = p.call(Helper::map_delete_elem, {map, key});
    p.when(p.b.CreateIsNull(code), [&] { p.b.CreateAlignedStore(p.number(1), any, llvm::Align(8)); });
    return nullptr;
  });
  if (use.expr.failure_counter) {
    llvm::Value* nothing = p.b.CreateIsNull(p.b.CreateAlignedLoad(p.b.getInt64Ty(), any, llvm::Align(8)));
    p.when(nothing, [&] { p.count(use.expr.failure_counter, p.number(-ENOENT)); });
  }
  return p.b.CreateAlignedLoad(p.b.getInt64Ty(), any, llvm::Align(8));
}

llvm::Value* lower_has_key(ProgramEmitter& p, const BuiltinUse& use) {
  MapUse target = map_use(p, use);
  if (!target.map->bucketed()) return is_found(p, p.lookup(target.index, p.map_key(*target.map, target.key)));
  llvm::Value* any = p.word(p.number(0));
  each_bucket(p, target, [&](llvm::Value* key) {
    llvm::Value* found = is_found(p, p.lookup(target.index, key));
    p.b.CreateAlignedStore(found, any, llvm::Align(8));
    return p.b.CreateIsNotNull(found);
  });
  return p.b.CreateAlignedLoad(p.b.getInt64Ty(), any, llvm::Align(8));
}

llvm::Value* lower_find(ProgramEmitter& p, const BuiltinUse& use) {
  MapUse target = map_use(p, use);
  const MapPlan& map = *target.map;
  uint32_t local = ast::as<ast::Variable>(use.args[2])->local;
  const Type& type = p.local_type(local);
  llvm::Value* key = p.map_key(map, target.key);
  llvm::Value* entry = p.lookup(target.index, key);
  p.when(p.b.CreateIsNotNull(entry), [&] {
    llvm::Value* variable = p.variable_address(local);
    if (in_memory(type)) return p.convert(entry, llvm::Align(8), map.value, type, {variable});
    llvm::Value* value = map.kind == MapKind::Plain ? p.load(entry, map.value, llvm::Align(8))
                                                    : p.read_aggregate(target.index, key);
    p.b.CreateAlignedStore(p.canonical(value, type), variable, llvm::Align(8));
  });
  return is_found(p, entry);
}

llvm::Value* lower_len(ProgramEmitter& p, const BuiltinUse& use) {
  const ast::Expr& what = *use.args[0];
  if (what.type.is_stack()) return p.b.CreateAlignedLoad(p.b.getInt64Ty(), p.lower(what), llvm::Align(8));
  MapUse target = map_use(p, use);
  return p.call(Helper::for_each_map_elem,
                {p.module.maps.script_map(target.index), entry_visitor(p), p.null(), p.number(0)});
}

}  // namespace tracer
