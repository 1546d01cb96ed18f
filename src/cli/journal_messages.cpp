#include "cli/journal_messages.hpp"

#include <deque>
#include <vector>

#include "model/derived.hpp"

namespace perigee::cli {
namespace {

constexpr std::uint64_t ahead_bytes = 16ULL << 20;  // about a segment: each is looked through once or twice

/// One lane of a journal, read ahead a piece at a time.
class lane_ahead final : private journal::dump_visitor {
 public:
  lane_ahead(io::disk& disk, const std::string& folder, const journal::keyring& keys, model::lane lane, log_offset end)
      : disk_(disk), folder_(folder), keys_(keys), lane_(lane), end_(end) {}

  struct entry {
    log_offset at;
    model::record record;
  };

  /// The oldest that was not taken; null at the end.
  [[nodiscard]] result<const entry*> front() {
    if (ahead_.empty() && next_ < end_) PG_TRY_VOID(refill());
    return ahead_.empty() ? nullptr : &ahead_.front();
  }
  void take() { ahead_.pop_front(); }
  [[nodiscard]] std::uint64_t missing() const { return missing_; }

 private:
  result<> refill() {
    bytes_ = 0;
    const auto last = log_offset(end_.value() - 1);
    PG_TRY_VOID(journal::dump(disk_, folder_, keys_, {.lane = lane_, .from = next_, .to = last}, *this));
    if (ahead_.empty()) next_ = end_;
    return {};
  }
  bool on_record(log_offset at, const model::record_view& r) override {
    ahead_.push_back({at, model::record(r)});
    next_ = log_offset(at.value() + 1);
    bytes_ += model::encoded_size(r);
    return bytes_ < ahead_bytes;
  }
  bool on_missing(log_offset first, log_offset last) override {
    missing_ += last.value() - first.value() + 1;
    next_ = log_offset(last.value() + 1);
    return true;
  }

  io::disk& disk_;
  const std::string& folder_;
  const journal::keyring& keys_;
  model::lane lane_;
  log_offset end_;
  log_offset next_{};
  std::deque<entry> ahead_;
  std::uint64_t bytes_ = 0;
  std::uint64_t missing_ = 0;
};

/// The lane whose first record is the oldest; null where all are at their end.
result<lane_ahead*> oldest_of(std::vector<lane_ahead>& lanes) {
  lane_ahead* oldest = nullptr;
  timestamp first{};
  for (auto& lane : lanes) {
    PG_TRY(const auto* const front, lane.front());
    if (front == nullptr || (oldest != nullptr && front->record.arrival >= first)) continue;
    first = front->record.arrival;
    oldest = &lane;
  }
  return oldest;
}

}  // namespace

result<journal_sum> for_each_message(io::disk& disk, const journal::keyring& keys, const journal_span& what,
                                     time_taker on_time, message_taker visit) {
  PG_TRY(const auto all, journal::summarize(disk, what.folder));
  std::vector<lane_ahead> lanes;
  for (const auto& each : all.lanes) lanes.emplace_back(disk, what.folder, keys, each.lane, each.end);
  model::batch_opener opener;
  journal_sum sum;
  for (;;) {
    PG_TRY(auto* const lane, oldest_of(lanes));
    if (lane == nullptr) break;
    PG_TRY(const auto* const one, lane->front());
    const auto r = one->record.view();
    if (r.arrival >= what.from && r.arrival <= what.to) {
      on_time(r.lane, r.arrival);
      const model::origin here{what.node, {}, one->at};
      const auto opened = opener.for_each_message(here, r, [&](const model::origin& from, const model::record_view& m) {
        const bool own_output = from.node == what.node && model::is_derived(m);
        if (m.kind != model::record_kind::message || own_output || m.topic.starts_with('$')) return;
        ++sum.messages;
        visit({from, m, r.lane, one->at, r.arrival});
      });
      if (!opened) ++sum.missing;
    }
    lane->take();
  }
  for (const auto& lane : lanes) sum.missing += lane.missing();
  return sum;
}

}  // namespace perigee::cli
