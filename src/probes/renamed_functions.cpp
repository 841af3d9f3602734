#include "probes/renamed_functions.h"

#include <fmt/format.h>

#include "base/text.h"

namespace tracer {
namespace {

struct Renamed {
  std::string_view old_name;
  const char* since;       // the kernel version that changed it
  std::string_view names;  // what stands there now, the newest first
};

// From the kernel's history. A name is only offered where the running kernel has it.
constexpr Renamed kRenamed[] = {
    {"__alloc_pages_nodemask", "5.13", "__alloc_pages_noprof __alloc_pages"},
    {"__alloc_pages", "6.10", "__alloc_pages_noprof"},
    {"__do_page_fault", "5.9", "handle_mm_fault"},
    {"__kmalloc", "6.10", "__kmalloc_noprof"},
    {"__make_request", "3.1", "blk_mq_submit_bio"},
    {"_do_fork", "5.10", "kernel_clone"},
    {"account_page_dirtied", "5.16", "folio_account_dirtied"},
    {"add_to_page_cache_lru", "5.16", "filemap_add_folio"},
    {"blk_account_io_completion", "5.0", "blk_mq_end_request"},
    {"blk_account_io_done", "6.5", "blk_mq_end_request"},
    {"blk_account_io_start", "6.5", "blk_mq_start_request"},
    {"blk_dequeue_request", "5.0", "blk_mq_start_request"},
    {"blk_mq_make_request", "5.9", "blk_mq_submit_bio"},
    {"blk_peek_request", "5.0", "blk_mq_dispatch_rq_list blk_mq_start_request"},
    {"blk_queue_bio", "5.0", "blk_mq_submit_bio"},
    {"blk_start_request", "5.0", "blk_mq_start_request"},
    {"dev_queue_xmit", "5.18", "__dev_queue_xmit"},
    {"do_fork", "4.2", "kernel_clone"},
    {"do_sys_open", "5.6", "do_sys_openat2"},
    {"generic_make_request", "5.9", "submit_bio_noacct"},
    {"iget", "2.6.25", "iget_locked iget5_locked"},
    {"kmem_cache_alloc", "6.10", "kmem_cache_alloc_noprof"},
    {"mark_page_accessed", "6.13", "folio_mark_accessed"},
    {"ra_submit", "5.8", "page_cache_ra_unbounded"},
    {"swap_readpage", "6.9", "swap_read_folio"},
    {"try_to_release_page", "5.19", "filemap_release_folio"},
};

bool exists(std::string_view function, Matching& matching) {
  if (matching.types.available() && matching.types.function_id(function, "vmlinux")) return true;
  return matching.kernel.find_function(function).has_value();
}

std::string new_name(std::string_view function, Matching& matching) {
  for (const Renamed& row : kRenamed) {
    if (row.old_name != function) continue;
    for (std::string_view name : split(row.names, ' '))
      if (exists(name, matching))
        return fmt::format("kernels since {} have `{}` in its place", row.since, name);
  }
  return {};
}

// Events are easily taken for functions.
std::string event_of_that_name(std::string_view function, Matching& matching) {
  auto categories = matching.kernel.tracepoint_categories();
  if (!categories) return {};
  for (const std::string& category : *categories)
    if (matching.kernel.tracepoint_id(category, function))
      return fmt::format("there is an event of that name: `tracepoint:{}:{}`", category, function);
  return {};
}

}  // namespace

std::string instead_of(std::string_view function, Matching& matching) {
  std::string name = new_name(function, matching);
  return name.empty() ? event_of_that_name(function, matching) : name;
}

}  // namespace tracer
