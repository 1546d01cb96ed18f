#pragma once

#include <memory>
#include <string>

#include "control/enrolment/est_client.hpp"
#include "control/enrolment/renewal_times.hpp"
#include "io/worker.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// When this program was built: nothing happens before.
[[nodiscard]] timestamp build_time();

/// Knows what time it is at least, for a machine that does not: from when this program was built, from the last run
/// (docs/formats/clock.md), and from the parent while the machine's clock is behind these. Moves io::verification_time,
/// and never the machine's clock. Owned by the node, on its shard.
class timekeeper {
 public:
  struct means {
    io::shard& on;
    io::network& through;
    io::disk& disk;
  };
  /// Reads the file of the last run: blocks, for the start.
  timekeeper(const config& chosen, means by);

  /// Until cancelled.
  [[nodiscard]] io::task<> run();
  /// For the next run. What a clock that runs ahead says is not kept: `good` says at which times the node's own
  /// certificate is valid. Blocks, for a few bytes.
  void save(control::enrolment::validity good);

  /// How much the machine's clock is behind what is known; 0: it is not.
  [[nodiscard]] static nanoseconds behind();
  /// What was known last: "the parent", "the last run", "the program"; empty while the machine's clock is not behind.
  [[nodiscard]] std::string source() const;

 private:
  [[nodiscard]] io::task<> ask_parent();

  means means_;
  std::string file_;
  std::string authority_;
  std::unique_ptr<control::enrolment::est_client> parent_;  // null: nobody to ask
  std::string source_;
};

}  // namespace perigee::node
