#pragma once
// What can be wrong around a node and its machine: what `perigee doctor` and the System view have in common.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "control/enrolment/expiry.hpp"
#include "io/file.hpp"

namespace perigee::node {

enum class verdict { good, note, bad };

struct finding {
  std::string_view check;
  verdict how = verdict::good;
  std::string text;  // what was seen, and what would be right
};

/// Of this process.
[[nodiscard]] finding check_open_files();
/// Whether the machine's clock can be right, and is kept so.
[[nodiscard]] finding check_clock();
/// Whether there is room for what the journal may still take.
[[nodiscard]] finding check_disk_space(const result<io::disk_space>& room, std::uint64_t wanted);
/// How long it takes until a few KiB are durable.
[[nodiscard]] finding check_data_folder(nanoseconds to_sync);
/// Of a certificate, told as `text`: how near its end it is.
[[nodiscard]] finding check_end(control::enrolment::validity of, control::enrolment::upkeep by, std::string text);

}  // namespace perigee::node
