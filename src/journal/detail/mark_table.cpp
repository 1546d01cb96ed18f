#include "journal/detail/mark_table.hpp"

#include "base/limits.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::uint8_t state_version = 1;

}  // namespace

std::optional<stamp> mark_table::find(std::string_view source) const {
  const auto found = marks_.find(source);
  if (found == marks_.end()) return std::nullopt;
  return found->second.newest;
}

result<> mark_table::check(std::string_view source, stamp s) {
  const auto found = marks_.find(source);
  checked_ = found == marks_.end() ? nullptr : &*found;
  if (checked_ == nullptr) {
    if (marks_.size() >= limits::journal_sources_max) return fail(errc::full, "too many stamping sources in this lane");
    return {};
  }
  const auto& newest = checked_->second.newest;
  const bool seen = newest.epoch == s.epoch && s.sequence <= newest.sequence;
  if (seen) return fail(errc::duplicate, "a record with this stamp or a later one is stored already");
  return {};
}

void mark_table::set(std::string_view source, stamp s) {
  if (checked_ == nullptr) checked_ = &*marks_.emplace(std::string(source), mark{}).first;
  auto& [newest, batch] = checked_->second;
  if (batch != batch_) staged_.push_back({checked_, newest});
  batch = batch_;
  newest = s;
}

void mark_table::launch() {
  flying_.swap(staged_);
  staged_.clear();
  ++batch_;
}

void mark_table::keep() { flying_.clear(); }

void mark_table::take_back() {
  ++batch_;
  for (const auto& each : flying_) each.of->second.batch = batch_;
  for (const auto& each : staged_) {
    if (each.of->second.batch != batch_) flying_.push_back(each);
    each.of->second.batch = batch_;
  }
  staged_.swap(flying_);
  flying_.clear();
}

void mark_table::encode(byte_buffer& out) const {
  std::unordered_map<const map::value_type*, stamp> was;
  for (const auto& each : staged_) was.emplace(each.of, each.was);
  std::size_t unknown = 0;
  for (const auto& [of, earlier] : was) unknown += earlier.epoch.value() == 0 ? 1 : 0;

  byte_writer w(out);
  w.u8(state_version);
  w.varint(marks_.size() - unknown);
  for (const auto& each : marks_) {
    const auto changed = was.find(&each);
    const auto& s = changed == was.end() ? each.second.newest : changed->second;
    if (s.epoch.value() == 0) continue;
    w.sized(each.first);
    w.u64(s.epoch.value());
    w.u64(s.sequence.value());
  }
}

result<> mark_table::decode(byte_view body) {
  byte_reader r(body);
  if (r.u8() > state_version) return fail(errc::unsupported, "the segment's state was written by a newer version");
  map read;
  for (auto left = r.varint(); left > 0 && r.ok(); --left) {
    const auto source = r.sized_text();
    const perigee::epoch e(r.u64());
    const perigee::sequence s(r.u64());
    if (read.size() >= limits::journal_sources_max) r.fail();
    if (r.ok()) read.insert_or_assign(std::string(source), mark{{e, s}, 0});
  }
  if (!r.ok() || !r.done()) return fail(errc::corrupt, "the segment's state frame is not a list of marks");
  marks_ = std::move(read);
  checked_ = nullptr;
  staged_.clear();
  flying_.clear();
  return {};
}

}  // namespace perigee::journal::detail
