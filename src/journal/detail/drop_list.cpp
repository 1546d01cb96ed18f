#include "journal/detail/drop_list.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "base/limits.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view magic = "PGDROP\r\n";
constexpr std::uint8_t version = 1;
constexpr std::size_t crc_bytes = 4;

dropped entry_of(const model::gap& g) {
  dropped out{g.first, g.last.next(), g.newest, {}};
  model::encode_gap(g, out.gap);
  return out;
}

/// An entry of the list: encoded here, or checked by decode.
model::gap gap_in(const dropped& entry) {
  auto g = model::decode_gap(entry.gap);
  PG_CHECK(g.has_value(), "the list holds gaps");
  return *std::move(g);
}

}  // namespace

void drop_list::add(model::gap gone) {
  if (gone.last < end()) return;
  if (gone.first < end()) {
    gone.first = end();
    gone.count = gone.last.next().value() - gone.first.value();
  }
  all_.push_back(entry_of(gone));
  if (all_.size() > limits::journal_drops_max) merge_oldest();
}

void drop_list::merge_oldest() {
  const auto older = gap_in(all_[0]);
  const auto newer = gap_in(all_[1]);
  model::gap_tally tally;
  tally.add(older);
  tally.add(newer);
  // What lies between the two was dropped as well, but nobody needed it.
  model::gap both{.lane = older.lane,
                  .first = older.first,
                  .last = newer.last,
                  .count = older.count + newer.count,
                  .reason = newer.reason};
  tally.describe_in(both);
  auto entry = entry_of(both);
  all_.pop_front();
  all_.front() = std::move(entry);
}

bool drop_list::prune(log_offset passed) {
  const auto kept = std::ranges::upper_bound(all_, passed, {}, &dropped::end);
  const bool any = kept != all_.begin();
  all_.erase(all_.begin(), kept);
  return any;
}

const dropped* drop_list::find(log_offset at) const {
  const auto found = std::ranges::upper_bound(all_, at, {}, &dropped::end);
  return found == all_.end() ? nullptr : &*found;
}

void drop_list::encode(perigee::epoch journal, byte_buffer& out) const {
  byte_writer w(out);
  w.bytes(as_bytes(magic));
  w.u8(version);
  w.u64(journal.value());
  w.varint(all_.size());
  for (const auto& each : all_) w.sized(byte_view(each.gap));
  w.u32(crc32c(out));
}

result<drop_list> drop_list::decode(byte_view in, perigee::epoch journal) {
  if (in.size() < crc_bytes) return fail(errc::corrupt, "the list of drops is cut short");
  byte_reader check(in.last(crc_bytes));
  const auto body = in.first(in.size() - crc_bytes);
  if (check.u32() != crc32c(body)) return fail(errc::corrupt, "the list of drops does not match its CRC");
  byte_reader r(body);
  if (as_text(r.bytes(magic.size())) != magic) return fail(errc::corrupt, "the file is not a list of drops");
  if (r.u8() > version) return fail(errc::unsupported, "the list of drops was written by a newer version of Perigee");
  if (r.u64() != journal.value()) return fail(errc::corrupt, "the list of drops belongs to another journal");
  drop_list out;
  for (auto left = r.varint(); left > 0 && r.ok(); --left) {
    const auto gone = model::decode_gap(r.sized());
    if (!gone || gone->first < out.end() || out.size() == limits::journal_drops_max) {
      return fail(errc::corrupt, "the list of drops is not in order");
    }
    out.add(*gone);
  }
  if (!r.ok() || !r.done()) return fail(errc::corrupt, "the list of drops is cut short");
  return out;
}

}  // namespace perigee::journal::detail
