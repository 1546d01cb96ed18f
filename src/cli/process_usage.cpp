#include "cli/process_usage.hpp"

#include <unistd.h>

#include <format>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace perigee::cli {

result<process_usage> usage_of(std::uint64_t pid) {
  std::ifstream file(std::format("/proc/{}/stat", pid));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return fail(errc::not_found, "there is no process of this number");
  // proc_pid_stat(5): behind the name stand the fields from 3 on; 14 and 15 are ticks, 24 is pages.
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  std::int64_t user_ticks = 0;
  std::int64_t kernel_ticks = 0;
  fields >> user_ticks >> kernel_ticks;
  for (int i = 16; i < 24; ++i) fields >> skipped;
  std::uint64_t pages = 0;
  fields >> pages;
  if (!fields) return fail(errc::not_found, "the process has ended");
  const auto tick = nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK);
  return process_usage{tick * (user_ticks + kernel_ticks), pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace perigee::cli
