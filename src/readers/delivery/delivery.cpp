#include "readers/delivery/delivery.hpp"

#include <algorithm>
#include <format>

#include "base/log.hpp"
#include "model/derived.hpp"

namespace perigee::readers::delivery {
namespace {

using namespace std::chrono_literals;
using model::lane;

constexpr std::size_t slice_bytes = 64U << 10;
constexpr auto look_every = 1s;

std::string cursor_name(std::string name) {
  std::ranges::replace(name, '/', '.');
  return name;
}

}  // namespace

result<std::unique_ptr<delivery>> delivery::open(io::shard& on, std::unique_ptr<io::worker> worker,
                                                 journal::journal& log, std::unique_ptr<carrier> by,
                                                 delivery_options options) {
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<delivery>(new delivery(on, std::move(worker), log, std::move(by), std::move(options)));
  PG_TRY(made->kept_, log.open_cursor(cursor_name(made->options_.name), lane::event, true));
  made->reader_.seek(made->kept_->position());
  log.on_commit([raw = made.get()] { raw->work_.notify(); });
  return made;
}

delivery::delivery(io::shard& on, std::unique_ptr<io::worker> worker, journal::journal& log,
                   std::unique_ptr<carrier> by, delivery_options options)
    : on_(on),
      log_(log),
      carrier_(std::move(by)),
      options_(std::move(options)),
      reader_(log[lane::event]),
      work_(on),
      back_off_(options_.pause_first, options_.pause_max, options_.seed),
      worker_(std::move(worker)) {
  state_.name = options_.name;
  state_.peer = options_.peer;
  state_.connected = true;  // as long as nothing says otherwise
  options_.aside.serve_retries(
      options_.name,
      [this](const quarantine::kept_record& what, quarantine::keeper::outcome done) { retry(what, std::move(done)); });
}

delivery::~delivery() {
  options_.aside.serve_retries(options_.name, {});
  carrier_->stop();
}

io::task<> delivery::run() {
  for (;;) {
    while (!waiting_.empty()) PG_CO_TRY_VOID(co_await settle());
    if (read()) {
      PG_CO_TRY_VOID(co_await io::yield(on_));
      continue;
    }
    const auto woken = co_await work_.wait_until(clock::now() + look_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
  }
}

bool delivery::read() {
  const auto read = reader_.read(slice_bytes, [this](log_offset at, const model::record_view& r) {
    // A child's comes in a batch, and the child carries it itself.
    const bool is_mine = r.kind == model::record_kind::message && r.topic == options_.topic && model::is_derived(r);
    if (is_mine) waiting_.push_back({at, model::record(r)});
  });
  if (!read) log::warn("readers.delivery", "the journal cannot be read: {}", read.error().text());
  if (waiting_.empty()) kept_->advance(reader_.position());
  return read && *read != 0;
}

parcel delivery::parcel_of(const model::record& r, perigee::epoch life, log_offset at) const {
  return {.id = std::format("{}-{:x}-{}", options_.node, life.value(), at.value()),
          .node = options_.node,
          .at = r.arrival,
          .payload = r.payload};
}

io::task<> delivery::settle() {
  const auto& first = waiting_.front();
  const auto what = parcel_of(first.record, log_.life_at(lane::event, first.at), first.at);
  for (;;) {
    PG_CO_TRY(const auto came, co_await carry(what));
    if (came.what == verdict::kind::delivered) break;
    const bool is_old = clock::wall() - first.record.arrival > options_.give_up;
    if (came.what == verdict::kind::never || is_old) {
      PG_CO_TRY_VOID(co_await put_aside(first, came.why));
      break;
    }
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, std::max(back_off_.next(), std::min(came.after, options_.pause_max))));
  }
  waiting_.pop_front();
  kept_->advance(waiting_.empty() ? reader_.position() : waiting_.front().at);
  co_return result<>();
}

io::task<verdict> delivery::carry(parcel what) {
  struct outcome {
    explicit outcome(io::shard& on) : done(on) {}
    io::event done;
    verdict came;
  };
  auto how = std::make_shared<outcome>(on_);
  const auto began = clock::now();
  const auto bytes = what.payload.size();
  worker_->submit([how, by = carrier_, what = std::move(what)] { how->came = by->carry(what); },
                  [how] { how->done.notify(); });
  PG_CO_TRY_VOID(co_await how->done.wait());
  if (how->came.what == verdict::kind::delivered) {
    state_.rtt = clock::now() - began;
    state_.bytes_sent += bytes;
    ++state_.records_sent;
  }
  tell(how->came);
  co_return how->came;
}

/// A change for the worse once, and that it is well again.
void delivery::tell(const verdict& came) {
  const bool away = came.what == verdict::kind::later;
  if (away && told_ != came.why) {
    log::warn("readers.delivery", "{} takes nothing now: {}", options_.name, came.why);
    told_ = came.why;
  } else if (!away && !told_.empty()) {
    log::info("readers.delivery", "{} is back", options_.name);
    told_.clear();
  }
  state_.connected = !away;
  if (away) return;
  back_off_.reset();
}

io::task<> delivery::put_aside(const waiting& what, const std::string& why) {
  ++state_.records_refused;
  log::warn("readers.delivery", "{} is not told of the decision at offset {}: {}", options_.name, what.at.value(), why);
  while (!options_.aside.has_room()) PG_CO_TRY_VOID(co_await io::sleep_for(on_, look_every));
  const auto life = log_.life_at(lane::event, what.at);
  const auto ticket = options_.aside.set_aside({.reader = options_.name,
                                                .origin = {options_.node, life, what.at},
                                                .at = what.at,
                                                .reason = why,
                                                .record = what.record.view()},
                                               clock::wall());
  const auto durable = std::make_shared<io::event>(on_);
  options_.aside.when_durable(ticket, [durable] { durable->notify(); });
  co_return co_await durable->wait();
}

void delivery::retry(const quarantine::kept_record& what, quarantine::keeper::outcome done) {
  auto came = std::make_shared<verdict>();
  auto again = parcel_of(what.record, what.what.who.journal, what.what.who.offset);
  worker_->submit([came, by = carrier_, again = std::move(again)] { *came = by->carry(again); },
                  [came, done = std::move(done)] mutable {
                    if (came->what == verdict::kind::delivered) return done({});
                    log::warn("readers.delivery", "what was tried again is not taken: {}", came->why);
                    done(fail(errc::refused, "the destination does not take it; the log says why"));
                  });
}

client::link_state delivery::state() const {
  auto out = state_;
  out.records_waiting = waiting_.size();
  if (!waiting_.empty()) out.oldest_age = clock::wall() - waiting_.front().record.arrival;
  for (const auto& each : waiting_) out.bytes_waiting += each.record.payload.size();
  return out;
}

}  // namespace perigee::readers::delivery
