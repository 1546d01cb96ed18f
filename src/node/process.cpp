#include "node/process.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <format>
#include <fstream>
#include <string>

namespace perigee::node {
namespace {

constexpr int start_time_field = 22;  // of /proc/self/stat: proc_pid_stat(5)

/// Read-only segments alone: a page that was written to would lose what was written.
int give_back_segments(dl_phdr_info* of, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < of->dlpi_phnum; ++i) {
    const auto& segment = of->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const auto begin = (of->dlpi_addr + segment.p_vaddr) / page * page;
    const auto end = (of->dlpi_addr + segment.p_vaddr + segment.p_filesz) / page * page;
    if (end <= begin) continue;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

double seconds_of(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

}  // namespace

std::int64_t process_id() { return ::getpid(); }

result<std::array<std::uint8_t, 32>> random_bytes() {
  std::array<std::uint8_t, 32> drawn{};
  if (::getrandom(drawn.data(), drawn.size(), 0) != static_cast<ssize_t>(drawn.size()))
    return fail(errc::io, "the system gives no random bytes");
  return drawn;
}

result<std::string> random_token() {
  PG_TRY(const auto drawn, random_bytes());
  std::string out;
  for (const auto byte : drawn) out += std::format("{:02x}", byte);
  return out;
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t whole = 0, resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t heap_bytes() {
  const auto held = ::mallinfo2();
  return held.uordblks + held.hblkhd;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

void give_back_startup_pages() { ::dl_iterate_phdr(give_back_segments, nullptr); }

double milliseconds_since_exec() {
  std::ifstream stat("/proc/self/stat");
  std::string field;
  for (int i = 0; i < start_time_field; ++i) stat >> field;  // the name, field 2, is "(perigee)": no blanks
  std::ifstream uptime("/proc/uptime");
  double now = 0;
  uptime >> now;
  const double started = stat ? std::stod(field) / static_cast<double>(::sysconf(_SC_CLK_TCK)) : now;
  return (now - started) * 1000;
}

}  // namespace perigee::node
