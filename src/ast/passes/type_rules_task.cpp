// Who runs: the task, its relatives, its user and groups (LANGUAGE 6.1, 6.4).
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ast/diagnostics.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/type_rules.h"
#include "probes/kernel_calls.h"

namespace tracer::ast {
namespace {

constexpr uint32_t kNameSize = 16;  // of `comm` in the kernel

// The task that `ppid(task)` and its like are asked about.
bool check_task(BuiltinUse& use, TypeResolver& types) {
  if (!types.value(use.args[0])) return false;
  const Type& type = use.args[0]->type;
  const bool task = type.is(TypeKind::Pointer) && type.target && type.target->name == "task_struct";
  if (!task && !unknown(type))
    types.diags()
        .report(use.args[0]->span, diag::task_expected, use.builtin.name, to_string(type))
        .hint("as in `curtask` or `(struct task_struct *)arg0`");
  return task;
}

struct Member {
  BuiltinId builtin;
  const char* relative;  // of struct task_struct
  const char* field;
  Type type;
};

const Member& member_of(BuiltinId builtin) {
  static const Type id = int_type(4, true), name = string_type(kNameSize);
  static const Member kMembers[] = {
      {BuiltinId::ppid_, "real_parent", "pid", id},
      {BuiltinId::pcomm_, "real_parent", "comm", name},
      {BuiltinId::leader_tid_, "group_leader", "pid", id},
      {BuiltinId::leader_comm_, "group_leader", "comm", name},
  };
  return *std::find_if(std::begin(kMembers), std::end(kMembers),
                       [&](const Member& member) { return member.builtin == builtin; });
}

Expr* current_task(Span span, TypeResolver& types) {
  auto* task = types.ast().make<Identifier>(span);
  task->name = "curtask";
  task->builtin = &builtin(BuiltinId::curtask_);
  return task;
}

}  // namespace

// `ppid(task)` is `task.real_parent.pid`, and so on. In the user session the task is this process, of which
// there is no such struct.
Type type_task_member(BuiltinUse& use, TypeResolver& types) {
  const Member& member = member_of(use.builtin.id);
  if (use.args.empty() && types.user_session()) return member.type;
  if (!use.args.empty() && !check_task(use, types)) return types.reporting() ? error_type() : Type{};
  auto* relative = types.ast().make<FieldAccess>(use.span);
  relative->object = use.args.empty() ? current_task(use.span, types) : use.args[0];
  relative->field = member.relative;
  auto* value = types.ast().make<FieldAccess>(use.span);
  value->object = relative;
  value->field = member.field;
  relative->field_span = value->field_span = use.span;
  Expr* slot = value;
  types.expr(slot);
  use.replacement = slot;
  return slot->type;
}

Type type_username(BuiltinUse&, TypeResolver&) { return username_type(); }

// `pid`, `pid(init)`, `pid(curr_ns)`.
Type type_process_id(BuiltinUse& use, TypeResolver& types) {
  if (!use.args.empty()) {
    const auto* name = as<Identifier>(use.args[0]);
    const bool given = name && !name->builtin && name->constant && name->type.is(TypeKind::TimestampMode);
    if (!given && !use.args[0]->type.is(TypeKind::Error))
      types.diags().report(use.args[0]->span, diag::pid_namespace_expected, use.builtin.name);
  }
  return int_type(4, false);
}

namespace {

constexpr uint32_t kFoundNameSize = 64;
constexpr const char* kFindTask = "bpf_task_from_pid";

// What stands for comm(pid) where tasks cannot be looked for.
Expr* unknown_name(Span span, TypeResolver& types) {
  auto* text = types.ast().make<StringLiteral>(span);
  text->value = "[unknown]";
  auto* cast = types.ast().make<Cast>(span);
  cast->operand = text;
  cast->target = types.ast().make_type(span);
  cast->target->name = "string";
  cast->target->suffixes.push_back({false, kFoundNameSize});
  return cast;
}

// `((struct task_struct *)0).comm`: tells the lowering where the name is in a task.
Expr* place_of_name(Span span, TypeResolver& types) {
  auto* cast = types.ast().make<Cast>(span);
  cast->operand = types.ast().make<IntLiteral>(span);
  cast->target = types.ast().make_type(span);
  cast->target->tag = TypeSpec::Tag::Struct;
  cast->target->name = "task_struct";
  cast->target->suffixes.push_back({true, {}});
  auto* access = types.ast().make<FieldAccess>(span);
  access->object = cast;
  access->field = "comm";
  access->field_span = span;
  return access;
}

}  // namespace

Type type_comm(BuiltinUse& use, TypeResolver& types) {
  if (use.args.empty()) return string_type(kNameSize);
  const Type type = string_type(kFoundNameSize);
  if (!integer_argument(use, 0, types)) return type;
  types.rely_on(NeedKind::Callable, kFindTask, "", use.span);
  if (types.user_session() || !callable_exists(kFindTask, types.types())) {
    if (!types.reporting()) return type;  // what is replaced is not reported any more
    types.diags().report(use.span, diag::comm_unknown,
                         types.user_session() ? "the user session" : "this kernel");
    Expr* slot = unknown_name(use.span, types);
    types.expr(slot);
    use.replacement = slot;
    return slot->type;
  }
  // In a function it is not known which probes will call it.
  const Provider provider = types.context().provider;
  if (!types.probe().name.empty() && types.reporting() &&
      !callable_in(provider, kFindTask, types.types()).value_or(true))
    types.diags()
        .report(use.span, diag::comm_refused, provider_info(provider).name)
        .hint("fentry, fexit and tracepoint probes may on more kernels");
  auto& call = static_cast<Call&>(use.node);
  if (call.args.size() == 1) call.args.push_back(place_of_name(use.span, types));
  types.expr(call.args[1]);
  return type;
}

// ---------------------------------------------------------------- cgroups

namespace {

bool is_cgroup(const std::string& path) {
  struct statfs system {};
  if (statfs(path.c_str(), &system) != 0) return false;
  return system.f_type == CGROUP2_SUPER_MAGIC || system.f_type == CGROUP_SUPER_MAGIC;
}

}  // namespace

Type type_cgroupid(BuiltinUse& use, TypeResolver& types) {
  const Type type = int_type(8, false);
  const StringLiteral* path = text_argument(use, 0, types);
  if (!path) return type;
  struct stat folder {};
  if (stat(path->value.c_str(), &folder) != 0) {
    types.diags().report(path->span, diag::cgroup_unreadable, path->value, std::strerror(errno));
  } else if (!S_ISDIR(folder.st_mode) || !is_cgroup(path->value)) {
    types.diags()
        .report(path->span, diag::no_cgroup, path->value)
        .hint("cgroups are the folders below `/sys/fs/cgroup`");
  } else {
    use.node.constant = folder.st_ino;  // the number of the folder is the id of the cgroup
  }
  return type;
}

Type type_cgroup_path(BuiltinUse& use, TypeResolver& types) {
  integer_argument(use, 0, types);
  if (use.args.size() > 1) text_argument(use, 1, types);
  return cgroup_path_type();
}

}  // namespace tracer::ast
