#include "cli/rule_replay.hpp"

#include <array>
#include <deque>

#include "model/derived.hpp"
#include "model/record_batch.hpp"

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

/// Tells the rules of one record, as the node's own reader of rules does.
class teller {
 public:
  teller(const replay_of_journal& what, rules::rule_set& on, replay_sink& out) : what_(what), on_(on), out_(out) {}

  void tell(model::lane lane, const lane_ahead::entry& one) {
    const auto r = one.record.view();
    const auto index = static_cast<std::uint8_t>(lane);
    if (r.arrival < what_.from || r.arrival > what_.to) return;
    move_time(r.arrival);
    on_.advance(index, r.arrival, out_);
    const model::origin here{what_.node, {}, one.at};
    const auto opened = opener_.for_each_message(here, r, [&](const model::origin& from, const model::record_view& m) {
      const bool own_output = from.node == what_.node && model::is_derived(m);
      if (m.kind != model::record_kind::message || own_output || m.topic.starts_with('$')) return;
      ++sum.messages;
      on_.apply({m.topic, m.payload, m.arrival, one.at, m.source, r.arrival, index}, out_);
    });
    if (!opened) ++sum.missing;
  }

  /// Ends what ends by then, each at its own time.
  void move_time(timestamp to) {
    for (auto due = next_deadline(); due && due->at <= to; due = next_deadline()) {
      out_.now = due->at;
      on_.advance(due->lane, due->at, out_);
    }
    out_.now = to;
  }

  replay_sum sum;

 private:
  struct deadline {
    timestamp at;
    std::uint8_t lane;
  };
  [[nodiscard]] std::optional<deadline> next_deadline() const {
    std::optional<deadline> first;
    for (std::uint8_t lane = 0; lane < model::lane_count; ++lane) {
      const auto due = on_.next_deadline(lane);
      if (due && (!first || *due < first->at)) first = {*due, lane};
    }
    return first;
  }

  const replay_of_journal& what_;
  rules::rule_set& on_;
  replay_sink& out_;
  model::batch_opener opener_;
};

}  // namespace

result<replay_sum> replay(io::disk& disk, const journal::keyring& keys, const replay_of_journal& what,
                          rules::rule_set& on, replay_sink& out) {
  PG_TRY(const auto all, journal::summarize(disk, what.folder));
  std::vector<lane_ahead> lanes;
  for (const auto& each : all.lanes) lanes.emplace_back(disk, what.folder, keys, each.lane, each.end);
  teller to(what, on, out);
  for (;;) {
    lane_ahead* oldest = nullptr;
    const lane_ahead::entry* first = nullptr;
    for (auto& lane : lanes) {
      PG_TRY(const auto* const front, lane.front());
      if (front == nullptr || (first != nullptr && front->record.arrival >= first->record.arrival)) continue;
      first = front;
      oldest = &lane;
    }
    if (oldest == nullptr) break;
    to.tell(first->record.lane, *first);
    oldest->take();
  }
  if (what.to.ns != INT64_MAX) to.move_time(what.to);
  for (const auto& lane : lanes) to.sum.missing += lane.missing();
  return to.sum;
}

}  // namespace perigee::cli
