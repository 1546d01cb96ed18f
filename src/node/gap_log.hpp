#pragma once

#include "journal/journal.hpp"
#include "quarantine/keeper.hpp"

namespace perigee::node {

/// The journal as the quarantine sees it. Owned by the node.
class gap_log final : public quarantine::gap_port {
 public:
  explicit gap_log(journal::journal& log) : log_(log) {}

  result<log_offset> append(const model::record_view& r) override {
    const auto stored = log_.append(r);
    if (stored || is(stored.error(), errc::duplicate)) return log_[r.lane].staged();
    return stored;
  }
  log_offset committed(model::lane l) const override { return log_[l].committed(); }

 private:
  journal::journal& log_;
};

}  // namespace perigee::node
