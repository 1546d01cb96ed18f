#include "doors/mqtt/door.hpp"

#include "base/log.hpp"
#include "doors/mqtt/detail/served.hpp"

namespace perigee::doors::mqtt {

using namespace std::chrono_literals;

namespace {

constexpr auto tick_every = 500ms;
constexpr auto save_every_at_least = 1s;
constexpr auto greeting_time = 10s;
constexpr auto commit_after = 5ms;  // of a record that nobody waits for: rules, history and the uplink read it then
constexpr std::size_t input_bytes = 64U << 10;  // read from a connection before others have their turn

std::string_view transport_of(const io::endpoint& at) {
  if (!at.path.empty()) return "unix";
  if (at.websocket) return at.tls ? "wss" : "ws";
  return at.tls ? "tls" : "tcp";
}

broker_options with_state(broker_options chosen, const state_options& state) {
  chosen.saves_state = !state.file.empty();
  return chosen;
}

}  // namespace

door::door(io::shard& on, io::network& net, log_port& log, metrics::registry& registry, broker_options options,
           state_options state)
    : on_(on),
      net_(net),
      log_(log),
      work_(on),
      commit_(on),
      state_(std::move(state)),
      broker_(log, *this, registry, with_state(std::move(options), state_)),
      input_(input_bytes),
      self_(std::make_shared<door*>(this)),
      flush_(on, [this] { flush_all(); }),
      serving_(on) {}

door::~door() { *self_ = nullptr; }

result<std::uint16_t> door::listen(const listener_options& options) {
  PG_TRY(auto acceptor, net_.listen(options.at));
  const auto port = acceptor->port();
  listeners_.push_back(std::make_unique<listener>(std::move(acceptor), options.anonymous, options.anonymous_from_afar,
                                                  options.by, transport_of(options.at)));
  return port;
}

void door::start() {
  load_or_set_aside();
  work_.notify();  // the journal may hold what no saved state knows of
  serving_.spawn("doors.mqtt", keep_working());
  serving_.spawn("doors.mqtt", keep_committing());
  serving_.spawn("doors.mqtt", keep_time());
  serving_.spawn("doors.mqtt", open_up());
}

/// Who connects meanwhile waits in the listener's queue.
io::task<> door::open_up() {
  while (broker_.catching_up()) {
    broker_.work(now());
    if (broker_.awaits_commit()) PG_CO_TRY_VOID(co_await io::sleep_for(on_, 1ms));
    PG_CO_TRY_VOID(co_await io::yield(on_));
  }
  for (auto& one : listeners_) serving_.spawn("doors.mqtt", accept_all(*one));
  co_return result<>();
}

io::task<> door::accept_all(listener& at) {
  for (;;) {
    auto stream = co_await at.acceptor->accept();
    if (!stream && (is(stream.error(), errc::cancelled) || is(stream.error(), errc::closed))) co_return result<>();
    if (!stream) {
      log::fault("doors.mqtt", "no connection can be accepted: {}", stream.error().text());
      PG_CO_TRY_VOID(co_await io::sleep_for(on_, 100ms));  // out of file descriptors: it will not be better at once
      continue;
    }
    if (served_.size() + greeting_.size() >= limits::mqtt_connections_max) {
      log::warn("doors.mqtt", "{} is turned away: {} connections are open", (*stream)->peer().address, served_.size());
      (*stream)->close();
      continue;
    }
    serving_.spawn("doors.mqtt", greet(*std::move(stream), at));
  }
}

io::task<> door::greet(std::unique_ptr<io::stream> stream, const listener& from) {
  detail::greeting one{*stream, clock::now() + greeting_time};
  greeting_.insert(&one);
  const auto greeted = co_await stream->handshake();
  greeting_.erase(&one);
  if (!greeted) {
    log::info("doors.mqtt", "{} did not get past the greeting: {}", stream->peer().address, greeted.error().text());
    stream->close();
    co_return result<>();
  }
  auto made = std::make_unique<detail::served>(
      *this, std::move(stream), detail::arrival{from.anonymous, from.anonymous_from_afar, from.by, from.transport});
  made->place = served_.size();
  served_.push_back(std::move(made));
  co_return result<>();
}

void door::flush_later(detail::served& one) {
  to_flush_.push_back(&one);
  flush_.request();
}

/// The output of a turn, once for each connection. What that leads to is for the next turn.
void door::flush_all() {
  flushing_.swap(to_flush_);
  const auto at = now();
  for (auto* one : flushing_) one->flush(at);
  flushing_.clear();
  // A connection may be in the list again that ended meanwhile.
  std::erase_if(to_flush_, [](const auto* one) { return one->ended(); });
  retired_.clear();
}

void door::retire(detail::served& one) {
  auto& own = served_[one.place];
  retired_.push_back(std::move(own));
  if (&own != &served_.back()) {
    own = std::move(served_.back());
    own->place = one.place;
  }
  served_.pop_back();
  flush_.request();
}

io::task<> door::keep_working() {
  for (;;) {
    PG_CO_TRY_VOID(co_await work_.wait());
    broker_.work(now());
    if (save_asked_) save_when_due();
    // The next slice of work may be due already: whatever else came in goes first.
    PG_CO_TRY_VOID(co_await io::yield(on_));
  }
}

void door::state_waits() {
  save_asked_ = true;
  work_.notify();
}

void door::commit_waits() {
  if (!std::exchange(commit_asked_, true)) commit_.notify();
}

io::task<> door::keep_committing() {
  for (;;) {
    PG_CO_TRY_VOID(co_await commit_.wait());
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, commit_after));
    commit_asked_ = false;
    log_.commit_staged();
  }
}

io::task<> door::keep_time() {
  io::timer due(on_);
  for (;;) {
    PG_CO_TRY_VOID(co_await due.wait_until(clock::now() + tick_every));
    // From behind: whoever ends gives its place to the last.
    for (auto i = served_.size(); i-- > 0;) served_[i]->on_tick(now());
    for (auto* one : greeting_) {
      if (clock::now() >= one->close_by) one->stream.close();
    }
    broker_.on_tick(now());
    save_when_due();
  }
}

result<> door::load_state() {
  PG_TRY(store_, state_store::open(state_.file));
  return broker_.restore(*store_, now());
}

void door::load_or_set_aside() {
  if (state_.file.empty()) return;
  const auto loaded = load_state();
  if (loaded) return;
  log::fault("doors.mqtt", "{} is not used, clients start with new sessions: {}", state_.file, loaded.error().text());
  store_.reset();
  if (auto aside = state_store::set_aside(state_.file); !aside) {
    log::fault("doors.mqtt", "it cannot be set aside: {}", aside.error().text());
  }
  auto fresh = state_store::open(state_.file);
  if (fresh) {
    store_ = *std::move(fresh);
  } else {
    log::fault("doors.mqtt", "sessions will not be saved: {}", fresh.error().text());
  }
}

void door::save_when_due() {
  const bool due = save_asked_ || clock::now() >= next_save_;
  if (!store_ || worker_saves_ || !due) return;
  if (!saving_) {
    if (broker_.revision() == saving_revision_) return;
    saving_revision_ = broker_.revision();
    saving_ = std::make_shared<const state_change>(broker_.take_changes());
  }
  worker_saves_ = true;
  save_asked_ = false;
  next_save_ = clock::now() + save_every_at_least;
  auto outcome = std::make_shared<result<>>();
  state_.worker->submit([change = saving_, outcome, to = store_] { *outcome = to->apply(*change); },
                        [self = self_, outcome] {
                          if (!*outcome)
                            log::fault("doors.mqtt", "sessions are not saved: {}", outcome->error().text());
                          if (*self != nullptr) (*self)->saved(*outcome);
                        });
}

void door::saved(const result<>& outcome) {
  worker_saves_ = false;
  if (!outcome) return;  // the next tick tries again
  saving_.reset();
  broker_.on_saved(saving_revision_, now());
  if (save_asked_) work_.notify();
}

io::task<> door::stop() {
  for (auto& one : listeners_) one->acceptor->close();
  for (auto& one : served_) one->dismiss();
  for (int i = 0; i < 20 && !served_.empty(); ++i) (void)co_await io::sleep_for(on_, 50ms);
  served_.clear();
  retired_.clear();
  to_flush_.clear();
  const auto ended = co_await serving_.close();
  while (worker_saves_) (void)co_await io::sleep_for(on_, 10ms);
  if (!store_) co_return ended;
  if (saving_) PG_CO_TRY_VOID(store_->apply(*saving_));
  PG_CO_TRY_VOID(store_->apply(broker_.take_changes()));
  co_return ended;
}

}  // namespace perigee::doors::mqtt
