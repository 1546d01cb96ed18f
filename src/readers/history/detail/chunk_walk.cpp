#include "readers/history/detail/chunk_walk.hpp"

#include <array>
#include <format>
#include <string_view>

namespace perigee::readers::history::detail {
namespace {

std::string_view words_of(chunk_walk::order by) {
  constexpr std::array<std::string_view, 4> words{"", " ORDER BY id", " ORDER BY id DESC", " ORDER BY first_ns, id"};
  return words[static_cast<std::size_t>(by)];
}

}  // namespace

result<std::optional<extent>> extent_of(sqlite::connection& db, series_id of, timestamp from, timestamp to) {
  PG_TRY(auto ask, db.prepare("SELECT min(first_ns), max(last_ns), sum(count) FROM chunk"
                              " WHERE series = ? AND last_ns >= ? AND first_ns < ?"));
  PG_TRY(const bool row, ask.begin().bind(of.value()).bind(from.ns).bind(to.ns).step());
  if (!row || ask.integer(2) == 0) return std::nullopt;
  return extent{ask.integer(0), ask.integer(1), static_cast<std::uint64_t>(ask.integer(2))};
}

result<chunk_walk> chunk_walk::open(sqlite::connection& db, const patience& within, series_id of, timestamp from,
                                    timestamp to, order by) {
  PG_TRY(auto list, db.prepare(std::format("SELECT id, first_ns, last_ns, count, numbers, min, max, sum, last"
                                           " FROM chunk WHERE series = ? AND last_ns >= ? AND first_ns < ?{}",
                                           words_of(by))));
  PG_TRY(auto read, db.prepare("SELECT block FROM chunk WHERE id = ?"));
  list.begin().bind(of.value()).bind(from.ns).bind(to.ns);
  return chunk_walk(within, std::move(list), std::move(read));
}

result<bool> chunk_walk::next() {
  if (within_.over()) return fail(errc::timed_out, "the history was not read in time");
  return list_.step();
}

chunk_summary chunk_walk::summary() const {
  chunk_summary s;
  s.first_ns = first().ns;
  s.last_ns = last().ns;
  s.count = list_.integer(3);
  s.numbers = list_.integer(4);
  s.min = list_.real(5);
  s.max = list_.real(6);
  s.sum = list_.real(7);
  s.last = list_.real(8);
  return s;
}

result<byte_view> chunk_walk::block() {
  PG_TRY(const bool there, read_.begin().bind(number()).step());
  if (!there) return fail(errc::corrupt, "the index names a chunk that is not there");
  return read_.blob(0);
}

}  // namespace perigee::readers::history::detail
