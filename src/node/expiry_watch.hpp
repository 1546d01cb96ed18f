#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "alarm/board.hpp"
#include "base/metrics.hpp"
#include "control/enrolment/expiry.hpp"
#include "journal/journal.hpp"
#include "node/known_certificates.hpp"

namespace perigee::node {

/// Raises an alarm `certificate` for each file with a certificate that comes near its end, with the file's name as its
/// key: 30 days before it as information, 7 days as a warning, a day before it critical (control/enrolment/expiry.hpp);
/// and clears it when there is another. What the alarm lane does not take is told at the next look. Owned by the node,
/// on its shard.
class expiry_watch {
 public:
  using severity = alarm::severity;

  /// `so_far`: the alarms that this node raised before it was started.
  expiry_watch(std::string node, journal::journal& log, metrics::registry& metrics, const alarm::board& so_far);

  /// What there is now. `failing`: the node's renewal of its own certificate fails.
  void look(const std::vector<known_certificate>& all, bool failing, timestamp now);

 private:
  struct finding {
    std::optional<severity> level{};
    const known_certificate* worst = nullptr;  // the first to end
  };
  [[nodiscard]] bool tell(const std::string& key, const finding& what, timestamp now);
  void measure(const std::string& key, const known_certificate& one, timestamp now);

  struct raised {
    severity level;
    timestamp since;
  };

  std::string node_;
  journal::journal& log_;
  metrics::registry& metrics_;
  std::map<std::string, raised> told_;  // by key
};

}  // namespace perigee::node
