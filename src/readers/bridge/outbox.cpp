#include "readers/bridge/outbox.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "readers/bridge/via.hpp"

namespace perigee::readers::bridge {
namespace {

// Read from a lane before the others have their turn, and held in memory until it is sent.
constexpr std::size_t slice_bytes = 256U << 10;
constexpr std::size_t slice_messages = 512;

}  // namespace

outbox::outbox(journal::lane_log& lane, const topic_map& topics, const kept_back& kept)
    : lane_(lane), topics_(topics), kept_(kept), reader_(lane) {}

void outbox::restore(const lane_state& from) {
  completed_ = from.completed;
  saved_ = from.received;
  // Which of them went out before cannot be known now.
  sent_until_ = saved_.number + limits::bridge_in_flight_max;
  rewind(true);
}

void outbox::rewind(bool session_present) {
  waiting_.clear();
  flights_.clear();
  if (!session_present) {
    saved_ = completed_;
    sent_until_ = 0;  // to a new session all is new
    must_save_ = true;
  }
  for (auto number = completed_.number; number < saved_.number; ++number) {
    flights_.push_back({.number = number, .stage = stage::released, .sent = clock::now()});
  }
  if (!flights_.empty()) flights_.back().after = saved_.at;
  const auto& start = flights_.empty() ? completed_ : saved_;
  read_until_ = start.at;
  next_number_ = start.number;
  stuck_ = false;
}

const departing* outbox::next() {
  if (must_save_) return nullptr;
  if (waiting_.empty()) refill();
  return waiting_.empty() ? nullptr : &waiting_.front();
}

void outbox::refill() {
  stuck_ = false;
  if (reader_.position() != read_until_.offset) reader_.seek(read_until_.offset);
  std::size_t bytes = 0;
  const auto wanted = [&](std::string_view topic) { return topics_.leaves(topic); };
  const auto visit = [&](journal::place at, const model::origin& of, const model::record_view& r) {
    if (!leaves(r)) return true;
    if (waiting_.size() == slice_messages || bytes >= slice_bytes) return false;
    bytes += r.payload.size() + r.topic.size();
    const journal::place after =
        at.inner == 0 ? journal::place{at.offset.next(), 0} : journal::place{at.offset, at.inner + 1};
    waiting_.push_back({at, after, model::record(r), std::string(of.node), of.journal_epoch, of.offset});
    return true;
  };
  const auto reached = journal::read_messages(
      reader_, opener_,
      {.from = read_until_, .bytes_max = slice_bytes, .messages_max = slice_messages, .wanted = wanted}, visit);
  if (!reached) {
    log::warn("readers.bridge", "the journal cannot be read: {}", reached.error().text());
    stuck_ = true;
    return;
  }
  stuck_ = *reached == read_until_;
  read_until_ = *reached;
  if (!waiting_.empty()) {
    const auto mean = static_cast<double>(bytes) / static_cast<double>(waiting_.size());
    bytes_per_record_ += (mean - bytes_per_record_) * 0.1;
  }
  settle();
}

bool outbox::leaves(const model::record_view& r) const {
  return r.kind == model::record_kind::message && r.source != kept_.source && topics_.leaves(r.topic) &&
         !has_left(r.properties, kept_.via) && !has_left(r.properties, kept_.peer);
}

std::uint64_t outbox::take(clock::time_point now) {
  const auto number = next_number_++;
  flights_.push_back({.number = number, .at = front(), .after = waiting_.front().after, .sent = now});
  waiting_.pop_front();
  sent_until_ = std::max(sent_until_, next_number_);
  return number;
}

void outbox::pass() {
  waiting_.pop_front();
  settle();
}

outbox::flight* outbox::find(std::uint64_t number) {
  if (flights_.empty() || number < flights_.front().number) return nullptr;
  const auto index = number - flights_.front().number;
  return index < flights_.size() ? &flights_[index] : nullptr;
}

bool outbox::receive(flight& which, wire::mqtt::packet_id id) {
  const bool releases = which.number < saved_.number;
  which.stage = releases ? stage::released : stage::received;
  which.id = id;
  return releases;
}

void outbox::finish(std::uint64_t number) {
  auto* done = find(number);
  if (done == nullptr) return;
  done->stage = stage::finished;
  settle();
}

/// Moves what is behind us over what is finished without a hole before it.
void outbox::settle() {
  while (!flights_.empty() && flights_.front().stage == stage::finished) {
    const auto& front = flights_.front();
    if (front.after) completed_ = {*front.after, front.number + 1};
    flights_.pop_front();
  }
  if (flights_.empty()) completed_ = {front(), next_number_};
}

std::optional<clock::time_point> outbox::waiting_since() const {
  for (const auto& each : flights_) {
    if (each.stage == stage::sent || each.stage == stage::released) return each.sent;
  }
  return std::nullopt;
}

lane_state outbox::standing() {
  lane_state out{completed_, completed_, {}};
  for (const auto& each : flights_) {
    if (each.stage == stage::sent) break;
    if (each.after) out.received = {*each.after, each.number + 1};
  }
  // What was released by it stays so, although it is sent again: over a connection that began while it was written.
  if (saved_.number > out.received.number) out.received = saved_;
  return out;
}

void outbox::saved(const lane_state& what) {
  saved_ = what.received;
  must_save_ = false;
}

bool outbox::wants_saving() const {
  return must_save_ || std::ranges::any_of(flights_, [&](const flight& each) {
           return each.stage == stage::received && each.number >= saved_.number;
         });
}

std::uint64_t outbox::records_waiting() const {
  const auto committed = lane_.committed();
  return committed > completed_.at.offset ? committed.value() - completed_.at.offset.value() : 0;
}

std::uint64_t outbox::bytes_waiting() const {
  return static_cast<std::uint64_t>(static_cast<double>(records_waiting()) * bytes_per_record_);
}

std::optional<timestamp> outbox::oldest_waiting() {
  if (records_waiting() == 0) return std::nullopt;
  std::optional<timestamp> out;
  journal::reader peek(lane_, completed_.at.offset);
  (void)peek.read(1, [&](log_offset, const model::record_view& r) { out = out.value_or(r.arrival); });
  return out;
}

result<departing> outbox::read_at(journal::place at) {
  std::optional<departing> found;
  journal::reader again(lane_, at.offset);
  const auto visit = [&](journal::place here, const model::origin& of, const model::record_view& r) {
    if (here == at) found = {at, {}, model::record(r), std::string(of.node), of.journal_epoch, of.offset};
    return !found;
  };
  PG_TRY_VOID(journal::read_messages(again, opener_, {.from = at, .bytes_max = 1, .wanted = {}}, visit));
  if (!found) return fail(errc::not_found, "the message is gone");
  return *std::move(found);
}

}  // namespace perigee::readers::bridge
