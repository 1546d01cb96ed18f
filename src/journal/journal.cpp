#include "journal/journal.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "journal/detail/cursor_set.hpp"
#include "journal/detail/frame.hpp"
#include "journal/detail/identity.hpp"
#include "journal/detail/lane_folder.hpp"
#include "journal/detail/lives.hpp"

namespace perigee::journal {
namespace {

/// errc::corrupt where a folder without an identity holds segments: a new identity would disown them.
result<> check_unclaimed(io::disk& disk, const std::string& folder) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto lane = std::format("{}/{}", folder, model::name_of(static_cast<model::lane>(i)));
    const auto names = disk.list(lane);
    if (!names && is(names.error(), errc::not_found)) continue;
    if (!names) return std::unexpected(names.error());
    if (std::ranges::any_of(*names, [](const auto& name) { return detail::offset_of_segment(name).has_value(); })) {
      log::fault("journal", "{} has segments, but {}/journal.id is missing", lane, folder);
      return fail(errc::corrupt,
                  "journal.id is missing beside stored records: `perigee journal repair` makes it again");
    }
  }
  return {};
}

/// The identity in the folder, or a new one.
result<detail::identity> claim(io::disk& disk, const options& chosen, bool& created) {
  auto stored = detail::read_identity(disk, chosen.folder);
  created = !stored && is(stored.error(), errc::not_found);
  if (created) {
    PG_TRY_VOID(check_unclaimed(disk, chosen.folder));
    PG_CHECK(chosen.new_epoch.value() != 0, "a journal's epoch is a random number, not 0");
    detail::identity fresh{chosen.new_epoch, chosen.node};
    PG_TRY_VOID(detail::write_identity(disk, chosen.folder, fresh));
    return fresh;
  }
  if (!stored) return stored;
  if (stored->node != chosen.node) {
    log::fault("journal", "{} belongs to node '{}', this is '{}'", chosen.folder, stored->node, chosen.node);
    return fail(errc::refused, "the data folder belongs to another node: choose another folder, or run as that node");
  }
  return stored;
}

result<std::unique_ptr<io::disk_lock>> lock_folder(io::disk& disk, const std::string& folder) {
  auto lock = disk.lock(folder + "/lock");
  if (!lock && is(lock.error(), errc::exists)) {
    return fail(errc::exists, "another process uses the data folder: stop it, or choose another folder");
  }
  return lock;
}

/// errc::refused where a segment is encrypted under a key that is not here: it would read as damage.
result<> check_keys(io::disk& disk, const options& chosen) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto lane = static_cast<model::lane>(i);
    const auto folder = std::format("{}/{}", chosen.folder, model::name_of(lane));
    const auto files = detail::read_lane_folder(disk, folder, lane, std::nullopt);
    if (!files && is(files.error(), errc::not_found)) continue;
    if (!files) return std::unexpected(files.error());
    for (const auto& each : files->segments) {
      const bool sealed = each.header && each.header->seal.cipher != detail::cipher::none;
      if (!sealed || chosen.keys.has(each.header->seal.key_id)) continue;
      log::fault("journal", "{}/{} is encrypted under key {:016x}", folder, each.name(), each.header->seal.key_id);
      return fail(errc::refused, "the journal is encrypted under a key that is not among [journal] keys: add it there");
    }
  }
  return {};
}

}  // namespace

journal::journal(std::unique_ptr<io::disk_lock> lock, std::string node, perigee::epoch epoch,
                 std::unique_ptr<detail::cursor_set> cursors)
    : lock_(std::move(lock)), node_(std::move(node)), lives_{epoch, {}}, cursors_(std::move(cursors)) {}
journal::~journal() = default;

result<std::unique_ptr<journal>> journal::open(io::disk& disk, io::worker& worker, const options& chosen,
                                               recovery_report& found) {
  PG_TRY_VOID(disk.make_folder(chosen.folder));
  PG_TRY(auto lock, lock_folder(disk, chosen.folder));
  PG_TRY_VOID(check_keys(disk, chosen));
  PG_TRY(auto who, claim(disk, chosen, found.created));
  auto cursors = std::make_unique<detail::cursor_set>(disk, worker, chosen.folder + "/cursors", who.epoch);
  PG_TRY_VOID(cursors->load());
  auto self = std::make_unique<journal>(std::move(lock), std::move(who.node), who.epoch, std::move(cursors));
  for (std::size_t i = 0; i < model::lane_count; ++i) PG_TRY_VOID(self->open_lane(disk, worker, chosen, i, found));
  PG_TRY_VOID(self->begin_life(disk, chosen, found.created));
  return self;
}

/// Nothing is appended before the new life is on stable storage: no other copy of the folder goes on under its name.
result<> journal::begin_life(io::disk& disk, const options& chosen, bool created) {
  auto known = detail::read_lives(disk, chosen.folder);
  if (!known && !is(known.error(), errc::corrupt) && !is(known.error(), errc::not_found)) {
    return std::unexpected(known.error());
  }
  if (known && known->journal == lives_.journal) {
    lives_.lanes = std::move(known->lanes);
  } else if (!created && std::ranges::any_of(lanes_, [](const auto& l) { return l->staged() != log_offset(); })) {
    log::fault("journal", "{}: journal.lives is missing or damaged; the parent is told that it may be another copy",
               chosen.folder);
  }
  const auto before = lives_;
  for (std::size_t i = 0; i < model::lane_count; ++i) lives_.lanes[i].begin(chosen.new_life, lanes_[i]->staged());
  const auto written = detail::write_lives(disk, chosen.folder, lives_);
  if (written || !is(written.error(), errc::no_space) || before[model::lane::alarm].all().empty()) return written;
  log::fault("journal", "{}: no room to begin a new life: the one before goes on", chosen.folder);
  lives_ = before;
  return {};
}

result<> journal::open_lane(io::disk& disk, io::worker& worker, const options& chosen, std::size_t index,
                            recovery_report& found) {
  const auto l = static_cast<model::lane>(index);
  lane_site site{.disk = disk,
                 .worker = worker,
                 .folder = chosen.folder + '/' + std::string(model::name_of(l)),
                 .lane = l,
                 .epoch = epoch(),
                 .disk_free_min = chosen.disk_free_min,
                 .metrics = chosen.metrics,
                 .time = chosen.time,
                 .keys = chosen.keys,
                 .salt_seed = chosen.salt_seed + index,
                 .at_least = cursors_->furthest(l)};
  PG_TRY(lanes_[index], lane_log::open(std::move(site), chosen.lanes[index], found.lanes[index]));
  lanes_[index]->on_commit([this] { committed(); });
  lanes_[index]->on_trouble([this](const trouble& t) {
    if (trouble_listener_) trouble_listener_(t);
  });
  lanes_[index]->on_needed([this, l] { return cursors_->oldest_needed(l); });
  return {};
}

void journal::on_commit(std::move_only_function<void()> listener) { listeners_.push_back(std::move(listener)); }

void journal::on_trouble(std::move_only_function<void(const trouble&)> listener) {
  trouble_listener_ = std::move(listener);
}

void journal::committed() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i]();
}

result<std::unique_ptr<cursor>> journal::open_cursor(std::string_view name, model::lane l, bool required) {
  PG_TRY(auto state, cursors_->open(name, l, required, (*this)[l].start()));
  return std::make_unique<cursor>(std::move(state));
}

std::vector<std::string> journal::forget_idle_cursors(std::string_view prefix, model::lane l) {
  auto idle = cursors_->idle(prefix, l);
  std::erase_if(idle, [&](const auto& name) { return !cursors_->forget(name, l); });
  return idle;
}

result<> journal::forget_cursor(std::string_view name, model::lane l) { return cursors_->forget(name, l); }

void journal::tick(timestamp now) {
  for (const auto& each : lanes_) each->tick(now);
  cursors_->save_moved();
}

void journal::close(std::move_only_function<void(result<>)> done) {
  struct gathering {
    std::size_t left = model::lane_count;
    result<> first_error;
    std::move_only_function<void(result<>)> done;
  };
  auto all = std::make_shared<gathering>();
  all->done = std::move(done);
  for (const auto& each : lanes_) {
    each->close([this, all](result<> outcome) {
      if (!outcome && all->first_error) all->first_error = outcome;
      if (--all->left != 0) return;
      cursors_->save_all([all](result<> saved) { all->done(all->first_error ? saved : all->first_error); });
    });
  }
}

}  // namespace perigee::journal
