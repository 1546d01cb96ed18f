#include "sim/disk.hpp"

#include <algorithm>
#include <format>
#include <utility>
#include <vector>

namespace perigee::sim {
namespace {

constexpr std::uint64_t left_when_full_bytes = 1500;

/// A segment's path and what it holds of bytes, oldest first.
std::vector<std::pair<std::string, std::uint64_t>> segments_of(io::memory_disk& on, const std::string& folder) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  const auto names = on.list(folder);
  if (!names) return out;
  for (const auto& name : *names) {
    const auto path = folder + '/' + name;
    const auto bytes = name.ends_with(".seg") ? on.contents(path) : fail(errc::not_found, "");
    if (bytes) out.emplace_back(path, bytes->size());
  }
  return out;
}

std::string lane_folder(const std::string& journal_folder, std::size_t lane) {
  return std::format("{}/{}", journal_folder, model::name_of(static_cast<model::lane>(lane)));
}

}  // namespace

disk::disk(world& in) : world_(in), faulty_(memory_, [this](auto op, const auto& path) { return fault(op, path); }) {}

errc disk::fault(io::faulty_disk::operation op, const std::string& path) {
  using enum io::faulty_disk::operation;
  if (calm_ != 0) return errc::ok;
  if (power_lost_) return errc::closed;
  if (operations_left_ != 0 && --operations_left_ == 0) {
    power_lost_ = true;
    on_power_lost_();
    return errc::closed;
  }
  if (op == read) {
    if (!world_.random().chance(reads_fail_)) return errc::ok;
    world_.struck("read-error hit");
    return errc::io;
  }
  const bool may_fail = op == write || op == sync || op == rename || op == sync_folder;
  if (!may_fail || !world_.random().chance(writes_fail_)) return errc::ok;
  world_.struck(op == sync ? "sync-error hit" : "write-error hit");
  if (op == sync) memory_.lose_unsynced(path);
  return errc::io;
}

void disk::fill(bool full) {
  full_ = full;
  if (!full) return memory_.set_capacity(UINT64_MAX);
  const auto used = UINT64_MAX - memory_.space("").value_or(io::disk_space{}).free_bytes;
  memory_.set_capacity(used + left_when_full_bytes);
}

void disk::fail_power_within(std::uint64_t operations, std::function<void()> happened) {
  if (operations_left_ != 0 || power_lost_) return;
  operations_left_ = operations;
  on_power_lost_ = std::move(happened);
}

bool disk::flip_a_bit(const std::string& journal_folder) {
  std::vector<std::tuple<std::size_t, std::string, std::uint64_t>> candidates;
  for (std::size_t l = 0; l < model::lane_count; ++l) {
    auto all = segments_of(memory_, lane_folder(journal_folder, l));
    if (!all.empty()) all.pop_back();
    for (auto& [path, bytes] : all) candidates.emplace_back(l, std::move(path), bytes);
  }
  if (candidates.empty()) return false;
  const auto& [l, path, bytes] = candidates[world_.random().below(candidates.size())];
  if (bytes == 0) return false;
  const bool flipped =
      memory_.flip_bit(path, world_.random().below(bytes), static_cast<unsigned>(world_.random().below(8))).has_value();
  if (flipped) ++flips_[l];
  return flipped;
}

void disk::lose_power() { memory_.crash(world_.random()); }

void disk::lose_process() {
  operations_left_ = 0;
  power_lost_ = false;
}

void disk::heal() {
  writes_fail_ = reads_fail_ = 0;
  operations_left_ = 0;
  fill(false);
}

disk::measure disk::segments(const std::string& journal_folder) {
  measure out;
  for (std::size_t l = 0; l < model::lane_count; ++l) {
    for (const auto& [path, bytes] : segments_of(memory_, lane_folder(journal_folder, l))) {
      ++out.segments;
      out.largest_bytes = std::max(out.largest_bytes, bytes);
    }
  }
  return out;
}

}  // namespace perigee::sim
