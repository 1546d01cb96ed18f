#include "readers/history/detail/series_writer.hpp"

#include <algorithm>
#include <cmath>

#include "base/log.hpp"

namespace perigee::readers::history::detail {
namespace {

constexpr std::size_t kept_rows_max = 16'384;  // about 1 MB

}  // namespace

void chunk_summary::add(const model::chunk_row& row) {
  first_ns = count == 0 ? row.time.ns : std::min(first_ns, row.time.ns);
  last_ns = count == 0 ? row.time.ns : std::max(last_ns, row.time.ns);
  ++count;
  if (!model::is_number(row.value)) return;
  const auto x = model::number_of(row.value);
  if (std::isnan(x)) return;
  min = numbers == 0 ? x : std::min(min, x);
  max = numbers == 0 ? x : std::max(max, x);
  sum += x;
  if (numbers == 0 || row.time.ns >= last_number_ns) {
    last = x;
    last_number_ns = row.time.ns;
  }
  ++numbers;
}

result<> series_writer::open(sqlite::connection& db) {
  db_ = &db;
  PG_TRY(find_series_, db.prepare("SELECT id FROM series WHERE device = ? AND metric = ? AND node = ?"));
  PG_TRY(add_series_, db.prepare("INSERT INTO series(device, metric, node) VALUES(?, ?, ?)"));
  PG_TRY(find_open_, db.prepare("SELECT id FROM chunk WHERE series = ? AND open = 1"));
  PG_TRY(read_block_, db.prepare("SELECT block FROM chunk WHERE id = ?"));
  PG_TRY(insert_chunk_,
         db.prepare("INSERT INTO chunk(open, first_ns, last_ns, count, numbers, min, max, sum, last, block,"
                    " series) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(close_chunk_, db.prepare("UPDATE chunk SET open = 0 WHERE id = ?"));
  PG_TRY(update_chunk_,
         db.prepare("UPDATE chunk SET open = ?, first_ns = ?, last_ns = ?, count = ?, numbers = ?, min = ?,"
                    " max = ?, sum = ?, last = ?, block = ? WHERE id = ?"));
  return {};
}

result<> series_writer::add(std::string_view node, const model::reading_view& r, std::string_view source) {
  if (rows_.size() >= kept_rows_max) PG_TRY_VOID(flush());
  PG_TRY(auto* const of, entry_of(node, r.device, r.metric));
  const auto number = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back({r.time, model::value_of(r.value), r.quality, number});
  if (of->touched) {
    rows_[of->last].next = number;
  } else {
    of->first = number;
    of->touched = true;
    touched_.push_back(of);
  }
  of->last = number;
  const bool has_other = !source.empty() && (!of->source || *of->source != source);
  if (has_other) of->source = std::make_shared<const std::string>(source);
  return {};
}

result<series_writer::entry*> series_writer::entry_of(std::string_view node, std::string_view device,
                                                      std::string_view metric) {
  // Names come from outside and may hold any byte, so their sizes keep the parts apart.
  const auto size = device.size();
  key_.assign(node).append(1, static_cast<char>(size & 0xff)).append(1, static_cast<char>(size >> 8));
  key_.append(device).append(metric);
  if (const auto known = entries_.find(key_); known != entries_.end()) return &known->second;
  if (entries_.size() >= series_max_) return fail(errc::full, "the history has as many series as it takes");
  PG_TRY(const auto made, load(node, device, metric));
  return &entries_.emplace(key_, made).first->second;
}

result<series_writer::entry> series_writer::load(std::string_view node, std::string_view device,
                                                 std::string_view metric) {
  entry out;
  PG_TRY(const bool known, find_series_.begin().bind(device).bind(metric).bind(node).step());
  if (known) {
    out.id = find_series_.integer(0);
  } else {
    PG_TRY_VOID(add_series_.begin().bind(device).bind(metric).bind(node).run());
    out.id = db_->last_row();
  }
  find_series_.begin();
  PG_TRY(const bool open, find_open_.begin().bind(out.id).step());
  if (open) out.open_chunk = find_open_.integer(0);
  find_open_.begin();
  out.names = std::make_shared<const series_names>(std::string(node), std::string(device), std::string(metric));
  return out;
}

result<> series_writer::flush() {
  for (auto* of : touched_) {
    PG_TRY_VOID(write(*of));
    of->touched = false;
  }
  touched_.clear();
  rows_.clear();
  return {};
}

void series_writer::forget() {
  touched_.clear();
  rows_.clear();
  newest_.clear();
  entries_.clear();
}

void series_writer::for_each_kept(function_ref<void(series_id, const model::chunk_row&)> each) const {
  for (const auto* of : touched_) {
    for (auto i = of->first;; i = rows_[i].next) {
      each(series_id(of->id), {rows_[i].time, model::view_of(rows_[i].value), rows_[i].quality});
      if (i == of->last) break;
    }
  }
}

result<> series_writer::write(entry& of) {
  byte_buffer unused;
  encoder_.finish(unused);  // nothing is left in it where an earlier write failed
  summary_ = {};
  if (of.open_chunk != 0) PG_TRY_VOID(reopen(of));
  auto newest = of.first;
  std::uint64_t readings = 0;
  for (auto i = of.first;; i = rows_[i].next) {
    PG_TRY_VOID(put(of, {rows_[i].time, model::view_of(rows_[i].value), rows_[i].quality}));
    ++readings;
    if (rows_[i].time >= rows_[newest].time) newest = i;
    if (i == of.last) break;
  }
  if (auto& best = rows_[newest]; collects_newest_) {
    newest_.push_back(
        {of.names, series_id(of.id), best.time, std::move(best.value), best.quality, readings, of.source});
  }
  return encoder_.rows() == 0 ? result<>() : store_chunk(of, true);
}

/// The rows of the open chunk, back in the encoder. A damaged one is left as it is, and a new one begun.
result<> series_writer::reopen(entry& of) {
  PG_TRY(const bool there, read_block_.begin().bind(of.open_chunk).step());
  const auto decoded = there ? decode_open(read_block_.blob(0)) : fail(errc::corrupt, "the chunk is gone");
  read_block_.begin();
  if (decoded) return {};
  log::fault("readers.history", "chunk {} cannot be read, a new one is begun: {}", of.open_chunk, decoded.error().what);
  PG_TRY_VOID(close_chunk_.begin().bind(of.open_chunk).run());
  of.open_chunk = 0;
  return {};
}

result<> series_writer::decode_open(byte_view block) {
  result<> kept;
  PG_TRY_VOID(decoder_.decode(block, [this, &kept](const model::chunk_row& r) {
    if (kept) kept = encoder_.add(r);
    summary_.add(r);
  }));
  return kept;
}

result<> series_writer::put(entry& of, const model::chunk_row& r) {
  if (auto added = encoder_.add(r); !added) {
    PG_TRY_VOID(store_chunk(of, false));
    PG_TRY_VOID(encoder_.add(r));
  }
  summary_.add(r);
  return encoder_.rows() < limits::history_chunk_rows_max ? result<>() : store_chunk(of, false);
}

result<> series_writer::store_chunk(entry& of, bool open) {
  block_.clear();
  encoder_.finish(block_);
  auto& to = of.open_chunk != 0 ? update_chunk_ : insert_chunk_;
  to.begin().bind(std::int64_t{open}).bind(summary_.first_ns).bind(summary_.last_ns).bind(summary_.count);
  to.bind(summary_.numbers).bind(summary_.min).bind(summary_.max).bind(summary_.sum).bind(summary_.last);
  PG_TRY_VOID(to.bind(byte_view(block_)).bind(of.open_chunk != 0 ? of.open_chunk : of.id).run());
  if (of.open_chunk == 0) of.open_chunk = db_->last_row();
  if (!open) of.open_chunk = 0;
  summary_ = {};
  return {};
}

}  // namespace perigee::readers::history::detail
