#include "journal/detail/mark_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/limits.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::uint8_t state_version = 1;

}  // namespace

const stamp* mark_table::marks::find(perigee::epoch in) const {
  if (newest.epoch == in) return &newest;
  if (!others) return nullptr;
  const auto found = std::ranges::find(*others, in, &stamp::epoch);
  return found == others->end() ? nullptr : &*found;
}

void mark_table::marks::set(stamp s) {
  if (newest.epoch != s.epoch && newest.epoch.value() != 0) {
    std::vector<stamp> now{newest};
    if (others)
      std::ranges::copy_if(*others, std::back_inserter(now), [&](const stamp& o) { return o.epoch != s.epoch; });
    if (now.size() == limits::journal_epochs_max) now.pop_back();
    others = std::make_shared<const std::vector<stamp>>(std::move(now));
  }
  newest = s;
}

std::optional<stamp> mark_table::find(std::string_view source) const {
  const auto found = all_.find(source);
  if (found == all_.end()) return std::nullopt;
  return found->second.now.newest;
}

std::optional<stamp> mark_table::find(std::string_view source, perigee::epoch in) const {
  const auto found = all_.find(source);
  const auto* mark = found == all_.end() ? nullptr : found->second.now.find(in);
  return mark == nullptr ? std::nullopt : std::optional(*mark);
}

std::vector<stamp> mark_table::all(std::string_view source) const {
  const auto found = all_.find(source);
  if (found == all_.end()) return {};
  const auto& now = found->second.now;
  std::vector<stamp> out{now.newest};
  if (now.others) out.insert(out.end(), now.others->begin(), now.others->end());
  return out;
}

result<> mark_table::check(std::string_view source, stamp s) {
  const auto found = all_.find(source);
  checked_ = found == all_.end() ? nullptr : &*found;
  if (checked_ == nullptr) {
    if (all_.size() >= limits::journal_sources_max) return fail(errc::full, "too many stamping sources in this lane");
    return {};
  }
  const auto* mark = checked_->second.now.find(s.epoch);
  if (mark == nullptr || s.sequence > mark->sequence) return {};
  return fail(errc::duplicate, "a record with this stamp or a later one is stored already");
}

void mark_table::set(std::string_view source, stamp s) {
  if (checked_ == nullptr) checked_ = &*all_.emplace(std::string(source), entry{}).first;
  auto& [now, batch] = checked_->second;
  if (batch != batch_) staged_.push_back({checked_, now});
  batch = batch_;
  now.set(s);
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
  std::unordered_map<const map::value_type*, const marks*> was;
  for (const auto& each : staged_) was.emplace(each.of, &each.was);
  std::size_t unknown = 0;
  for (const auto& [of, earlier] : was) unknown += earlier->newest.epoch.value() == 0 ? 1 : 0;

  byte_writer w(out);
  w.u8(state_version);
  w.varint(all_.size() - unknown);
  for (const auto& each : all_) {
    const auto changed = was.find(&each);
    const auto& stored = changed == was.end() ? each.second.now : *changed->second;
    if (stored.newest.epoch.value() != 0) encode_one(each.first, stored, w);
  }
}

void mark_table::encode_one(const std::string& source, const marks& of, byte_writer& to) {
  const auto put = [&](const stamp& s) {
    to.u64(s.epoch.value());
    to.u64(s.sequence.value());
  };
  to.sized(source);
  to.u8(static_cast<std::uint8_t>(1 + (of.others ? of.others->size() : 0)));
  put(of.newest);
  if (of.others) std::ranges::for_each(*of.others, put);
}

mark_table::marks mark_table::decode_one(byte_reader& from) {
  const auto get = [&] {
    const perigee::epoch e(from.u64());
    return stamp{e, perigee::sequence(from.u64())};
  };
  const auto count = from.u8();
  if (count == 0 || count > limits::journal_epochs_max) from.fail();
  marks out{get()};
  if (count <= 1 || !from.ok()) return out;
  std::vector<stamp> others(count - 1U);
  std::ranges::generate(others, get);
  out.others = std::make_shared<const std::vector<stamp>>(std::move(others));
  return out;
}

result<> mark_table::decode(byte_view body) {
  byte_reader r(body);
  if (r.u8() > state_version) return fail(errc::unsupported, "the segment's state was written by a newer version");
  map read;
  for (auto left = r.varint(); left > 0 && r.ok(); --left) {
    const auto source = r.sized_text();
    auto of = decode_one(r);
    if (read.size() >= limits::journal_sources_max) r.fail();
    if (r.ok()) read.insert_or_assign(std::string(source), entry{std::move(of), 0});
  }
  if (!r.ok() || !r.done()) return fail(errc::corrupt, "the segment's state frame is not a list of marks");
  all_ = std::move(read);
  checked_ = nullptr;
  staged_.clear();
  flying_.clear();
  return {};
}

}  // namespace perigee::journal::detail
