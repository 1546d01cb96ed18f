#include "readers/history/store.hpp"

#include "alarm/telling.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "model/derived.hpp"
#include "readers/history/detail/lineage_table.hpp"
#include "readers/history/detail/schema.hpp"
#include "readers/history/detail/store_state.hpp"

namespace perigee::readers::history {
namespace {

/// What is wrong with the record rather than with the file: it is set aside, and the reader goes on.
bool is_poison(const error& e) {
  return is(e, errc::malformed) || is(e, errc::too_large) || is(e, errc::unsupported) || is(e, errc::full) ||
         is(e, errc::corrupt);
}

}  // namespace

store::store(std::unique_ptr<state> made) : state_(std::move(made)) {}
store::~store() {
  if (state_->in_transaction) state_->roll_back();
  if (!state_->own.keeps_any()) return;
  const auto written = state_->change_own([this] { return state_->own.flush(); });
  if (!written) log::warn("readers.history", "the newest own metrics are lost: {}", written.error().text());
}

result<std::unique_ptr<store>> store::open(store_options options) {
  PG_TRY(auto db, detail::open_database(options.path, options.node, options.read_only));
  auto made = std::make_unique<state>(std::move(options), std::move(db));
  PG_TRY_VOID(made->prepare());
  if (!made->options.read_only && !made->options.node.empty()) {
    PG_TRY_VOID(detail::follow(made->database, made->options.journal));
  }
  // tidy: new — the constructor is private
  return std::unique_ptr<store>(new store(std::move(made)));
}

void store::answer_within(patience p) { state_->within = std::move(p); }
bool store::out_of_time() const { return state_->within.over(); }

result<log_offset> store::position(model::lane l) { return state_->position(l); }
result<applied> store::stage(const record_block& block) { return state_->stage(block); }
result<> store::commit() { return state_->commit(); }

result<> store::retry(const model::origin& from, const model::record_view& r) {
  PG_TRY_VOID(state_->begin());
  applied done;
  const auto finished = [&]() -> result<> {
    PG_TRY_VOID(state_->take_again(from, r, done));
    PG_TRY_VOID(state_->writer.flush());
    PG_TRY_VOID(state_->devices.flush());
    PG_TRY_VOID(state_->total("readings", done.readings));
    PG_TRY_VOID(state_->total("messages", done.messages));
    return state_->commit();
  }();
  if (!finished) state_->roll_back();
  return finished;
}

result<> store::state::take_again(const model::origin& from, const model::record_view& r, applied& done) {
  PG_TRY(const auto stored, parts.find(from, r.lane));
  if (stored == detail::part_table::all) return {};
  if (stored == detail::part_table::some)
    return fail(errc::refused, "part of the batch is stored, and would be counted twice");
  // Its stamp was accounted for when it came first.
  auto again = r;
  again.epoch = {};
  readings_to_skip = stored;
  const auto reason = read(from, from.offset, again, done);
  readings_to_skip = 0;
  PG_TRY_VOID(reason);
  if (*reason != nullptr) return fail(errc::malformed, *reason);
  if (!done.aside.empty()) return fail(errc::malformed, done.aside.front().reason);
  return parts.put(from, r.lane, detail::part_table::all);
}

result<> store::state::prepare() {
  auto& db = database;
  if (options.read_only) return {};
  PG_TRY_VOID(writer.open(db));
  writer.collect_newest();
  PG_TRY_VOID(own.open(db));
  PG_TRY_VOID(devices.open(db));
  PG_TRY_VOID(parts.open(db));
  PG_TRY_VOID(births.open(db));
  PG_TRY_VOID(births.recall(payloads));
  PG_TRY(read_cursor, db.prepare("SELECT next FROM cursor WHERE lane = ? AND epoch = ?"));
  PG_TRY(write_cursor, db.prepare("INSERT OR REPLACE INTO cursor(lane, epoch, next) VALUES(?, ?, ?)"));
  PG_TRY(insert_gap, db.prepare("INSERT OR IGNORE INTO gap(node, epoch, lane, first, last, messages, body,"
                                " arrival_ns) VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(add_total, db.prepare("UPDATE total SET n = n + ? WHERE name = ?"));
  return {};
}

result<log_offset> store::state::position(model::lane l) {
  read_cursor.begin()
      .bind(static_cast<std::int64_t>(l))
      .bind(static_cast<std::int64_t>(options.journal.journal.value()));
  PG_TRY(const bool row, read_cursor.step());
  const auto next = row ? read_cursor.integer(0) : 0;
  read_cursor.begin();
  return log_offset(static_cast<std::uint64_t>(next));
}

result<> store::state::begin() {
  PG_CHECK(!in_transaction, "one block is staged at a time");
  PG_TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  in_transaction = true;
  return {};
}

result<> store::state::commit() {
  PG_CHECK(in_transaction, "nothing is staged");
  const auto committed = database.execute("COMMIT");
  if (!committed) {
    roll_back();
    return committed;
  }
  in_transaction = false;
  return {};
}

/// What is known in memory may have come from the transaction: it is forgotten with it.
void store::state::roll_back() {
  if (in_transaction) (void)database.execute("ROLLBACK");  // SQLite may have rolled back by itself
  in_transaction = false;
  writer.forget();
  devices.forget();
}

result<applied> store::state::stage(const record_block& block) {
  PG_TRY_VOID(begin());
  applied done;
  const auto staged = [&]() -> result<> {
    PG_TRY(const auto from, position(block.lane()));
    result<> taken;
    block.for_each([&](log_offset at, const model::record_view& r) {
      if (taken && at >= from) taken = take(at, r, done);
    });
    PG_TRY_VOID(taken);
    PG_TRY_VOID(writer.flush());
    PG_TRY_VOID(devices.flush());
    done.newest = writer.take_newest();
    PG_TRY_VOID(total("readings", done.readings));
    PG_TRY_VOID(total("messages", done.messages));
    if (block.next() <= from) return {};
    write_cursor.begin().bind(static_cast<std::int64_t>(block.lane()));
    write_cursor.bind(static_cast<std::int64_t>(options.journal.journal.value()));
    return write_cursor.bind(static_cast<std::int64_t>(block.next().value())).run();
  }();
  if (staged) return done;
  roll_back();
  return std::unexpected(staged.error());
}

result<> store::state::take(log_offset at, const model::record_view& r, applied& done) {
  const model::origin here{options.node, options.journal[r.lane].at(at).epoch, at};
  const progress before{done.messages, done.readings};
  PG_TRY(const auto* const reason, read(here, at, r, done));
  return reason == nullptr ? result<>() : set_aside(here, at, r, reason, before, done);
}

result<const char*> store::state::read(const model::origin& here, log_offset at, const model::record_view& r,
                                       applied& done) {
  result<> inner;
  const auto opened = opener.for_each_message(here, r, [&](const model::origin& from, const model::record_view& m) {
    if (!inner) return;
    const progress before{done.messages, done.readings};
    inner = take_message(from, m, done);
    if (inner || !is_poison(inner.error()) || r.kind != model::record_kind::batch) return;
    // One message of a batch, not the whole of it.
    inner = set_aside(from, at, m, inner.error().what, before, done);
  });
  if (!opened) return opened.error().what;
  if (inner) return nullptr;
  if (is_poison(inner.error())) return inner.error().what;
  return std::unexpected(inner.error());
}

result<> store::state::take_message(const model::origin& from, const model::record_view& m, applied& done) {
  if (m.kind == model::record_kind::gap) return take_gap(from, m);
  // Control topics are no telemetry, and an empty payload only clears a retained message.
  if (m.topic.starts_with('$') || m.payload.empty()) return {};
  if (m.stamped() && !model::is_derived(m)) {
    PG_TRY(const auto verdict, devices.add(m.source, m.epoch, m.sequence));
    if (verdict == sequence_account::verdict::doubled) {
      ++done.doubled;
      return {};
    }
  }
  // An alarm that is raised or cleared is kept by readers/alarms.
  const bool tells_alarm = m.lane == model::lane::alarm && alarm::parse_telling(m.payload);
  if (!tells_alarm) PG_TRY_VOID(take_readings(from, m, done));
  ++done.messages;
  return {};
}

/// Where the last series finds no room, the readings of the message that did stay.
result<> store::state::take_readings(const model::origin& from, const model::record_view& m, applied& done) {
  result<> kept;
  auto to_skip = readings_to_skip;
  const auto keep = [&](const model::reading_view& r) {
    if (!kept || to_skip-- > 0) return;
    kept = writer.add(from.node, r, m.source);
    if (kept) ++done.readings;
  };
  PG_TRY_VOID(payloads.decode(model::payload_format::automatic, m, keep, from.node));
  PG_TRY_VOID(kept);
  return births.note(from.node, m.topic, m.payload);
}

result<> store::state::take_gap(const model::origin& from, const model::record_view& m) {
  PG_TRY(const auto g, model::decode_gap(m.payload));
  insert_gap.begin().bind(from.node).bind(static_cast<std::int64_t>(from.journal_epoch.value()));
  insert_gap.bind(static_cast<std::int64_t>(g.lane)).bind(static_cast<std::int64_t>(g.first.value()));
  insert_gap.bind(static_cast<std::int64_t>(g.last.value())).bind(static_cast<std::int64_t>(g.messages()));
  return insert_gap.bind(m.payload).bind(m.arrival.ns).run();
}

result<> store::state::set_aside(const model::origin& from, log_offset at, const model::record_view& r,
                                 const char* reason, const progress& before, applied& done) {
  done.aside.push_back({std::string(from.node), from.journal_epoch, from.offset, at, reason, model::record(r)});
  if (r.kind == model::record_kind::batch && done.messages != before.messages)
    return parts.put(from, r.lane, detail::part_table::some);
  if (r.kind != model::record_kind::message || done.readings == before.readings) return {};
  return parts.put(from, r.lane, static_cast<std::int64_t>(done.readings - before.readings));
}

result<> store::state::total(std::string_view name, std::uint64_t more) {
  return add_total.begin().bind(static_cast<std::int64_t>(more)).bind(name).run();
}

}  // namespace perigee::readers::history
