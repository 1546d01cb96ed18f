#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "model/record.hpp"

namespace perigee::readers::history {

/// Records of one lane on their way from the journal's shard to the worker that stores them, copied because the
/// journal's views do not last. Reusable, so that its buffers grow once.
class record_block {
 public:
  void add(log_offset at, const model::record_view& r) {
    const auto begin = bytes_.size();
    const auto size = model::encoded_size(r);
    bytes_.resize(begin + size);
    model::encode(r, byte_span(bytes_).subspan(begin));
    records_.push_back({at, begin, size});
    lane_ = r.lane;
  }
  void clear() {
    bytes_.clear();
    records_.clear();
  }
  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] model::lane lane() const { return lane_; }
  /// Behind the last record.
  [[nodiscard]] log_offset next() const { return records_.empty() ? log_offset() : records_.back().at.next(); }

  void for_each(function_ref<void(log_offset, const model::record_view&)> each) const {
    for (const auto& x : records_) {
      const auto r = model::decode_record(byte_view(bytes_).subspan(x.begin, x.size), lane_);
      if (r) each(x.at, *r);  // what was encoded here decodes
    }
  }

 private:
  struct place {
    log_offset at;
    std::size_t begin;
    std::size_t size;
  };
  model::lane lane_ = model::lane::bulk;
  byte_buffer bytes_;
  std::vector<place> records_;
};

}  // namespace perigee::readers::history
