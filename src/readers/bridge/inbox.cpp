#include "readers/bridge/inbox.hpp"

#include <algorithm>
#include <array>

#include "base/crc32c.hpp"

namespace perigee::readers::bridge {
namespace {

namespace mqtt = wire::mqtt;

constexpr int packet_id_bits = 16;
constexpr std::uint64_t bridge_mark =
    1ULL << 47;  // the door's sessions draw theirs from 48 bits, so that two are hardly ever one
constexpr std::size_t recall_slice_bytes = 1U << 20;
constexpr std::array all_lanes{model::lane::alarm, model::lane::event, model::lane::bulk};

}  // namespace

inbox::inbox(journal::journal& log, inbox_options options)
    : log_(log), options_(std::move(options)), number_(bridge_mark | crc32c(as_bytes(options_.source))) {}

std::uint64_t inbox::delivery_of(mqtt::packet_id id) const { return number_ << packet_id_bits | id; }

void inbox::restore(const bridge_state& from) {
  auto& lanes = recalling_.emplace();
  for (const auto l : all_lanes) {
    // What a crash kept from being proven is staged again, and is to be read as well.
    lanes[static_cast<std::size_t>(l)] = {.at = from.lanes[static_cast<std::size_t>(l)].seen, .end = log_[l].staged()};
  }
  for (const auto& [id, lane] : from.receipts) lanes[static_cast<std::size_t>(lane)].held.insert(id);
}

result<bool> inbox::recall() {
  if (!recalling_) return true;
  bool all = true;
  for (const auto l : all_lanes) {
    PG_TRY(const bool whole, recall(l));
    all = all && whole;
  }
  if (!all) return false;
  for (const auto l : all_lanes) {
    for (const auto id : (*recalling_)[static_cast<std::size_t>(l)].held) receipts_[id] = {l, {}, {}};
  }
  recalling_.reset();
  return true;
}

result<bool> inbox::recall(model::lane l) {
  auto& lane = (*recalling_)[static_cast<std::size_t>(l)];
  journal::reader reader(log_[l], lane.at);
  while (lane.at < lane.end) {
    const auto count = reader.read(recall_slice_bytes, [&](log_offset, const model::record_view& r) {
      if (r.delivery >> packet_id_bits != number_) return;
      const auto id = static_cast<mqtt::packet_id>(r.delivery);
      if (r.kind == model::record_kind::release) {
        lane.held.erase(id);
      } else {
        lane.held.insert(id);
      }
    });
    lane.at = reader.position();
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return false;
  }
  return true;
}

result<> inbox::take(const mqtt::publish& message, std::string_view topic, bool retain, timestamp now) {
  model::record_view r;
  r.lane = options_.lane_of(topic);
  r.retain = retain;
  r.qos = static_cast<std::uint8_t>(message.qos);
  r.topic = topic;
  r.payload = message.payload;
  r.properties = message.properties;
  r.source = options_.source;
  r.arrival = now;
  const bool once = message.qos == mqtt::qos::exactly_once;
  if (once) r.delivery = delivery_of(message.packet_id);
  PG_TRY(const auto at, log_.append(r));
  ++stored_;
  if (once) receipts_[message.packet_id] = {r.lane, at, {}};
  if (message.qos != mqtt::qos::at_most_once)
    due_.push_back({message.packet_id, message.qos, false, r.lane, at.next()});
  return {};
}

result<> inbox::release(mqtt::packet_id id, timestamp now) {
  const auto held = receipts_.find(id);
  if (held == receipts_.end()) {
    due_.push_back({.id = id, .qos = mqtt::qos::exactly_once, .completes = true});
    return {};
  }
  auto& [lane, stored, released] = held->second;
  if (!released) {
    model::record_view r;
    r.kind = model::record_kind::release;
    r.lane = lane;
    r.source = options_.source;
    r.arrival = now;
    r.delivery = delivery_of(id);
    PG_TRY(released, log_.append(r));
  }
  due_.push_back({id, mqtt::qos::exactly_once, true, lane, released->next()});
  return {};
}

void inbox::pass(const mqtt::publish& message) {
  if (message.qos != mqtt::qos::at_most_once) due_.push_back({.id = message.packet_id, .qos = message.qos});
}

std::optional<inbox::due> inbox::next_due() {
  if (due_.empty() || log_[due_.front().lane].acknowledged() < due_.front().after) return std::nullopt;
  const auto out = due_.front();
  due_.pop_front();
  if (out.completes) receipts_.erase(out.id);
  return out;
}

void inbox::on_disconnected() {
  std::erase_if(due_, [](const due& each) { return each.completes || each.qos != mqtt::qos::exactly_once; });
}

void inbox::forget_receipts() {
  receipts_.clear();
  due_.clear();
  for (const auto l : all_lanes) forgotten_until_[static_cast<std::size_t>(l)] = log_[l].staged();
}

void inbox::tell(bridge_state& to) const {
  for (const auto l : all_lanes) to.lanes[static_cast<std::size_t>(l)].seen = log_[l].committed();
  to.receipts.clear();
  for (const auto& [id, each] : receipts_) {
    const auto committed = log_[each.lane].committed();
    if (each.stored < committed && !(each.released && *each.released < committed)) to.receipts[id] = each.lane;
  }
}

bool inbox::can_tell() const {
  return !recalling_ && std::ranges::all_of(all_lanes, [&](model::lane l) {
    return log_[l].committed() >= forgotten_until_[static_cast<std::size_t>(l)];
  });
}

std::vector<mqtt::packet_id> inbox::held() const {
  std::vector<mqtt::packet_id> out;
  for (const auto& [id, each] : receipts_) out.push_back(id);
  return out;
}

}  // namespace perigee::readers::bridge
