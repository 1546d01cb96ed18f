#include <algorithm>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/detail/state.hpp"

namespace perigee::doors::mqtt {

void broker::save(byte_buffer& out, moment now) const {
  detail::saved_state state;
  state.lives = log_.lives();
  state.routed = context_.routed;
  for (const auto& [client_id, s] : sessions_) {
    if (s->expiry_s == 0) continue;
    const auto expires = s->attached() != nullptr ? now.wall + std::chrono::seconds(s->expiry_s) : s->expires;
    state.sessions.push_back(
        {client_id, s->name(), s->number(), s->expiry_s, expires, s->resume_places(context_.routed)});
    for (const auto& r : s->receipts.all()) {
      // The journal tells of the rest: what it has from there on is read again.
      const auto routed = context_.routed[static_cast<std::size_t>(r.lane)];
      if (r.stored < routed && (!r.released || *r.released >= routed)) state.sessions.back().receipts.push_back(r);
    }
    state.sessions.back().subscriptions.assign(s->all().begin(), s->all().end());
  }
  retained_.walk("#", {}, [&](const std::string& topic, const retained_message& m) {
    state.retained.emplace_back(topic, m);
    return true;
  });
  detail::encode(state, out);
}

result<> broker::restore(byte_view in, moment now) {
  PG_TRY(auto state, detail::decode_state(in));
  const bool same_journal = state.lives.journal == log_.lives().journal;
  const auto go_on = [&](std::size_t lane, log_offset at) {
    return log_.lives().resume(static_cast<model::lane>(lane), state.lives, at);
  };
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto end = log_.committed(static_cast<model::lane>(i));
    context_.routed[i] = std::min(go_on(i, state.routed[i]), end);
    noted_[i] = context_.routed[i];
    // What a crash kept from being proven is staged again: a client may be waiting for its PUBREC.
    restarted_at_[i] = log_.staged(static_cast<model::lane>(i));
  }
  for (auto& saved : state.sessions) {
    if (saved.expires <= now.wall) continue;
    auto s = std::make_unique<detail::session>(saved.client_id, saved.name, saved.number);
    s->expiry_s = saved.expiry_s;
    s->expires = saved.expires;
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      const auto at = go_on(i, saved.places[i].offset);
      if (at < saved.places[i].offset) saved.places[i] = {at, 0};
    }
    s->resume_from(saved.places);
    if (same_journal) {
      for (const auto& r : saved.receipts) s->receipts.hold(r);
      returning_.emplace(saved.number, s.get());
    }
    for (auto& [filter, entry] : saved.subscriptions) {
      for (std::size_t i = 0; i < model::lane_count; ++i) entry.since[i] = go_on(i, entry.since[i]);
      subscribers_.insert(filter, {s.get(), s->subscribe(filter, entry).first, nullptr});
    }
    sessions_.insert_or_assign(saved.client_id, std::move(s));
  }
  for (auto& [topic, m] : state.retained) {
    const auto behind = m.stored->at.offset.next();
    if (go_on(static_cast<std::size_t>(m.stored->lane), behind) < behind) m.stored.reset();
    if (!retained_.put(topic, std::move(m))) count_.not_retained.add();
  }
  count_.sessions.set(static_cast<double>(sessions_.size()));
  count_.subscriptions.set(static_cast<double>(subscribers_.size()));
  count_.retained.set(static_cast<double>(retained_.size()));
  host_.work_waits();  // what was committed after the save
  return {};
}

void broker::on_saved(std::uint64_t revision, moment now) {
  set_now(now);
  saved_revision_ = std::max(saved_revision_, revision);
  answer_all();
}

}  // namespace perigee::doors::mqtt
