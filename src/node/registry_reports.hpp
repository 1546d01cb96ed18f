#pragma once
// What a gateway enrolled, told to its parent: as records of its journal, which the uplink carries (promises P1 to P3).

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "control/registry/report.hpp"
#include "io/timer.hpp"
#include "journal/journal.hpp"
#include "journal/message_reader.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// Where reports stand: docs/formats/registry.md.
inline constexpr std::string_view report_topic = "$perigee/registry";

[[nodiscard]] std::string encode_report(const control::registry::report& what);
/// Nothing where it is none, or one of a newer version.
[[nodiscard]] std::optional<control::registry::report> decode_report(byte_view payload);

/// At a gateway: writes what changed in its registry into its journal. A crash may tell something twice, which changes
/// nothing. Owned by the registrar, on the node's shard.
class report_writer {
 public:
  report_writer(io::shard& on, journal::journal& log, things& of);
  /// Until cancelled.
  [[nodiscard]] io::task<> run();

 private:
  io::task<> tell_all();
  io::task<> wait_for(log_offset at);

  io::shard& on_;
  journal::journal& log_;
  things& of_;
  io::event committed_;
  std::optional<std::uint64_t> told_at_{};  // things::changes() when nothing waited any more
};

/// At whoever is above: enters what the gateways below tell. Owned by the registrar, on the node's shard.
class report_reader {
 public:
  [[nodiscard]] static result<std::unique_ptr<report_reader>> open(io::shard& on, journal::journal& log, things& of);
  /// Until cancelled.
  [[nodiscard]] io::task<> run();

 private:
  struct told {
    std::string gateway;
    control::registry::report what;
  };

  report_reader(io::shard& on, journal::journal& log, things& of);
  /// One slice: false where there was nothing, or the registry could not take it now.
  io::task<bool> step();
  io::task<bool> enter(told one);

  io::shard& on_;
  things& of_;
  std::unique_ptr<journal::cursor> kept_;
  journal::reader reader_;
  model::batch_opener opener_;
  journal::place at_{};
  io::event work_;
};

}  // namespace perigee::node
