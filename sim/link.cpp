#include "sim/link.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace perigee::sim {

using readers::uplink::subject;

void pipe::send(std::move_only_function<void()> arrival) {
  if (swallows_) return;
  last_arrival_ = std::max(last_arrival_, world_.now() + world_.around(delay_mean_));
  world_.after(last_arrival_ - world_.now(), [this, connection = connection_, arrival = std::move(arrival)] mutable {
    if (connection == connection_) arrival();
  });
}

link::link(node& child, node& parent, nanoseconds delay_mean, std::uint32_t batch_records)
    : world_(child.in()),
      child_(child),
      parent_(parent),
      batch_records_(batch_records),
      up_(world_, delay_mean),
      down_(world_, delay_mean) {
  child_.on_up.push_back([this] { child_up(); });
  child_.on_down.push_back([this] {
    cut();
    sender_.reset();
  });
  child_.on_commit.push_back([this] { pump(); });
  child_.on_tick.push_back([this] { connect(); });
  parent_.on_down.push_back([this] { cut(); });
  parent_.on_commit.push_back([this] { answer_what_is_durable(); });
}

void link::child_up() {
  readers::uplink::sender_options chosen;
  chosen.node = child_.name();
  chosen.peer = parent_.name();
  chosen.linger = milliseconds(50);
  chosen.batch_records = batch_records_;
  auto opened = readers::uplink::sender::open(*child_.log(), chosen);
  if (!opened) return world_.broken(std::format("{} has no uplink: {}", child_.name(), opened.error().text()));
  sender_ = *std::move(opened);
}

void link::cut() {
  if (!std::exchange(connected_, false)) return;
  world_.note(child_.name(), "uplink cut");
  up_.cut();
  down_.cut();
  up_.swallow(false);
  down_.swallow(false);
  waiting_.clear();
  not_before_ = std::max(not_before_, world_.now() + world_.around(milliseconds(300)));
  if (sender_) sender_->on_disconnected();
}

void link::partition(nanoseconds duration) {
  cut();
  not_before_ = world_.now() + duration;
}

void link::swallow(bool up) { (up ? up_ : down_).swallow(true); }

void link::heal() { not_before_ = world_.now(); }

/// Every tick: connects, breaks off what swallows, sends what became due.
void link::connect() {
  if (!sender_) return;
  if (connected_ && sender_->stalled(world_.now())) cut();
  if (!connected_ && world_.now() >= not_before_ && parent_.log() != nullptr) {
    connected_ = true;
    world_.note(child_.name(), "uplink connected");
    sender_->on_connected();
  }
  pump();
}

void link::pump() {
  if (!connected_ || !sender_) return;
  while (auto out = sender_->next(world_.now())) {
    up_.send([this, out = std::move(*out)] { arrive(out); });
  }
}

/// At the parent.
void link::arrive(const readers::uplink::outgoing& out) {
  const readers::uplink::receiver receiver(*parent_.log());
  const auto topic = readers::uplink::parse_up_topic(out.topic);
  if (!topic) return world_.broken("the sender made a topic that the receiver does not know");
  if (topic->subject == subject::newest) return;
  if (topic->subject == subject::hello) {
    waiting w{0, readers::uplink::decode_hello(out.payload).value(), {}};
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      w.until[i] = (*parent_.log())[static_cast<model::lane>(i)].staged();
    }
    answer(out.token, true);
    waiting_.push_back(w);
    return answer_what_is_durable();
  }
  const auto taken =
      readers::uplink::receiver(*parent_.log()).offer(child_.name(), topic->lane, out.payload, world_.wall());
  world_.note(parent_.name(), taken ? "offered" : "refused", out.payload.size());
  if (!taken) return answer(out.token, false);
  waiting w{out.token, {}, {}};
  w.until[static_cast<std::size_t>(taken->lane)] = taken->wait_for.next();
  waiting_.push_back(w);
  answer_what_is_durable();
}

bool link::durable(const waiting& w) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    if ((*parent_.log())[static_cast<model::lane>(i)].acknowledged() < w.until[i]) return false;
  }
  return true;
}

void link::answer_what_is_durable() {
  if (!connected_ || parent_.log() == nullptr) return;
  for (const auto& w : waiting_) {
    if (!durable(w)) continue;
    if (w.token != 0) {
      answer(w.token, true);
      continue;
    }
    const auto greeting = readers::uplink::receiver(*parent_.log()).greet(child_.name(), w.hello);
    down_.send([this, bytes = encode(greeting)] {
      const auto taken = sender_->on_welcome(bytes, world_.now(), world_.wall());
      if (!taken) world_.broken(std::format("P1: {}: {}", child_.name(), taken.error().text()));
      pump();
    });
  }
  std::erase_if(waiting_, [this](const waiting& w) { return durable(w); });
}

void link::answer(std::uint64_t token, bool success) {
  down_.send([this, token, success] {
    sender_->on_answer(token, success, world_.now());
    pump();
  });
}

}  // namespace perigee::sim
