#include "powercut/volatile_disk.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace perigee::powercut {
namespace {

constexpr mode_t root_mode = S_IFDIR | 0755;

void set(names& in, const std::string& name, const node_ptr& target) {
  if (target) {
    in.insert_or_assign(name, target);
  } else {
    in.erase(name);
  }
}

/// From "nothing reaches the disk before it must" to "nearly all does": each shows other mistakes.
survival draw_survival(prng& random) {
  constexpr std::array odds{0.0, 0.0, 0.3, 0.7, 0.95, 1.0};
  return {odds[random.below(odds.size())], odds[random.below(odds.size())]};
}

}  // namespace

bool node::is_folder() const { return S_ISDIR(mode); }

volatile_disk::volatile_disk() : root_(std::make_shared<node>()) { root_->mode = root_mode; }

node_ptr volatile_disk::find(std::string_view path) const {
  auto at = root_;
  while (at && !(path = path.substr(std::min(path.find_first_not_of('/'), path.size()))).empty()) {
    const auto part = path.substr(0, path.find('/'));
    const auto found = at->now.find(part);
    at = found == at->now.end() ? nullptr : found->second;
    path.remove_prefix(part.size());
  }
  return at;
}

volatile_disk::place volatile_disk::place_of(std::string_view path) const {
  const auto slash = path.rfind('/');
  return {find(path.substr(0, slash)), path.substr(slash + 1)};
}

int volatile_disk::create(std::string_view path, mode_t mode) {
  const auto at = place_of(path);
  if (!at.folder) return ENOENT;
  if (at.folder->now.contains(at.name)) return EEXIST;
  auto made = std::make_shared<node>();
  made->mode = mode;
  apply({{at.folder, std::string(at.name), std::move(made)}});
  return 0;
}

int volatile_disk::remove(std::string_view path) {
  const auto which = find(path);
  if (!which) return ENOENT;
  if (!which->now.empty()) return ENOTEMPTY;
  const auto at = place_of(path);
  apply({{at.folder, std::string(at.name), nullptr}});
  return 0;
}

int volatile_disk::rename(std::string_view from, std::string_view to) {
  const auto which = find(from);
  const auto old_place = place_of(from);
  const auto new_place = place_of(to);
  if (!which || !new_place.folder) return ENOENT;
  apply({{old_place.folder, std::string(old_place.name), nullptr},
         {new_place.folder, std::string(new_place.name), which}});
  return 0;
}

void volatile_disk::apply(change made) {
  for (const auto& each : made) set(each.folder->now, each.name, each.target);
  unsynced_.push_back(std::move(made));
}

void volatile_disk::keep(const change& made) {
  for (const auto& each : made) set(each.folder->synced, each.name, each.target);
}

void volatile_disk::sync(const node_ptr& which) {
  if (!which->is_folder()) return which->content.sync();
  std::erase_if(unsynced_, [&](const change& made) {
    const bool touched = std::ranges::contains(made, which, &link::folder);
    if (touched) keep(made);
    return touched;
  });
}

void volatile_disk::lose_power(std::uint64_t seed) {
  prng random(seed);
  const auto odds = draw_survival(random);
  ++lost_.cuts;
  for (const auto& made : unsynced_) {
    if (random.chance(odds.of_names)) {
      keep(made);
    } else {
      ++lost_.names;
    }
  }
  unsynced_.clear();
  settle(*root_, random, odds);
}

void volatile_disk::settle(node& folder, prng& random, const survival& odds) {
  folder.now = folder.synced;
  for (const auto& [name, each] : folder.now) {
    if (each->is_folder()) {
      settle(*each, random, odds);
    } else {
      each->content.lose_power(random, odds, lost_);
    }
  }
}

}  // namespace perigee::powercut
