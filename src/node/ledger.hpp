#pragma once
// The sensor's own count of what was acknowledged to it, apart from everything that it checks: docs/formats/ledger.md.

#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "io/file.hpp"

namespace perigee::node {

/// One message of a device that the journal acknowledged.
struct acked_reading {
  perigee::epoch epoch;
  perigee::sequence sequence;
  timestamp time;  // of its readings
  std::uint32_t readings = 0;

  auto operator<=>(const acked_reading&) const = default;
};

/// One command that a device received.
struct decision_made {
  timestamp reading;     // the time of the reading that caused it
  nanoseconds taken{0};  // until the device had the command

  auto operator<=>(const decision_made&) const = default;
};

/// Writes one device's ledger. Owned by the door that plays the device, on its shard: a write of 32 bytes into the page
/// cache. Ends with the door.
class ledger {
 public:
  /// Continues behind what is there; makes the folder.
  [[nodiscard]] static result<ledger> open(io::disk& on, const std::string& folder, const std::string& device);

  [[nodiscard]] result<> add(const acked_reading& acked);
  [[nodiscard]] result<> add(const decision_made& made);

 private:
  struct log {
    std::unique_ptr<io::file> file;
    std::uint64_t end = 0;
  };

  ledger(log readings, log decisions) : readings_(std::move(readings)), decisions_(std::move(decisions)) {}
  static result<log> open_log(io::disk& on, const std::string& path, std::uint8_t kind);
  static result<> append(log& to, byte_view entry);

  log readings_;
  log decisions_;
};

/// Devices that have a ledger in the folder, sorted.
[[nodiscard]] result<std::vector<std::string>> ledger_devices(io::disk& on, const std::string& folder);
/// Each entry in the order of writing. errc::corrupt for an entry that is damaged; a cut one at the end is left out.
[[nodiscard]] result<> read_acked(io::disk& on, const std::string& folder, const std::string& device,
                                  function_ref<void(const acked_reading&)> each);
[[nodiscard]] result<> read_decisions(io::disk& on, const std::string& folder, const std::string& device,
                                      function_ref<void(const decision_made&)> each);
/// Readings acknowledged so far, from the file's size and its newest entry: for a live display.
[[nodiscard]] result<std::uint64_t> estimate_acked(io::disk& on, const std::string& folder, const std::string& device);

}  // namespace perigee::node
