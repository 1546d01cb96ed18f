#pragma once

#include <algorithm>

#include "model/gap.hpp"
#include "quarantine/entry.hpp"

namespace perigee::quarantine::detail {

/// Sums up the records of one lane that are given up, for the gap record that says so.
class loss {
 public:
  [[nodiscard]] bool empty() const { return sum_.count == 0; }

  void add(const entry& e) {
    cover(e.at, e.at, 1);
    model::record_view r;
    r.topic = e.topic;
    r.arrival = e.arrival;
    if (e.kind == model::record_kind::message) {
      tally_.add(r);
    } else {
      tally_.add_unknown(e.messages);  // a batch that cannot be opened
    }
  }
  /// What another gap says, too.
  void add(byte_view gap_payload) {
    const auto before = model::decode_gap(gap_payload);
    if (!before) return;
    cover(before->first, before->last, before->count);
    tally_.add(*before);
  }
  /// docs/formats/gap.md.
  [[nodiscard]] byte_buffer payload(model::lane l) const {
    auto whole = sum_;
    whole.lane = l;
    whole.reason = model::gap_reason::quarantine;
    tally_.describe_in(whole);
    byte_buffer out;
    model::encode_gap(whole, out);
    return out;
  }

 private:
  void cover(log_offset first, log_offset last, std::uint64_t count) {
    sum_.first = empty() ? first : std::min(sum_.first, first);
    sum_.last = std::max(sum_.last, last);
    sum_.count += count;
  }

  model::gap sum_;
  model::gap_tally tally_;
};

}  // namespace perigee::quarantine::detail
