#include "readers/bridge/bridge.hpp"

#include "base/log.hpp"

namespace perigee::readers::bridge {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_every = 500ms;

}  // namespace

result<std::unique_ptr<bridge>> bridge::open(io::shard& on, io::network& net, io::disk& disk, io::worker& worker,
                                             journal::journal& log, bridge_options options) {
  const auto saved = io::read_whole(disk, options.state_file, state_bytes_max);
  if (!saved && !is(saved.error(), errc::not_found)) {
    log::warn("readers.bridge", "{}: {}; the bridge starts anew", options.state_file, saved.error().text());
  }
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<bridge>(new bridge(on, disk, worker, std::move(options)));
  PG_TRY(made->core_, core::open(log, *made, made->options_.core, saved ? byte_view(*saved) : byte_view()));
  auto& connect = made->options_.connect;
  connect.session = &made->core_->session();
  connect.drained = [raw = made.get()] { raw->work_.notify(); };
  made->client_ = std::make_unique<client::mqtt_client>(on, net, *made->core_, connect);
  log.on_commit([raw = made.get(), alive = std::weak_ptr(made->alive_)] {
    if (alive.expired()) return;
    raw->work_.notify();
    raw->committed_.notify();
  });
  return made;
}

bridge::bridge(io::shard& on, io::disk& disk, io::worker& worker, bridge_options options)
    : on_(on),
      disk_(disk),
      worker_(worker),
      options_(std::move(options)),
      work_(on),
      committed_(on),
      back_off_(options_.pause_first, options_.pause_max, options_.seed),
      feeding_(on) {}

io::task<> bridge::run() {
  feeding_.spawn("readers.bridge", feed());
  for (;;) {
    const auto connections_before = core_->connections();
    const bool clears = core_->wants_clean_start();
    auto ended = co_await recall();
    if (ended) ended = prepare();
    if (ended) ended = co_await client_->run();
    core_->on_disconnected();
    if (!ended && is(ended.error(), errc::cancelled)) break;
    if (core_->connections() != connections_before) {
      back_off_.reset();
      told_.clear();
    }
    const bool cleared = clears && !core_->wants_clean_start() && core_->connections() == connections_before;
    if (cleared) continue;
    tell(ended.error());
    if (!co_await io::sleep_for(on_, back_off_.next())) break;
  }
  co_return co_await feeding_.close();
}

/// What a crash left in the journal is written again first, and may be all that was received.
io::task<> bridge::recall() {
  for (;;) {
    PG_CO_TRY(const bool all, core_->recall());
    if (all) co_return result<>();
    const auto woken = co_await committed_.wait_until(clock::now() + tick_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
  }
}

/// What the next connection says of itself.
result<> bridge::prepare() {
  auto& connect = client_->options();
  connect.clean_start = !options_.core.persistent || core_->wants_clean_start();
  if (options_.password) {
    PG_TRY(connect.password, options_.password());
  }
  return {};
}

/// Once for each reason.
void bridge::tell(const error& why) {
  auto text = why.text();
  if (text == told_) return;
  log::warn("readers.bridge", "{} is not connected to {}: {}", options_.core.name, options_.core.peer, text);
  told_ = std::move(text);
}

io::task<> bridge::feed() {
  for (;;) {
    const auto woken = co_await work_.wait_until(clock::now() + tick_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    core_->tick();
    const bool more = core_->pump();
    write_state(false);
    if (more) work_.notify();
    PG_CO_TRY_VOID(co_await io::yield(on_));
  }
}

void bridge::write_state(bool at_once) {
  auto bytes = core_->to_save(at_once);
  if (!bytes) return;
  const auto how = std::make_shared<result<>>();
  const auto job = [&disk = disk_, path = options_.state_file, bytes = std::move(*bytes), how] {
    *how = io::write_whole(disk, path, bytes);
  };
  worker_.submit(job, [this, how, alive = std::weak_ptr(alive_)] {
    if (!*how) log::warn("readers.bridge", "the bridge's state is not saved: {}", how->error().text());
    if (alive.expired()) return;
    core_->on_saved(how->has_value());
    work_.notify();
  });
}

}  // namespace perigee::readers::bridge
