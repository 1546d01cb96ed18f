#include "cli/bench_mqtt_load.hpp"

#include <unistd.h>

#include <algorithm>
#include <format>

#include "cli/process_usage.hpp"
#include "cli/run_to_end.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t input_bytes = 256U << 10;
constexpr std::size_t dialling_max = 64;  // connections that are being opened at once
constexpr auto connect_patience = 10s;
constexpr auto loss_patience = 1s;
constexpr std::size_t ids_max = 65'000;  // unacknowledged messages that packet identifiers can tell apart

double seconds_of(nanoseconds d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

bench_load::bench_load(io::shard& on, io::network& net, const bench_plan& plan)
    : on_(on), net_(net), plan_(plan), input_(input_bytes), changed_(on), work_(on), channels_(on) {
  const auto n = plan.connections;
  switch (plan.pattern) {
    case bench_pattern::fan_in:
      add("sub", 0, "bench/+", "");
      for (std::size_t i = 0; i < n; ++i) add("pub", i, "", std::format("bench/{}", i));
      break;
    case bench_pattern::fan_out:
      receivers_each_ = n;
      for (std::size_t i = 0; i < n; ++i) add("sub", i, "bench/0", "");
      add("pub", 0, "", "bench/0");
      break;
    case bench_pattern::p2p:
      for (std::size_t i = 0; i < n; ++i) add("sub", i, std::format("bench/{}", i), "");
      for (std::size_t i = 0; i < n; ++i) add("pub", i, "", std::format("bench/{}", i));
      break;
    case bench_pattern::connect:
      for (std::size_t i = 0; i < n; ++i) add("idle", i, "", "");
      break;
  }
  dialled_.resize(clients_.size());
}

void bench_load::add(std::string role, std::size_t number, std::string subscribe_to, std::string publish_to) {
  const bool publishes = !publish_to.empty();
  clients_.push_back(std::make_unique<bench_client>(
      static_cast<bench_handler&>(*this),
      bench_client::options{.client_id = std::format("bench-{}-{}-{}", ::getpid(), role, number),
                            .subscribe_to = std::move(subscribe_to),
                            .publish_to = std::move(publish_to),
                            .number = static_cast<std::uint32_t>(publishes ? publishers_.size() : clients_.size()),
                            .qos = plan_.qos,
                            .payload_bytes = plan_.payload_bytes},
      input_));
  if (publishes) publishers_.push_back(clients_.back().get());
}

io::task<> bench_load::run() {
  const bool messages = plan_.pattern != bench_pattern::connect;
  const auto ended = messages ? co_await measure_messages() : co_await measure_connections();
  (void)co_await work_.close();
  for (auto& one : clients_) one->close();
  (void)co_await channels_.close();
  co_return ended;
}

io::task<> bench_load::open_one(bench_client& who) {
  auto stream = co_await net_.connect(plan_.to, clock::now() + connect_patience);
  if (!stream) {
    on_lost(who, stream.error().text());
    co_return result<>();
  }
  who.open(*std::move(stream), on_, channels_);
  co_return result<>();
}

/// One of several that open what is left, one after the other.
io::task<> bench_load::open_some(nanoseconds between) {
  auto due = clock::now();
  io::timer pause(on_);
  while (next_to_open_ < clients_.size() && complaint_.empty()) {
    if (between != 0ns) PG_CO_TRY_VOID(co_await pause.wait_until(due));
    due += between;
    const auto mine = next_to_open_++;
    dialled_[mine] = clock::now();
    PG_CO_TRY_VOID(co_await open_one(*clients_[mine]));
  }
  co_return result<>();
}

io::task<> bench_load::open_all() {
  const auto openers = std::min(dialling_max, clients_.size());
  const bool paced = plan_.pattern == bench_pattern::connect && plan_.rate > 0;
  const auto between =
      paced ? nanoseconds(static_cast<std::int64_t>(1e9 * static_cast<double>(openers) / plan_.rate)) : 0ns;
  for (std::size_t i = 0; i < openers; ++i) work_.spawn("bench", open_some(between));
  while (ready_ < clients_.size() && complaint_.empty()) PG_CO_TRY_VOID(co_await changed_.wait());
  if (!complaint_.empty()) co_return fail(errc::refused, "not every connection could be made");
  co_return result<>();
}

io::task<> bench_load::measure_connections() {
  const auto before = usage_of(plan_.pid);
  const auto begin = clock::now();
  measuring_ = true;
  PG_CO_TRY_VOID(co_await open_all());
  outcome_.seconds = seconds_of(clock::now() - begin);
  outcome_.connected = ready_;
  const auto opened = usage_of(plan_.pid);
  PG_CO_TRY_VOID(co_await io::sleep_for(on_, plan_.lasts));
  const auto settled = usage_of(plan_.pid);
  if (!complaint_.empty()) co_return fail(errc::refused, "a connection was lost");
  if (before && opened && settled) {
    outcome_.cpu_seconds = seconds_of(opened->cpu - before->cpu);
    const auto grown = static_cast<double>(settled->resident_bytes) - static_cast<double>(before->resident_bytes);
    outcome_.resident_bytes_each = grown / static_cast<double>(clients_.size());
  }
  co_return result<>();
}

io::task<> bench_load::measure_messages() {
  PG_CO_TRY_VOID(co_await open_all());
  flowing_ = true;
  work_.spawn("bench", watch_for_losses());
  if (plan_.rate > 0) {
    work_.spawn("bench", pace());
  } else {
    for (auto* one : publishers_) refill(*one);
  }
  PG_CO_TRY_VOID(co_await io::sleep_for(on_, plan_.warm_up));
  const auto sent = [this] {
    return std::ranges::fold_left(publishers_, std::uint64_t{0}, [](auto sum, auto* one) { return sum + one->sent(); });
  };
  const auto before = usage_of(plan_.pid);
  const auto in_before = sent();
  const auto out_before = received_;
  const auto begin = clock::now();
  measuring_ = true;
  PG_CO_TRY_VOID(co_await io::sleep_for(on_, plan_.lasts));
  measuring_ = false;
  outcome_.seconds = seconds_of(clock::now() - begin);
  outcome_.in = sent() - in_before;
  outcome_.out = received_ - out_before;
  const auto after = usage_of(plan_.pid);
  if (before && after) outcome_.cpu_seconds = seconds_of(after->cpu - before->cpu);
  flowing_ = false;
  if (!complaint_.empty()) co_return fail(errc::refused, "a connection was lost");
  co_return result<>();
}

/// Sends what is due; a message that goes out late is late from when it was due.
io::task<> bench_load::pace() {
  const auto begin = clock::now();
  const auto step = 1e9 / plan_.rate * static_cast<double>(plan_.batch);
  io::timer pause(on_);
  for (std::uint64_t n = 0;; ++n) {
    const auto due = begin + nanoseconds(static_cast<std::int64_t>(static_cast<double>(n) * step));
    if (due > clock::now()) PG_CO_TRY_VOID(co_await pause.wait_until(due));
    auto& who = *publishers_[n % publishers_.size()];
    if (plan_.qos != wire::mqtt::qos::at_most_once && who.unacknowledged() + plan_.batch > ids_max) continue;
    for (std::size_t i = 0; i < plan_.batch; ++i) who.publish(due);
    who.flush();
  }
}

/// A broker may drop messages of QoS 0; what has not come for a while is given up, so that the load goes on.
io::task<> bench_load::watch_for_losses() {
  for (auto last = received_;; last = received_) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, loss_patience));
    if (received_ != last || plan_.rate > 0) continue;
    for (auto* one : publishers_) {
      outcome_.lost += one->sent() * receivers_each_ - one->received_of;
      one->received_of = one->sent() * receivers_each_;
      refill(*one);
    }
  }
}

bool bench_load::has_room(const bench_client& publisher) const {
  const auto under_way = publisher.sent() * receivers_each_ - publisher.received_of;
  return under_way + plan_.batch * receivers_each_ <= plan_.window * receivers_each_ &&
         publisher.unacknowledged() + plan_.batch <= std::min(ids_max, plan_.window);
}

void bench_load::refill(bench_client& publisher) {
  while (flowing_ && plan_.rate <= 0 && !publisher.blocked() && has_room(publisher)) {
    const auto now = clock::now();
    for (std::size_t i = 0; i < plan_.batch; ++i) publisher.publish(now);
    publisher.flush();
  }
}

void bench_load::on_ready(bench_client& who) {
  ++ready_;
  if (plan_.pattern == bench_pattern::connect) {
    outcome_.latency.record(clock::now() - dialled_[who.chosen().number]);
  }
  if (ready_ == clients_.size()) changed_.notify();
}

void bench_load::on_message(bench_client&, clock::time_point due, std::uint32_t publisher) {
  if (publisher >= publishers_.size()) return;
  ++received_;
  if (measuring_) outcome_.latency.record(clock::now() - due);
  auto& from = *publishers_[publisher];
  ++from.received_of;
  refill(from);
}

void bench_load::on_progress(bench_client& who) { refill(who); }

void bench_load::on_lost(bench_client& who, const std::string& why) {
  if (complaint_.empty()) complaint_ = std::format("{}: {}", who.chosen().client_id, why);
  flowing_ = false;
  changed_.notify();
}

result<bench_outcome> run_bench(const bench_plan& plan, std::string& complaint) {
  io::shard shard;
  const auto network = io::real_network(shard);
  bench_load load(shard, *network, plan);
  const auto ended = run_to_end(shard, load.run());
  complaint = load.complaint();
  if (!ended) return std::unexpected(ended.error());
  return load.outcome();
}

}  // namespace perigee::cli
