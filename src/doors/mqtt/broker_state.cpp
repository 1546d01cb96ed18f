#include <algorithm>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/detail/state.hpp"

namespace perigee::doors::mqtt {

using detail::index;

state_change broker::take_changes() {
  auto& changes = context_.changes;
  state_change out;
  out.push_back(detail::encode(detail::saved_broker{log_.lives(), context_.routed}));
  for (const auto& client_id : std::exchange(changes.sessions, {})) {
    const auto found = sessions_.find(client_id);
    const bool stays = found != sessions_.end() && found->second->is_kept();
    if (found != sessions_.end() && !stays) found->second->not_saved();
    out.push_back(stays ? detail::encode(client_id, found->second->save(context_)) : detail::no_session(client_id));
  }
  for (const auto& [client_id, filter] : std::exchange(changes.subscriptions, {})) {
    const auto found = sessions_.find(client_id);
    const auto* entry =
        found != sessions_.end() && found->second->expiry_s != 0 ? found->second->find(filter) : nullptr;
    out.push_back(entry != nullptr ? detail::encode(client_id, filter, *entry)
                                   : detail::no_subscription(client_id, filter));
  }
  for (const auto& name : std::exchange(changes.shares, {})) {
    const auto found = shares_.find(name);
    const bool stays = found != shares_.end() && found->second->is_kept();
    const auto state = found != shares_.end() ? found->second->save(context_.routed) : detail::saved_share{};
    out.push_back(stays ? detail::encode(name, state) : detail::no_share(name));
  }
  for (const auto& topic : retained_.take_changed()) {
    const auto m = retained_.find(topic);
    out.push_back(m && m->stored ? detail::encode(topic, *m) : detail::no_retained(topic));
  }
  return out;
}

/// The answer to what changed a session: a crash behind it must find the session so.
answer broker::when_saved(const detail::session& s) { return s.expiry_s == 0 ? answer{} : when_saved(); }

answer broker::when_saved() {
  if (!context_.changes.kept) return {};
  host_.state_waits();
  return {.after_revision = context_.changes.revision};
}

void broker::note_subscription(const detail::session& s, std::string_view filter) {
  if (!context_.changes.kept || s.expiry_s == 0) return;
  ++context_.changes.revision;
  context_.changes.subscriptions.emplace_back(s.client_id(), filter);
}

/// Of a session that ends, or is going to end with its connection.
void broker::forget_subscriptions(const detail::session& s) {
  if (!context_.changes.kept || !s.saved) return;
  for (const auto& [filter, entry] : s.all()) context_.changes.subscriptions.emplace_back(s.client_id(), filter);
  ++context_.changes.revision;
}

result<> broker::restore(state_port& from, moment now) {
  set_now(now);
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    // What a crash kept from being proven is staged again: a client may be waiting for its PUBREC.
    restarted_at_[i] = log_.staged(static_cast<model::lane>(i));
  }
  auto done = restore_all(from);
  if (!done) forget_all();
  // Their last member may have been one that did not outlast the kill.
  std::vector<detail::share*> left;
  for (const auto& [name, one] : shares_) {
    if (one->members().empty()) left.push_back(one.get());
  }
  for (auto* one : left) end_share(*one);
  show_sizes();
  host_.work_waits();  // what was committed after the save
  return done;
}

result<> broker::restore_all(state_port& from) {
  return from.load([this](state_kind kind, byte_view key, byte_view body) -> result<> {
    switch (kind) {
      case state_kind::broker: return restore_broker(key, body);
      case state_kind::session: return restore_session(key, body);
      case state_kind::subscription: return restore_subscription(key, body);
      case state_kind::retained: return restore_retained(key, body);
      case state_kind::share: return restore_share(key, body);
    }
    return fail(errc::malformed, "the MQTT state holds what is not known");
  });
}

result<> broker::restore_broker(byte_view key, byte_view body) {
  PG_TRY(const auto saved, detail::decode_broker(key, body));
  same_journal_ = saved.lives.journal == log_.lives().journal;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    same_until_[i] = log_.lives().resume(l, saved.lives, log_offset(UINT64_MAX));
    context_.routed[i] = std::min({saved.routed[i], same_until_[i], log_.committed(l)});
    noted_[i] = context_.routed[i];
  }
  return {};
}

result<> broker::restore_session(byte_view key, byte_view body) {
  PG_TRY(auto saved, detail::decode_session(key, body));
  auto made = std::make_unique<detail::session>(std::string(as_text(key)), saved.name, saved.number);
  auto& s = *sessions_.insert_or_assign(std::string(as_text(key)), std::move(made)).first->second;
  // A connection that a crash ended is gone since now.
  const bool was_connected = !saved.expires;
  s.expires = saved.expires.value_or(context_.now.wall + std::chrono::seconds(saved.expiry_s));
  if (was_connected && saved.will) {
    saved.will_due = context_.now.wall + std::chrono::seconds(std::min(saved.will->delay_s, saved.expiry_s));
  }
  bool moved = was_connected;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    moved = moved || !saved.places[i];
    if (!saved.places[i]) saved.places[i] = place{context_.routed[i], 0};
  }
  if (!s.resume(saved))
    return fail(errc::malformed, "a session of the MQTT state has packet identifiers too far apart");
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    s.go_back(context_, static_cast<model::lane>(i), same_until_[i]);
  }
  if (moved) s.changed(context_);
  if (!same_journal_) return {};
  for (const auto& r : saved.receipts) s.receipts.hold(r);
  returning_.emplace(saved.number, &s);
  return {};
}

result<> broker::restore_subscription(byte_view key, byte_view body) {
  PG_TRY(auto saved, detail::decode_subscription(key, body));
  auto& [names, entry] = saved;
  const auto found = sessions_.find(names.client_id);
  if (found == sessions_.end()) return fail(errc::malformed, "a subscription of the MQTT state has no session");
  auto& s = *found->second;
  if (s.all().size() >= limits::mqtt_subscriptions_per_session_max) {
    return fail(errc::malformed, "a session of the MQTT state has too many subscriptions");
  }
  bool moved = false;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    moved = moved || entry.since[i] > same_until_[i];
    entry.since[i] = std::min(entry.since[i], same_until_[i]);
  }
  const auto* kept = s.subscribe(names.filter, entry).first;
  if (!entry.shared) {
    subscribers_.insert(names.filter, {&s, kept});
  } else if (auto* one = make_share(names.filter)) {
    join_share(*one, s, *kept);
  }
  if (moved) note_subscription(s, names.filter);
  return {};
}

result<> broker::restore_retained(byte_view key, byte_view body) {
  PG_TRY(auto saved, detail::decode_retained(key, body));
  // Of another copy of the journal: it is kept as the node's own, which another restart does not bring back.
  const bool elsewhere = saved.stored->at.offset >= same_until_[index(saved.stored->lane)];
  if (elsewhere) saved.stored.reset();
  const bool kept = elsewhere ? retained_.put(as_text(key), saved) : retained_.put_saved(as_text(key), saved);
  if (!kept) count_.not_retained.add();
  return {};
}

void broker::forget_all() {
  for (const auto& [client_id, s] : sessions_) {
    for (const auto& [filter, entry] : s->all()) subscribers_.erase(filter, {s.get()});
    s->shares.clear();
  }
  while (!shares_.empty()) end_share(*shares_.begin()->second);
  shared_count_ = 0;
  returning_.clear();
  sessions_.clear();
  retained_.clear();
  context_.changes.sessions.clear();
  context_.changes.shares.clear();
  context_.changes.subscriptions.clear();
  context_.routed = noted_ = {};
}

void broker::show_subscriptions() { count_.subscriptions.set(static_cast<double>(subscription_count())); }

void broker::show_sizes() {
  count_.sessions.set(static_cast<double>(sessions_.size()));
  show_subscriptions();
  count_.retained.set(static_cast<double>(retained_.size()));
}

void broker::on_saved(std::uint64_t revision, moment now) {
  set_now(now);
  context_.changes.saved = std::max(context_.changes.saved, revision);
  answer_all();
  for (auto* s : std::exchange(context_.awaiting_save, {})) {
    s->awaits_save = false;
    pump(*s);
    s->await_rest(context_);
    if (auto* l = s->attached()) l->touch();
  }
}

}  // namespace perigee::doors::mqtt
