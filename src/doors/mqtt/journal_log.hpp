#pragma once

#include <array>
#include <optional>

#include "doors/mqtt/ports.hpp"
#include "journal/journal.hpp"
#include "model/record_batch.hpp"

namespace perigee::doors::mqtt {

/// The broker's view of the node's journal. Two readers a lane, made when first used: one stays at the tail, where live
/// messages are, the other goes where a session that fell behind needs it. Owned by the node, on the journal's shard;
/// ends before the journal.
class journal_log final : public log_port {
 public:
  explicit journal_log(journal::journal& log) : log_(log) {}

  result<log_offset> append(const model::record_view& r) override { return log_.append(r); }
  result<log_offset> stage(const model::record_view& r) override { return log_.append(r, journal::haste::unawaited); }
  void commit_staged() override;
  journal::staging_level staging() const override { return log_.staging(); }
  bool acknowledges_at_once(model::lane l) const override { return log_[l].acknowledges_at_once(); }
  log_offset staged(model::lane l) const override { return log_[l].staged(); }
  log_offset acknowledged(model::lane l) const override { return log_[l].acknowledged(); }
  log_offset committed(model::lane l) const override { return log_[l].committed(); }
  const journal::lineage& lives() const override { return log_.lives(); }
  result<place> read(const read_request& what, visitor visit) override;

 private:
  struct lane_readers {
    std::optional<journal::reader> tail;
    std::optional<journal::reader> elsewhere;
  };

  journal::reader& reader_at(model::lane l, log_offset position);

  journal::journal& log_;
  std::array<lane_readers, model::lane_count> readers_;
  model::batch_opener opener_;
};

}  // namespace perigee::doors::mqtt
