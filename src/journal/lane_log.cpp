#include "journal/lane_log.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "journal/detail/lane_core.hpp"
#include "journal/detail/recovery.hpp"

namespace perigee::journal {

lane_log::lane_log(std::unique_ptr<detail::lane_core> core) : core_(std::move(core)) {}
lane_log::~lane_log() = default;

result<std::unique_ptr<lane_log>> lane_log::open(lane_site site, lane_options options, lane_recovery& found) {
  auto drops = std::make_shared<detail::drop_book>(site);
  PG_TRY_VOID(drops->load());
  PG_TRY(auto recovered, detail::recover(site, drops->list().end(), found));
  auto core = std::make_unique<detail::lane_core>(std::move(site), options, std::move(drops));
  core->start_from(std::move(recovered), found);
  if (found.torn_bytes != 0 || found.damaged_bytes != 0) {
    log::warn("journal", "{}: {} torn bytes were cut off the end, {} damaged bytes are skipped", core->site().folder,
              found.torn_bytes, found.damaged_bytes);
  }
  return std::make_unique<lane_log>(std::move(core));
}

void lane_log::commit_staged() { core_->commit_staged(); }

result<log_offset> lane_log::append(const model::record_view& r, haste how) {
  auto at = core_->append(r, how);
  if (!r.stamped() || (at && refused_.empty())) return at;
  const auto was_refused = [&](const auto& each) {
    return each.first == r.source && each.second == stamp{r.epoch, r.sequence};
  };
  if (at) {
    std::erase_if(refused_, was_refused);
  } else if (is(at.error(), errc::duplicate)) {
    if (std::ranges::any_of(refused_, was_refused)) return fail(errc::out_of_order, "refused before, and passed since");
  } else {
    remember_refused(r);
  }
  return at;
}

void lane_log::remember_refused(const model::record_view& r) {
  if (refused_.size() == limits::journal_refused_max) refused_.pop_front();
  refused_.emplace_back(r.source, stamp{r.epoch, r.sequence});
}

log_offset lane_log::start() const { return core_->start(); }
log_offset lane_log::committed() const { return core_->committed(); }
log_offset lane_log::staged() const { return core_->staged(); }
bool lane_log::acknowledges_at_once() const { return core_->chosen().durability == durability::memory; }
log_offset lane_log::acknowledged() const { return acknowledges_at_once() ? core_->staged() : core_->committed(); }
std::optional<stamp> lane_log::high_water(std::string_view source) const { return core_->marks().find(source); }
std::optional<stamp> lane_log::high_water(std::string_view source, perigee::epoch in) const {
  return core_->marks().find(source, in);
}
std::vector<stamp> lane_log::high_waters(std::string_view source) const { return core_->marks().all(source); }
staging_level lane_log::staging() const { return core_->staging(); }
std::uint64_t lane_log::bytes() const { return core_->segments().bytes(); }
model::lane lane_log::lane() const { return core_->site().lane; }

void lane_log::tick(timestamp now) { core_->tick(now); }
void lane_log::on_commit(std::move_only_function<void()> listener) { core_->committed_listener = std::move(listener); }
void lane_log::on_trouble(std::move_only_function<void(const trouble&)> listener) {
  core_->trouble_listener = std::move(listener);
}
void lane_log::on_needed(std::move_only_function<log_offset() const> oldest_needed) {
  core_->oldest_needed = std::move(oldest_needed);
}
void lane_log::close(std::move_only_function<void(result<>)> done) { core_->close(std::move(done)); }

}  // namespace perigee::journal
