#include "node/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

namespace perigee::node {
namespace {

constexpr int start_time_field = 22;  // of /proc/self/stat: proc_pid_stat(5)

double seconds_of(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

}  // namespace

std::int64_t process_id() { return ::getpid(); }

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t whole = 0, resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

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
