// Shared subscriptions (MQTT5 4.8.2): who shares what. How messages go out is in detail/share.hpp.

#include <algorithm>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/detail/state.hpp"

namespace perigee::doors::mqtt {

/// The one of that name. Null at limits::mqtt_shared_groups_max.
detail::share* broker::make_share(std::string_view name) {
  if (const auto found = shares_.find(name); found != shares_.end()) return found->second.get();
  if (shares_.size() >= limits::mqtt_shared_groups_max) return nullptr;
  detail::offsets since;
  for (std::size_t i = 0; i < model::lane_count; ++i) since[i] = log_.committed(static_cast<model::lane>(i));
  auto made = std::make_unique<detail::share>(std::string(name), ++last_share_, since);
  auto* out = made.get();
  shares_.emplace(name, std::move(made));
  subscribers_.insert(out->filter(), {.share = out});
  return out;
}

void broker::join_share(detail::share& to, detail::session& s, const detail::subscription_entry& terms) {
  if (!std::ranges::contains(s.shares, &to)) {
    s.shares.push_back(&to);
    ++shared_count_;
  }
  to.join(context_, {&s, &terms});
}

void broker::leave_share(detail::session& s, std::string_view name) {
  const auto found = shares_.find(name);
  if (found == shares_.end() || std::erase(s.shares, found->second.get()) == 0) return;
  --shared_count_;
  auto& one = *found->second;
  one.leave(context_, s);
  if (one.members().empty()) end_share(one);
}

/// Of a session that ends: what it leaves undone goes to the others.
void broker::leave_shares(detail::session& s) {
  shared_count_ -= s.shares.size();
  for (auto* one : std::exchange(s.shares, {})) {
    one->take_back(context_, s);
    one->leave(context_, s);
    if (one->members().empty()) {
      end_share(*one);
    } else {
      pump(*one);
    }
  }
}

void broker::end_share(detail::share& one) {
  subscribers_.erase(one.filter(), {.share = &one});
  std::erase(unfinished_shares_, &one);
  std::erase(context_.shares_awaiting_commit, &one);
  shares_.erase(shares_.find(one.name()));
}

void broker::pump(detail::share& one) {
  if (!one.pump(context_)) return;
  if (!std::ranges::contains(unfinished_shares_, &one)) unfinished_shares_.push_back(&one);
  host_.work_waits();
}

result<> broker::restore_share(byte_view key, byte_view body) {
  PG_TRY(auto saved, detail::decode_share(key, body));
  bool moved = false;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    moved = moved || !saved.places[i];
    if (!saved.places[i]) saved.places[i] = place{context_.routed[i], 0};
  }
  last_share_ = std::max(last_share_, saved.number);
  auto made = std::make_unique<detail::share>(std::string(as_text(key)), saved.number, detail::offsets{});
  auto& one = *shares_.insert_or_assign(made->name(), std::move(made)).first->second;
  subscribers_.insert(one.filter(), {.share = &one});
  one.resume(saved);
  if (moved) one.changed(context_);
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    one.go_back(context_, static_cast<model::lane>(i), same_until_[i]);
  }
  return {};
}

}  // namespace perigee::doors::mqtt
