#include "node/health.hpp"

#include <sys/resource.h>
#include <sys/timex.h>

#include <format>

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr rlim_t open_files_wanted = 4096;
constexpr timestamp older_than_this_program{1'735'689'600'000'000'000};  // 2025-01-01
constexpr auto slow_sync = 20ms;

double gigabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e9; }

}  // namespace

finding check_open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= open_files_wanted)
    return {"open files", verdict::good, std::format("{} allowed", limit.rlim_cur)};
  return {"open files", verdict::note,
          std::format("{} allowed: each client takes one; raise LimitNOFILE or `ulimit -n` to {}", limit.rlim_cur,
                      open_files_wanted)};
}

finding check_clock() {
  if (clock::wall() < older_than_this_program) {
    return {"clock", verdict::bad, std::format("{} lies in the past: set the clock", to_iso8601(clock::wall()))};
  }
  timex state{};
  if (::ntp_adjtime(&state) == TIME_ERROR) {
    return {"clock", verdict::note, "not synchronised: install chrony or systemd-timesyncd"};
  }
  return {"clock", verdict::good, "synchronised"};
}

finding check_disk_space(const result<io::disk_space>& room, std::uint64_t wanted) {
  if (!room) return {"disk space", verdict::bad, room.error().text()};
  const auto text =
      std::format("{:.1f} GB free, the journal may take {:.1f} GB", gigabytes(room->free_bytes), gigabytes(wanted));
  if (room->free_bytes >= wanted) return {"disk space", verdict::good, text};
  return {"disk space", verdict::note, text + ": make room, or lower bytes_max of its lanes"};
}

finding check_data_folder(nanoseconds to_sync) {
  const auto text =
      std::format("writable; 4 KiB are durable after {:.2f} ms", static_cast<double>(to_sync.count()) / 1e6);
  if (to_sync < slow_sync) return {"data folder", verdict::good, text};
  return {"data folder", verdict::note, text + ": every acknowledgement waits that long"};
}

finding check_end(control::enrolment::validity of, control::enrolment::upkeep by, std::string text) {
  using control::enrolment::nearness;
  const auto now = clock::wall();
  const auto left = of.to - now;
  text += std::format(", until {}", to_iso8601(of.to));
  if (left <= 0s) return {"certificate", verdict::bad, text + ": it has ended"};
  text += left < std::chrono::days(2) ? std::format(", {:.1f} hours left", static_cast<double>(left.count()) / 3.6e12)
                                      : std::format(", {} days left", left / std::chrono::days(1));
  switch (nearness_of(of, by, now)) {
    case nearness::far: return {"certificate", verdict::good, std::move(text)};
    case nearness::month:
    case nearness::week: return {"certificate", verdict::note, std::move(text)};
    case nearness::day: break;
  }
  return {"certificate", verdict::bad, std::move(text)};
}

}  // namespace perigee::node
