#include <chrono>

#include "readers/history/detail/store_state.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history {
namespace {

// A chunk is rewritten whenever something is put behind it: seldom, to spare flash.
constexpr auto kept_for = std::chrono::minutes(2);
constexpr const char* no_node = "";

}  // namespace

result<> store::note_own(timestamp at, std::span<const own_sample> samples) {
  auto& s = *state_;
  if (s.in_transaction) return fail(errc::full, "a block is staged");
  return s.change_own([&] { return s.keep_own(at, samples); });
}

std::shared_ptr<const own_tail> store::own() const { return state_->own_seen; }
void store::see_own(std::shared_ptr<const own_tail> tail) { state_->own_seen = std::move(tail); }

const own_columns* store::state::own_kept_of(series_id s) const {
  if (!own_seen) return nullptr;
  const auto found = own_seen->find(s);
  return found == own_seen->end() ? nullptr : &found->second;
}

void store::state::show_own() {
  own_seen = nullptr;
  if (!own.keeps_any()) return;
  const auto made = std::make_shared<own_tail>();
  own.for_each_kept([&made](series_id of, const model::chunk_row& r) {
    auto& to = (*made)[of];
    to.times_ns.push_back(r.time.ns);
    to.values.push_back(model::number_of(r.value));
  });
  own_seen = made;
}

result<> store::state::keep_own(timestamp at, std::span<const own_sample> samples) {
  if (!own.keeps_any()) own_kept_since = at;
  for (const auto& each : samples) {
    const auto kept =
        own.add(no_node, {.device = each.labels, .metric = each.name, .time = at, .value = each.value, .why = {}});
    if (!kept && !is(kept.error(), errc::full)) return kept;
  }
  const bool clock_went_back = at < own_kept_since;
  return clock_went_back || at - own_kept_since >= kept_for ? own.flush() : result<>();
}

result<> store::state::change_own(function_ref<result<>()> work) {
  PG_TRY_VOID(begin());
  auto done = work();
  if (done) done = commit();
  if (!done) {
    if (in_transaction) roll_back();
    own.forget();
  }
  show_own();
  return done;
}

result<> store::state::let_go_of_own(timestamp oldest) {
  PG_TRY(auto ask, database.prepare("SELECT 1 FROM series JOIN chunk ON chunk.series = series.id AND open = 1"
                                    " WHERE node = '' AND last_ns < ? LIMIT 1"));
  PG_TRY(const bool found, ask.begin().bind(oldest.ns).step());
  if (!found) return {};
  ask.begin();
  PG_TRY_VOID(change_own([this] { return own.flush(); }));
  own.forget();
  show_own();
  return {};
}

}  // namespace perigee::readers::history
