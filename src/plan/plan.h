// The Plan: everything that user space must know about a compiled script, as plain
// data. The compiler makes it once; codegen writes what it says into the program, the
// runtime reads what it says. Nothing else passes between them.
//
// Layouts that both ends share are stated here and only here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/format.h"
#include "plan/type.h"

namespace tracer {

// ---------------------------------------------------------------- configuration

enum class MissingProbes : uint8_t { Error, Warn, Ignore };
// What the use of a feature that may still change leads to.
enum class Unstable : uint8_t { Enable, Warn, Error };
// How long symbol tables of user programs are kept.
enum class SymbolCache : uint8_t { Default, PerProgram, PerPid, None };

// Values of the script's config block, the environment and the command line that
// matter after compilation or to code generation.
struct Config {
  uint32_t max_strlen = 1024;
  uint32_t max_map_keys = 4096;
  uint32_t max_probes = 1024;
  uint32_t max_bpf_progs = 1024;
  uint32_t max_cat_bytes = 10240;
  uint32_t on_stack_limit = 32;
  uint32_t log_size = 1000000;
  uint32_t perf_rb_pages = 0;
  bool print_maps_on_exit = true;
  bool cpp_demangle = true;
  bool lazy_symbolication = false;
  bool show_debug_info = true;
  StackMode stack_mode = StackMode::Bpftrace;
  MissingProbes missing_probes = MissingProbes::Error;
  std::string str_trunc_trailer = "..";
  std::string license = "GPL";
  SymbolCache cache_user_symbols = SymbolCache::Default;
  // Of no meaning after compilation.
  Unstable unstable_dw_ustack = Unstable::Warn;
  Unstable unstable_import_statement = Unstable::Error;
  Unstable unstable_tseries = Unstable::Warn;
  Unstable unstable_typeinfo = Unstable::Error;
};

// ---------------------------------------------------------------- probes

// In the order of LANGUAGE 7.1. Names and properties: probes/provider.h.
enum class Provider : uint8_t {
  Begin,
  End,
  Self,
  Test,
  Bench,
  Kprobe,
  Kretprobe,
  Ksyscall,
  Kretsyscall,
  Fentry,
  Fexit,
  Tracepoint,
  RawTracepoint,
  Uprobe,
  Uretprobe,
  Usdt,
  Profile,
  Interval,
  Software,
  Hardware,
  Watchpoint,
  Iter,
};

// One place that a program is attached to.
struct AttachTarget {
  std::string name;          // what `probe` and listings show: `kprobe:vfs_read`
  std::string module;        // kernel module, binary, or category; empty for vmlinux. iter: where to pin
  std::string function;      // function or event
  uint64_t offset = 0;       // kprobe, uprobe: bytes after the function's start
  uint64_t address = 0;      // kprobe, uprobe by address; 0: by name. watchpoint: what is watched
  uint64_t file_offset = 0;  // uprobe, usdt: of the instruction in the file
  uint64_t semaphore = 0;    // usdt: offset in the file of the counter to raise; 0: none
  uint32_t program_id = 0;   // fentry, fexit of a BPF program
  uint32_t length = 0;       // watchpoint: bytes
  std::string mode;          // watchpoint: letters of r, w, x
  std::string arguments;     // usdt: as the note writes them: `8@%rdi -4@$5`
  bool unchecked = false;    // --unsafe let it through: by address, or a place that nobody looked at
};

// One BPF program.
struct ProbePlan {
  Provider provider = Provider::Begin;
  std::string name;                   // as `probe` prints it; a pattern when there are several targets
  std::string program;                // name of the function in the Artifact, unique
  std::string section;                // its ELF section, as libbpf names it: `kprobe/vfs_read`
  std::vector<AttachTarget> targets;  // empty for begin, end, interval, profile
  uint64_t period = 0;                // interval, profile: nanoseconds; software, hardware: count
  uint32_t clause = 0;                // number of the clause in the script, from 0; order of begin and end
  bool multi = false;                 // compiled for many functions: attach by a multi link where possible
  bool wildcard = false;  // one of several that a wildcard found: left out when the kernel refuses it
};

// ---------------------------------------------------------------- maps

// How a map's value is written and merged (LANGUAGE 5.3).
// Layout of values, all words uint64 in native order:
//   Plain              the value, padded to 8 bytes
//   Count              calls
//   Sum                total
//   Min, Max           extreme, encoded so that 0 is the weakest value and larger wins:
//                      Max: v ^ bias, Min: ~(v ^ bias); bias is 2^63 for signed values, else 0
//   Avg, Stats         total, calls
//   Hist, LinearHist   count of one bucket; the bucket's index is the last word of the key
//   TimeSeries         value, meta, epoch of one bucket; the bucket's index (epoch modulo series_length)
//                      is the last word of the key, the epoch is atomic time / series_interval. Value and
//                      meta by series_aggregate: SeriesAggregate. A meta of 0: nothing was kept
// Scalar maps (no key) are arrays of one element; a last word tells whether it was ever
// written (0: never). Keyed maps have no such word: an entry exists or it does not.
// Scalar Hist, LinearHist and TimeSeries are hash maps whose key is the bucket's index alone.
enum class MapKind : uint8_t {
  Plain,
  Count,
  Sum,
  Min,
  Max,
  Avg,
  Stats,
  Hist,
  LinearHist,
  TimeSeries,
};

// What a bucket of a time series keeps.
enum class SeriesAggregate : uint8_t {
  Last,  // newest value; meta is its time, in nanoseconds
  Avg,   // total; meta is the number of calls
  Max,   // largest, encoded like MapKind::Max; meta is the number of calls
  Min,   // smallest, encoded like MapKind::Min; meta is the number of calls
  Sum,   // total; meta is the number of calls
};

enum class MapStorage : uint8_t {
  Array,
  PerCpuArray,
  Hash,
  PerCpuHash,
  LruHash,
  LruPerCpuHash,
};

struct MapPlan {
  std::string name;    // with the sign: `@c`, `@`
  std::string symbol;  // its name in the Artifact, a C identifier: `map_c`
  MapKind kind = MapKind::Plain;
  MapStorage storage = MapStorage::Hash;
  Type key;                 // None for scalar maps; a Tuple for several keys
  Type value;               // type as the language sees it
  uint32_t key_size = 0;    // bytes in the BPF map: key, padded to 8, plus the bucket word
  uint32_t value_size = 0;  // bytes in the BPF map, for one CPU, with the written word
  uint32_t max_entries = 0;
  uint32_t hist_bits = 0;  // Hist: k
  int64_t lhist_min = 0, lhist_max = 0, lhist_step = 0;
  uint64_t series_interval = 0;  // TimeSeries: nanoseconds
  uint32_t series_length = 0;    // intervals
  SeriesAggregate series_aggregate = SeriesAggregate::Last;

  bool scalar() const { return key.is(TypeKind::None); }
  bool per_cpu() const {
    return storage == MapStorage::PerCpuArray || storage == MapStorage::PerCpuHash ||
           storage == MapStorage::LruPerCpuHash;
  }
  bool bucketed() const {
    return kind == MapKind::Hist || kind == MapKind::LinearHist || kind == MapKind::TimeSeries;
  }
  // Array and PerCpuArray: has the written word.
  bool has_written_word() const { return storage == MapStorage::Array || storage == MapStorage::PerCpuArray; }
};

// ---------------------------------------------------------------- events

// What user space does when a record arrives.
enum class EventKind : uint8_t {
  // A format and its arguments.
  Printf,
  Errorf,
  Warnf,
  Cat,
  System,
  Fprintf,  // text: the file's name
  // Values.
  PrintValue,     // one argument
  PrintMapValue,  // print(@m[k]): arguments key, value
  Time,           // text: for strftime(3)
  Join,           // one argument, an array of strings; text: delimiter
  // A packet, for the capture file that `text` names. Travels in kPackets: the header, uint64 time on the
  // boot clock, uint32 number of bytes that follow, uint32 how many of them are left out.
  Packet,
  // One argument, a process whose addresses are recorded: its mappings are kept from now on.
  ProcessSeen,
  // A map as a whole.
  PrintMap,
  ClearMap,
  ZeroMap,
  // One argument: the address whose watchpoints are removed.
  Unwatch,
  // One argument: the status.
  Exit,
};

// Records of the two rings begin with this header (native order):
//   uint32 event   index into Plan::events
//   uint32 probe   index into Plan::probes
// Records of the control ring continue with
//   uint64 after   producer position of the data ring when the record was made: the record
//                  takes effect after the data records before that position
// then the arguments stand at EventPlan::arguments[i].offset from the record's start.
struct EventPlan {
  EventKind kind = EventKind::Printf;
  bool control = false;  // travels in the control ring: PrintMap, ClearMap, ZeroMap, Exit
  // Is laid out like a control record, and travels in the data ring, or in the control ring when that is
  // full: Errorf, Warnf.
  bool either_ring = false;
  uint32_t size = 0;  // bytes of the whole record, a multiple of 8
  std::vector<Field> arguments;
  Format format;     // Printf and its relatives
  std::string text;  // Time: strftime format; Join: delimiter
  uint32_t map = 0;  // map events: index into Plan::maps
  bool has_top = false, has_div = false;
  uint64_t top = 0, div = 1;
  uint32_t place = 0;  // Errorf, Warnf: index into Plan::places

  bool counted_as_data() const { return !control || either_ring; }  // when it is lost
};

constexpr uint32_t kDataHeaderSize = 8;
constexpr uint32_t kControlHeaderSize = 16;
constexpr uint32_t kPacketHeaderSize = 24;

// ---------------------------------------------------------------- losses and run-time warnings

// Whatever goes wrong or is lost on the kernel side is counted there, in slot i of the
// per-CPU array `counters` (value: uint64 count, int64 last return code) for
// Plan::counters[i]; user space reads the slots about once a second and at the end.
enum class CounterKind : uint8_t {
  LostEvent,      // data ring full; per probe
  LostControl,    // control ring full; per probe
  MapFull,        // per place
  DivideByZero,   // per place
  ArrayBounds,    // per place
  RangeCut,       // per place: a range longer than the kernel's limit for loops
  HelperFailed,   // per place, with `helper`
  LookupMissing,  // per place: a key that is not there was read; with -k
  DeleteMissing,  // per place: a key that is not there was deleted; with -k
  StackFailed,    // per place, `text`: `kstack` or `ustack`
  Notice,         // per place, `text`: the whole message; `{}` in it stands for the last return code
  ProbeMissed,    // per probe: no scratch memory left
};

struct CounterPlan {
  CounterKind kind = CounterKind::LostEvent;
  uint32_t probe = 0;        // LostEvent, LostControl, ProbeMissed
  uint32_t map = 0;          // MapFull
  uint32_t place = 0;        // index into Plan::places
  std::string helper;        // `map_update_elem`
  std::string text;          // StackFailed, Notice
  bool only_with_k = false;  // shown with -k only
};

// A place of the script, kept for run-time messages.
struct Place {
  std::string file;
  uint32_t line = 0, column = 0, end_column = 0;
  std::string source_line;
  std::vector<Place> expanded_from;  // in a macro or an import: the places that lead there, innermost first
};

// ---------------------------------------------------------------- saved objects

// Facts of the kernel and of files that the code of a saved object was made from, and that nobody looks up
// again when it is loaded: where one does not hold, the object is refused. Fields of the kernel's structures
// are no such facts: their places are relocated. probes/kernel_needs.h says what each is and whether it
// holds.
enum class NeedKind : uint8_t {
  Size,         // of the structure `subject`
  Layout,       // of the structure `subject`, which is copied as a whole
  Offset,       // of the member `member` in the structure `subject`
  Enumerator,   // value of the enumerator `subject`
  Parameter,    // place of the parameter `member` of the function `subject` in `module`
  EventField,   // place of the field `member` of the tracepoint `module`:`subject`
  EventValue,   // place of the value `member` of the raw tracepoint `subject` in `module`
  Callable,     // whether BPF programs may call `subject`; `member`: in probes of that provider only
  UserProgram,  // that the file `subject` is the one that was there
  Kernel,       // that it is the same kernel; `subject`: what in the script is bound to it
};

struct Need {
  NeedKind kind = NeedKind::Size;
  std::string subject, member, module;
  std::string found;   // what was found where it was compiled, as text; empty: nothing
  uint32_t place = 0;  // index into Plan::places
};

// What programs know of the run. Constants in programs that run at once; in those of a saved object values in
// the section kFactsSection, which the loader fills in.
struct RunFacts {
  uint64_t start_boot_ns = 0;  // `elapsed` counts from here
  uint64_t tai_offset_ns = 0;  // from the boot clock to atomic time: nsecs(sw_tai)
  uint64_t possible_cpus = 1;
  // Of the tracer's PID namespace; 0 in the initial one, where the kernel's own ids are the right ones.
  uint64_t pid_device = 0, pid_inode = 0;
};
RunFacts read_run_facts();
constexpr const char* kFactsSection = ".rodata.facts";

// ---------------------------------------------------------------- the whole

struct Plan {
  static constexpr uint32_t kVersion = 1;

  std::string script;  // name for messages: file name or `stdin`
  Config config;
  std::vector<ProbePlan> probes;
  std::vector<MapPlan> maps;
  std::vector<EventPlan> events;
  std::vector<CounterPlan> counters;
  std::vector<Place> places;
  std::vector<std::string> strings;  // strftime formats, by the id inside the values
  int32_t target_pid = 0;            // -p: programs were compiled to fire for it only
  bool uses_data_ring = false;       // some event is not `control`
  bool uses_control_ring = false;
  bool uses_packets = false;  // some event is a Packet
  uint32_t scratch_size = 0;  // bytes of one scratch frame; 0: no program needs one
  std::string saved_on;     // release of the kernel where it was compiled to be saved; empty: to run at once
  std::vector<Need> needs;  // of a saved object
  std::vector<std::string> unsafe;  // functions that --unsafe let through: `system()`
};

// Names of the maps in the Artifact that serve the machinery rather than the script.
constexpr const char* kDataRing = "tracer_data";           // BPF_MAP_TYPE_RINGBUF
constexpr const char* kControlRing = "tracer_control";     // BPF_MAP_TYPE_RINGBUF
constexpr const char* kCounters = "tracer_counters";       // PERCPU_ARRAY of {uint64, int64}
constexpr const char* kScratch = "tracer_scratch";         // ARRAY, key: CPU * kScratchFrames + frame
constexpr const char* kScratchUse = "tracer_scratch_use";  // PERCPU_ARRAY of one uint64 bit mask
constexpr const char* kPackets = "tracer_packets";         // PERF_EVENT_ARRAY, when uses_packets
constexpr const char* kProcesses = "tracer_processes";     // LRU_HASH, when there is a ProcessSeen event:
                                                           // uint64 pid, char[16] name -> uint64 uses
constexpr uint32_t kScratchFrames = 4;                     // programs that may nest on one CPU
constexpr uint32_t kControlRingBytes = 256 * 1024;
constexpr uint32_t kSeenProcesses = 4096;  // entries of kProcesses
constexpr uint32_t kSeenProcessKeySize = 24;

// Serialised form: CBOR, as it stands in the Artifact's section `.tracer`.
std::string plan_to_bytes(const Plan& plan);
// Fails on bytes that are no Plan or a Plan of another version; never crashes.
Result<Plan> plan_from_bytes(std::string_view bytes);
// Readable JSON, for `-d plan` and tests.
std::string plan_to_text(const Plan& plan);

}  // namespace tracer
