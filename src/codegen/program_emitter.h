// Lowers one program: a clause for one probe becomes `i64 program(ptr context)`.
//
// Values: integers, booleans, enums, pointers and the like are i64, extended from their type by
// its sign ("scalars"). Strings, tuples, structs, stacks and the like are kept in memory and
// handled by address ("in memory"). The same code is made for the kernel and for this process.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codegen/helpers.h"
#include "codegen/local_use.h"
#include "codegen/module_emitter.h"

namespace tracer {

// True for types whose values are handled by address.
bool in_memory(const Type& type);

// Memory that a value is written to.
struct Destination {
  // What stands behind the NUL of a string there, and in the padding of tuples.
  enum class Rest : uint8_t {
    MakeZero,  // has to become zero: the bytes are compared or are a map's key
    IsZero,    // was zeroed before
    Any,       // never looked at
  };
  llvm::Value* pointer = nullptr;
  llvm::Align align{8};
  Rest rest = Rest::MakeZero;
};

// A value that stands somewhere: what `.`, `->`, `[]` and `*` lead to before it is read.
struct Lvalue {
  llvm::Value* address = nullptr;  // pointer to own memory, or i64 address of other memory
  bool own = false;                // the program's own memory: can be loaded from directly
  AddressSpace space = AddressSpace::Unknown;
  llvm::Align align{1};                     // own memory only
  llvm::Value* inside = nullptr;            // i1: false when an index was out of bounds; null: none can be
  std::optional<uint32_t> failure_counter;  // other memory: counts reads that fail
  // The field that stands here, when its size and place are those of the kernel that loads the program.
  const ast::FieldAccess* relocated = nullptr;
};

class ProgramEmitter {
 public:
  ProgramEmitter(ModuleEmitter& module, const ast::Program& program);
  void emit();

  // ---------------------------------------------------------------- for lowerings
  llvm::IRBuilder<> b;
  ModuleEmitter& module;
  const Plan& plan;
  const ast::Program& program;

  const ProbePlan& probe() const { return plan.probes[program.probe]; }
  const ProbeCounters& probe_counters() const { return module.counters[program.probe]; }
  llvm::Value* context();  // the program's own argument
  llvm::Value* call(Helper helper, llvm::ArrayRef<llvm::Value*> arguments) {
    return call_helper(b, module.target, helper, arguments);
  }
  llvm::Value* number(uint64_t value) { return b.getInt64(value); }
  // What the loader of a saved object writes; else a constant.
  llvm::Value* fact(uint64_t RunFacts::*which);
  llvm::Value* null() { return llvm::ConstantPointerNull::get(b.getPtrTy()); }
  llvm::BasicBlock* block(const char* name);
  // Goes on in `next`; branches to it unless the code before has ended.
  void enter(llvm::BasicBlock* next);
  // `if (condition) then()`, else nothing.
  void when(llvm::Value* condition, const std::function<void()>& then);
  // `if (condition) then() else otherwise()`.
  void either(llvm::Value* condition, const std::function<void()>& then,
              const std::function<void()>& otherwise);
  // `condition ? then() : otherwise()`: either makes a scalar.
  llvm::Value* choose(llvm::Value* condition, const std::function<llvm::Value*()>& then,
                      const std::function<llvm::Value*()>& otherwise);
  // Runs `body` for i from 0 to count - 1, as a loop that the verifier walks through; a body that
  // gives a condition ends the loop when that is true.
  void repeat(llvm::Value* count, const std::function<llvm::Value*(llvm::Value* i)>& body);
  // Ends the program, or the function of the script that is being lowered, with that result, from
  // wherever it is; what follows is never reached.
  void leave(llvm::Value* result);
  // Ends the program even from inside a function.
  void end_program();
  // Notes something that cannot be lowered; the module is then not used.
  void defect(Span span, const std::string& text);

  // ---------------------------------------------------------------- expressions (lower_expr.cpp)
  // A scalar, or the address (8-byte aligned) of a value in memory, which must not be written to.
  llvm::Value* lower(const ast::Expr& expr);
  llvm::Value* lower_condition(const ast::Expr& expr);  // i1
  // Writes a value as a `type`, which the value's own type can be converted to.
  void lower_into(const ast::Expr& expr, const Type& type, Destination into);
  void lower_into(const ast::Expr& expr, Destination into) { lower_into(expr, expr.type, into); }
  llvm::Value* arithmetic(ast::BinaryOp op, llvm::Value* left, llvm::Value* right, const Type& type,
                          std::optional<uint32_t> divide_counter);
  llvm::Value* compare(ast::BinaryOp op, const ast::Expr& left, const ast::Expr& right);  // i1
  // i1: whether strings are equal up to their NUL, or up to `most` bytes (lower_string.cpp).
  llvm::Value* strings_equal(const ast::Expr& left, const ast::Expr& right, uint64_t most = ~uint64_t{0});
  // i1: whether so many bytes at two 8-byte aligned addresses are equal.
  llvm::Value* bytes_equal(llvm::Value* left, llvm::Value* right, uint32_t size);
  void write_string(std::string_view bytes, uint32_t size, Destination into);
  // Reads a NUL-terminated string. `size` (i64): bytes to read at most, the NUL included, not
  // more than `capacity`. The destination has `capacity` bytes.
  void read_string(llvm::Value* address, AddressSpace space, llvm::Value* size, uint32_t capacity,
                   Destination into, std::optional<uint32_t> failure_counter = {});

  // ---------------------------------------------------------------- memory (memory.cpp)
  // Memory for a value, 8-byte aligned, its size rounded up to words; usable until the statement
  // ends. Not zeroed.
  llvm::Value* temporary(uint32_t size);
  llvm::Value* zeroed_temporary(uint32_t size);
  // The same on the stack whatever the budget is: callbacks and some helpers take nothing else.
  llvm::Value* stack_temporary(uint32_t size) { return reserve_temporary(size, true); }
  llvm::Value* word(llvm::Value* value);  // a temporary that holds an i64
  llvm::Value* at(llvm::Value* pointer, uint64_t offset);
  Destination at(Destination base, uint64_t offset);
  llvm::Value* canonical(llvm::Value* value, const Type& type);
  llvm::Value* load(llvm::Value* pointer, const Type& type, llvm::Align align);
  void store(llvm::Value* value, const Type& type, llvm::Value* pointer, llvm::Align align);
  void zero(llvm::Value* pointer, llvm::Align align, uint64_t size);
  void copy(llvm::Value* to, llvm::Align to_align, llvm::Value* from, llvm::Align from_align, uint64_t size);
  // Writes the value of type `from` at `source` as a `to`.
  void convert(llvm::Value* source, llvm::Align source_align, const Type& from, const Type& to,
               Destination into);
  llvm::Value* variable_address(uint32_t local);
  const Type& local_type(uint32_t local) const { return unit_->clause->locals[local].type; }

  // ---------------------------------------------------------------- other memory (read_memory.cpp)
  Lvalue place_of(const ast::Expr& expr);
  llvm::Value* read(const Lvalue& place, const Type& type, const Field* bits);
  void read_into(const Lvalue& place, const Type& type, Destination into);
  void probe_read(llvm::Value* to, llvm::Value* size, llvm::Value* address, AddressSpace space,
                  std::optional<uint32_t> failure_counter = {});
  // Counts a helper's result below zero.
  void count_failure(std::optional<uint32_t> counter, llvm::Value* code);

  // ---------------------------------------------------------------- maps (lower_map.cpp)
  // A map's key in memory, in the layout of MapPlan. `bucket`: the last word of bucketed maps.
  llvm::Value* map_key(const MapPlan& map, const ast::Expr* key, llvm::Value* bucket = nullptr);
  llvm::Value* lookup(uint32_t map, llvm::Value* key);
  // Calls `update` with the entry's value, which is made when it is not there; counts a map that
  // has no room. Marks scalar maps as written.
  void update_entry(uint32_t map, llvm::Value* key, std::optional<uint32_t> full_counter,
                    const std::function<void(llvm::Value* value)>& update);
  void store_map(const ast::MapRef& target, const ast::Expr& value, std::optional<uint32_t> full_counter);
  llvm::Value* read_map(const ast::MapRef& map);
  void read_map_into(const ast::MapRef& map, const Type& type, Destination into);
  // One integer of a per-CPU aggregation, all CPUs taken together.
  llvm::Value* read_aggregate(uint32_t map, llvm::Value* key);
  llvm::Value* read_aggregate(const ast::MapRef& map);
  // `target op= value`; gives the value before (`old`) and after.
  struct Change {
    llvm::Value* before = nullptr;
    llvm::Value* after = nullptr;
  };
  Change change_map(const ast::MapRef& target, ast::BinaryOp op, llvm::Value* value,
                    std::optional<uint32_t> full_counter, std::optional<uint32_t> divide_counter);

  // ---------------------------------------------------------------- events and counters (events.cpp)
  // Sends an event whose arguments are these expressions, as EventPlan::arguments lays them out.
  void send_event(uint32_t event, llvm::ArrayRef<const ast::Expr*> arguments);
  // The same with a record that `fill` writes, all that its arguments take.
  void send_event_by(uint32_t event, const std::function<void(llvm::Value* record)>& fill);
  // The same with a single scalar.
  void send_event_value(uint32_t event, llvm::Value* value);
  void count(std::optional<uint32_t> counter, llvm::Value* code);
  llvm::Value* array_key(uint32_t index);  // address of a key for array maps

  // ---------------------------------------------------------------- statements (lower_statement.cpp)
  void lower_block(const ast::Block& block);
  // The block's statements, then its value by one of the two ways.
  llvm::Value* lower_block_value(const ast::Block& block);
  void lower_block_into(const ast::Block& block, const Type& type, Destination into);

  // ---------------------------------------------------------------- functions (lower_function.cpp)
  // Gives a scalar result; one in memory is written to `into`.
  llvm::Value* call_function(const ast::Call& call, Destination into);
  llvm::Value* call_external(const ast::Call& call);

  // ---------------------------------------------------------------- context
  // The same value, of which LLVM no longer knows where it comes from.
  llvm::Value* opaque(llvm::Value* value);
  // A word from a computed address, of which the verifier knows nothing.
  llvm::Value* load_unknown(llvm::Value* address);
  llvm::Value* load_context(uint32_t offset, const Type& type);
  llvm::Value* argument(const ProbeArgument& argument);
  llvm::Value* function_result();
  void argument_into(const ProbeArgument& argument, const Type& type, Destination into);
  llvm::Value* process_ids();  // tgid in the upper half, tid in the lower, in our PID namespace

 private:
  // One LLVM function: the program itself, or the body of a loop in it.
  struct Loop {
    llvm::BasicBlock* on_break = nullptr;  // null: the loop is the function itself
    llvm::BasicBlock* on_continue = nullptr;
  };
  struct FunctionState {
    llvm::Function* function = nullptr;
    llvm::BasicBlock* entry = nullptr;
    llvm::BasicBlock* exit = nullptr;
    llvm::AllocaInst* frame = nullptr;   // holds the pointer to the scratch frame
    llvm::AllocaInst* result = nullptr;  // what the function returns
    llvm::Value* context = nullptr;      // pointer to the program's context
    std::unordered_map<uint32_t, llvm::Value*> variables;
    std::unordered_map<std::string, llvm::AllocaInst*> words;   // see shared_word
    std::vector<std::pair<llvm::Value*, uint32_t>> free_stack;  // memory to use again, and its size
    std::vector<Loop> loops;
  };
  struct Temporary {
    llvm::Value* stack = nullptr;  // null: in the scratch frame
    uint32_t size = 0;
  };
  // The clause, or a function that it calls, with its part of the scratch frame.
  struct CodeUnit {
    explicit CodeUnit(ast::Clause& code) : clause(&code), use(find_clause_use(code)) {}
    const ast::Clause* clause;
    ClauseUse use;
    FunctionState* outermost = nullptr;                 // not a body of a loop
    std::vector<std::optional<uint32_t>> frame_locals;  // offset in the frame
    uint32_t frame_top = 0;                             // bytes of the frame in use
    uint32_t frame_size = 0;                            // most that was in use
    uint32_t leaving_slot = 0;  // in the frame: flag and result of a `return` in a loop body
    uint32_t exit_slot = 0;     // in the frame: flag of an `exit()` in a function
    std::unordered_map<const ast::Statement*, llvm::Function*> part_functions;  // by their first statement
  };
  // A function of the script as lowered for this program. Its frame begins where that of its caller ends:
  // first the result if that is kept in memory, then the parameters that no register takes.
  struct Callee {
    llvm::Function* function = nullptr;
    std::vector<std::optional<uint32_t>> parameters;  // offset in the frame; none: in a register
    uint32_t frame_size = 0;
    uint32_t exit_slot = 0;
  };

  void begin_function(FunctionState& state, llvm::Function* function, Span span);
  void end_function();
  llvm::AllocaInst* stack_slot(llvm::Type* type, const char* name);
  // A slot that every use of the name in a function shares, for a value that is read before anything else is
  // lowered. With a slot for each use, LLVM's time and memory would grow with the square of a clause's
  // length.
  llvm::AllocaInst* shared_word(const char* name);
  void emit_prologue(llvm::BasicBlock* body);
  void filter_process();
  void acquire_frame(llvm::BasicBlock* body);
  void release_frame();

  // memory.cpp
  void place_variables();
  llvm::Value* frame_memory(uint32_t offset);
  uint32_t keep_in_frame(uint32_t size);
  llvm::Value* stack_memory(uint32_t size);
  llvm::Value* reserve_temporary(uint32_t size, bool on_stack = false);
  bool fits_stack(uint32_t size) const;
  size_t temporaries_mark() const { return temporaries_.size(); }
  void release_temporaries(size_t mark);

  // lower_expr.cpp
  llvm::Value* lower_scalar(const ast::Expr& expr);
  llvm::Value* lower_unary(const ast::Unary& unary);
  // The values of both, in this order.
  std::pair<llvm::Value*, llvm::Value*> lower_operands(const ast::Expr& left, const ast::Expr& right);
  llvm::Value* lower_binary(const ast::Binary& binary);
  llvm::Value* lower_cast(const ast::Cast& cast);
  llvm::Value* lower_step(const ast::Unary& unary);
  llvm::Value* lower_address(const ast::Unary& unary);
  llvm::Value* lower_short_circuit(const ast::Binary& binary);
  llvm::Value* divide(ast::BinaryOp op, llvm::Value* left, llvm::Value* right, bool is_signed,
                      std::optional<uint32_t> counter);
  llvm::Value* step_size(const Type& type);
  void lower_cast_into(const ast::Cast& cast, const Type& type, Destination into);
  void lower_fields_into(llvm::ArrayRef<const ast::Expr*> elements, const Type& type, Destination into);
  void lower_choice_into(const ast::Expr& condition, const std::function<void()>& then,
                         const std::function<void()>& otherwise);
  llvm::Value* strings_equal_literal(const ast::Expr& string, const ast::StringLiteral& literal,
                                     uint64_t most);
  llvm::Value* strings_equal_loop(llvm::Value* left, llvm::Value* right, uint32_t size);
  llvm::Value* index_in_range(const ast::Index& index, llvm::Value* number);  // i1
  Lvalue find_place(const ast::Expr& expr);
  Lvalue index_place(const ast::Index& index);
  Lvalue field_place(const ast::FieldAccess& access);
  Lvalue structure_place(const ast::FieldAccess& access);
  llvm::Value* read_relocated(const Lvalue& place, const Type& type);
  llvm::Value* read_inside(const Lvalue& place, const Type& type, const Field* bits);
  void read_inside_into(const Lvalue& place, const Type& type, Destination into);

  // lower_statement.cpp
  void lower_statement(const ast::Statement& statement);
  void lower_let(const ast::Let& let);
  void lower_assign(const ast::Assign& assign);
  void assign_variable(const ast::Variable& variable, const ast::Expr& value);
  void lower_jump(const ast::Jump& jump);
  void lower_return(const ast::Return& ret);

  // lower_loop.cpp
  void lower_for(const ast::For& loop);
  void lower_map_loop(const ast::For& loop);
  llvm::Value* loop_data(llvm::Value* first);
  // `bind` sets the loop's variable from the arguments that the kernel calls the body with.
  llvm::Function* lower_loop_body(const ast::For& loop, llvm::ArrayRef<llvm::Type*> arguments,
                                  const std::function<void(llvm::Function&)>& bind);
  llvm::Function* lower_loop_function(Span span, llvm::ArrayRef<llvm::Type*> arguments,
                                      const std::function<void(llvm::Function&)>& lower_round);
  void bind_entry(const ast::For& loop, llvm::Value* key, llvm::Value* value);
  void leave_when_body_left();
  void lower_while(const ast::While& loop);
  void lower_unroll(const ast::Unroll& unroll);

  // lower_part.cpp
  void lower_statements(const ast::Block& block);
  void call_part(const ast::Block& block, const CodePart& part);
  llvm::Function* lower_part(const ast::Block& block, const CodePart& part);

  // lower_function.cpp
  const Callee& callee_of(const ast::Function& function);
  void lower_function(const ast::Function& function, Callee& callee);
  void place_parameters(const ast::Function& function, Callee& callee);
  void return_from(const ast::Function& function, const ast::Return& ret);
  void take_parameters(const ast::Function& function, const Callee& callee);

  // events.cpp
  llvm::Value* open_record(const EventPlan& event, uint32_t index, llvm::BasicBlock* otherwise);
  void close_record(const EventPlan& event, llvm::Value* record);
  llvm::Value* reserve(const EventPlan& event, uint32_t index, llvm::BasicBlock* otherwise);
  llvm::Value* reserve_in_its_ring(const EventPlan& event, llvm::BasicBlock* lost);
  void clear_gaps(const EventPlan& event, llvm::Value* record);

  // iterator_output.cpp
  bool writes_to_iterator(const EventPlan& event) const;
  bool is_pinned_iterator() const;
  void print_to_iterator(const EventPlan& event, llvm::ArrayRef<const ast::Expr*> arguments);
  llvm::Value* cut_for_kernel(const FormatPiece& piece, const Type& type, llvm::Value* value);
  llvm::Value* iterator_output();
  void skip_last_call(llvm::BasicBlock* otherwise);

  FunctionState* function_ = nullptr;
  CodeUnit* unit_ = nullptr;
  std::unordered_map<const ast::Function*, Callee> callees_;
  std::vector<Temporary> temporaries_;
  uint32_t stack_used_ = 0;           // bytes of all functions, which share the kernel's 512
  uint32_t nesting_ = 0;              // deepest chain of functions inside the program's own
  llvm::Value* frame_use_ = nullptr;  // while a frame is held: the word of bits, ...
  llvm::Value* frame_bit_ = nullptr;  // ... and the frame's bit
  uint32_t loop_count_ = 0;
  uint32_t part_count_ = 0;
};

// True when evaluating the expression changes something or can leave the program.
bool has_effects(const ast::Expr& expr);

}  // namespace tracer
