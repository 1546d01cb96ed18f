#include "readers/history/history_reader.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::readers::history {
namespace {

using namespace std::chrono_literals;

constexpr std::array all_lanes{model::lane::alarm, model::lane::event, model::lane::bulk};
constexpr auto totals_every = 1s;
constexpr auto retention_every = 60s;
constexpr auto retry_every = 1s;
constexpr std::size_t gaps_shown_max = 100;

}  // namespace

result<std::unique_ptr<history_reader>> history_reader::open(io::shard& on, io::worker& worker, journal::journal& log,
                                                             history_options options) {
  PG_TRY(auto into, store::open({.path = options.path, .node = log.node(), .journal = log.lives()}));
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<history_reader>(new history_reader(on, worker, std::move(options), std::move(into)));
  PG_TRY(made->queries_, queries::open(on, made->options_.path));
  for (const auto l : all_lanes) {
    PG_TRY(auto kept, log.open_cursor("history", l, true));
    PG_TRY(const auto from, made->place_->store->position(l));
    made->ends_[static_cast<std::size_t>(l)] =
        std::make_unique<lane_end>(std::move(kept), journal::reader(log[l], from));
  }
  made->options_.aside.serve_retries(
      "history", [raw = made.get()](const quarantine::kept_record& what, quarantine::keeper::outcome done) {
        raw->retries_.push_back({what, std::move(done)});
        raw->work_.notify();
      });
  log.on_commit([raw = made.get(), alive = std::weak_ptr(made->place_)] {
    if (!alive.expired()) raw->work_.notify();
  });
  return made;
}

history_reader::history_reader(io::shard& on, io::worker& worker, history_options options,
                               std::unique_ptr<history::store> into)
    : worker_(worker),
      options_(std::move(options)),
      work_(on),
      stored_(on),
      place_(std::make_shared<workplace>()),
      meters_{options_.metrics.make_counter("perigee_history_readings_total", "Readings stored"),
              options_.metrics.make_counter("perigee_history_messages_total", "Messages whose readings are stored"),
              options_.metrics.make_gauge("perigee_history_missing", "Messages of stamping devices that are missing"),
              options_.metrics.make_gauge("perigee_history_doubled", "Messages that came again, not stored twice")} {
  place_->store = std::move(into);
}

history_reader::~history_reader() { options_.aside.serve_retries("history", {}); }

/// What was stored before this process.
void history_reader::recall_newest() {
  if (!newest_taker_) return;
  const auto found = std::make_shared<result<std::vector<newest_value>>>();
  between_blocks([found](store& from) { *found = from.newest(); },
                 [this, found, alive = std::weak_ptr(place_)] {
                   if (alive.expired()) return;
                   if (*found) return newest_taker_(**found);
                   log::warn("readers.history", "the newest values cannot be read: {}", found->error().text());
                 });
}

io::task<> history_reader::run() {
  recall_newest();
  for (;;) {
    step([this](bool stored) {
      more_ = stored;
      stored_.notify();
    });
    PG_CO_TRY_VOID(co_await stored_.wait());
    count();
    if (more_) continue;
    retain(clock::wall());
    const auto woken = co_await work_.wait_until(clock::now() + retry_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
  }
}

void history_reader::step(std::move_only_function<void(bool)> stored) {
  if (!retries_.empty()) return retry_next(std::move(stored));
  if (place_->block.empty() && !fill_block()) return stored(false);
  store_block(std::move(stored));
}

void history_reader::store_block(std::move_only_function<void(bool)> stored) {
  const auto job = [place = place_] {
    place->outcome = place->store->stage(place->block);
    if (place->outcome && place->outcome->aside.empty()) place->committed = place->store->commit();
  };
  worker_.submit(job, [this, alive = std::weak_ptr(place_), stored = std::move(stored)]() mutable {
    if (alive.expired()) return;
    if (!place_->outcome || place_->outcome->aside.empty()) return stored(finish_block());
    options_.aside.when_durable(set_aside(), [this, alive, stored = std::move(stored)]() mutable {
      if (!alive.expired()) commit_block(std::move(stored));
    });
  });
}

quarantine::keeper::ticket history_reader::set_aside() {
  quarantine::keeper::ticket last = 0;
  for (const auto& each : place_->outcome->aside) {
    last = options_.aside.set_aside({.reader = "history",
                                     .origin = {each.node, each.journal, each.offset},
                                     .at = each.at,
                                     .reason = each.reason,
                                     .record = each.record.view()},
                                    clock::wall());
  }
  return last;
}

void history_reader::commit_block(std::move_only_function<void(bool)> stored) {
  const auto job = [place = place_] { place->committed = place->store->commit(); };
  worker_.submit(job, [this, alive = std::weak_ptr(place_), stored = std::move(stored)]() mutable {
    if (!alive.expired()) stored(finish_block());
  });
}

void history_reader::retry_next(std::move_only_function<void(bool)> stored) {
  auto next = std::make_shared<retry>(std::move(retries_.front()));
  retries_.pop_front();
  const auto job = [place = place_, next] {
    const auto& who = next->what.what.who;
    place->committed = place->store->retry({who.node, who.journal, who.offset}, next->what.record.view());
  };
  worker_.submit(job, [this, alive = std::weak_ptr(place_), next, stored = std::move(stored)]() mutable {
    if (alive.expired()) return;
    uncounted_ = true;
    next->done(place_->committed);
    stored(true);
  });
}

bool history_reader::fill_block() {
  for (const auto l : all_lanes) {
    auto& reader = ends_[static_cast<std::size_t>(l)]->reader;
    const auto read = reader.read(limits::history_block_bytes_max,
                                  [this](log_offset at, const model::record_view& r) { place_->block.add(at, r); });
    if (!read) log::warn("readers.history", "the journal cannot be read: {}", read.error().text());
    if (!place_->block.empty()) return true;
  }
  return false;
}

/// A block that could not be stored is kept and tried again.
bool history_reader::finish_block() {
  auto& outcome = place_->outcome;
  if (!outcome || !place_->committed) {
    const auto& why = outcome ? place_->committed.error() : outcome.error();
    log::warn("readers.history", "the history cannot be written: {}", why.text());
    return false;
  }
  ends_[static_cast<std::size_t>(place_->block.lane())]->kept->advance(place_->block.next());
  place_->block.clear();
  meters_.readings.add(outcome->readings);
  meters_.messages.add(outcome->messages);
  if (newest_taker_) newest_taker_(outcome->newest);
  uncounted_ = true;
  return true;
}

/// Counts what is stored where that has changed, at most once a second.
void history_reader::count() {
  if (!uncounted_ || clock::now() < totals_due_) return;
  uncounted_ = false;
  totals_due_ = clock::now() + totals_every;
  between_blocks(
      [place = place_](store& from) {
        place->totals = from.totals();
        place->gaps = from.gaps(gaps_shown_max);
      },
      [this, alive = std::weak_ptr(place_)] {
        if (alive.expired() || !place_->totals) return;
        totals_ = *place_->totals;
        if (place_->gaps) gaps_ = std::move(*place_->gaps);
        meters_.missing.set(static_cast<double>(totals_.missing));
        meters_.doubled.set(static_cast<double>(totals_.doubled));
      });
}

void history_reader::note_own(timestamp at, std::vector<own_sample> samples) {
  struct noted {
    result<> how;
    std::shared_ptr<const own_tail> own;
  };
  const auto after = std::make_shared<noted>();
  between_blocks(
      [after, at, samples = std::move(samples)](store& into) {
        after->how = into.note_own(at, samples);
        after->own = into.own();
      },
      [this, after, alive = std::weak_ptr(place_)] {
        if (alive.expired()) return;
        own_ = std::move(after->own);
        if (!after->how && !is(after->how.error(), errc::full)) {
          log::warn("readers.history", "own metrics cannot be kept: {}", after->how.error().text());
        }
      });
}

void history_reader::between_blocks(std::move_only_function<void(store&)> job, std::move_only_function<void()> done) {
  worker_.submit([place = place_, job = std::move(job)]() mutable { job(*place->store); }, std::move(done));
}

std::uint64_t history_reader::behind() const {
  std::uint64_t sum = 0;
  for (const auto& end : ends_) sum += end->reader.behind();
  return sum + place_->block.size();
}

void history_reader::retain(timestamp now) {
  if (options_.retention.count() == 0 || clock::now() < retention_due_) return;
  retention_due_ = clock::now() + retention_every;
  const auto oldest = now - options_.retention;
  const auto job = [place = place_, oldest] {
    for (;;) {
      const auto more = place->store->retain(oldest);
      if (!more) log::warn("readers.history", "old readings cannot be removed: {}", more.error().text());
      if (!more || !*more) return;
    }
  };
  worker_.submit(job, [] {});
}

}  // namespace perigee::readers::history
