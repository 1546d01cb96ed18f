#include "sim/site.hpp"

#include <format>
#include <functional>
#include <memory>

#include "model/gap.hpp"
#include "sim/coverage.hpp"
#include "sim/device.hpp"
#include "sim/judgement.hpp"
#include "sim/knobs.hpp"
#include "sim/link.hpp"

namespace perigee::sim {
namespace {

constexpr auto under_faults = seconds(10);
constexpr auto to_drain = seconds(60);
constexpr auto to_drain_slowly = seconds(240);
constexpr std::uint64_t slow_window_records = 4;
constexpr auto look_every = milliseconds(500);

/// A kind of trouble, and how often it comes where a run has it.
struct trouble {
  std::string_view name;
  nanoseconds mean_every;
  std::function<bool()> strike;  // false: there was nothing to strike at
};

class site {
 public:
  explicit site(const run_options& chosen) : options_(chosen), world_(chosen.seed), knobs_(world_.random()) {
    world_.show_trace(chosen.show_trace);
    auto& cloud = add_node("cloud", nullptr, milliseconds(0));
    auto* above = knobs_.region ? &add_node("region", &cloud, milliseconds(30)) : &cloud;
    auto& fog = add_node("fog", above, milliseconds(20));
    for (std::size_t i = 1; i <= knobs_.edges; ++i) add_node(std::format("edge{}", i), &fog, milliseconds(5));
    add_device({.name = "press", .stamped = true, .every = paced(milliseconds(25))}, 0);
    add_device({.name = "pump", .stamped = true, .every = paced(milliseconds(60))}, 1);
    add_device({.name = "meter", .stamped = false, .every = paced(milliseconds(50))}, 1);
  }

  outcome run() {
    for (const auto& each : nodes_) each->start();
    for (const auto& each : devices_) each->run();
    for (auto& each : troubles()) {
      if (knobs_.has(each.name)) strike_again(std::move(each));
    }
    for (const auto fault : lasting_faults) {
      if (knobs_.has(fault)) world_.struck(fault);
    }
    world_.run_until(clock::time_point(under_faults));
    heal();
    const bool drained = drain();
    if (world_.failures().empty() && drained) judge();
    return result();
  }

 private:
  node& add_node(std::string name, node* parent, nanoseconds delay_mean) {
    node_options chosen{.name = std::move(name), .lanes = lanes(parent == nullptr)};
    chosen.rules = chosen.name == "fog";
    if (parent == nullptr) chosen.history_file = options_.folder + "/history.db";
    auto& made = *nodes_.emplace_back(std::make_unique<node>(world_, std::move(chosen)));
    if (parent != nullptr) {
      readers::uplink::sender_options up;
      up.linger = milliseconds(knobs_.linger_ms);
      up.batch_records = knobs_.batch_records;
      up.in_flight = knobs_.in_flight;
      links_.push_back(std::make_unique<link>(made, *parent, delay_mean, std::move(up)));
    }
    return made;
  }

  /// The top keeps everything, so that the checkers see it.
  [[nodiscard]] std::array<journal::lane_options, model::lane_count> lanes(bool top) const {
    std::array<journal::lane_options, model::lane_count> out{};
    for (auto& each : out) {
      each.segment_bytes = knobs_.segment_bytes;
      each.durability = knobs_.durability;
    }
    auto& bulk = out[static_cast<std::size_t>(model::lane::bulk)];
    bulk.when_full = journal::when_full::drop_oldest;
    if (top) return out;
    bulk.bytes_max = knobs_.bulk_bytes_max;
    out[static_cast<std::size_t>(model::lane::alarm)].bytes_max = knobs_.alarm_bytes_max;
    for (auto& each : out) each.age_max = seconds(knobs_.age_max_s);
    return out;
  }

  [[nodiscard]] nanoseconds paced(nanoseconds every) const {
    return nanoseconds(static_cast<std::int64_t>(static_cast<double>(every.count()) * knobs_.pace));
  }

  void add_device(device_options chosen, std::size_t edge) {
    chosen.poison = knobs_.has("poison") ? 0.02 : 0;
    auto& at = *nodes_[nodes_.size() - knobs_.edges + std::min(edge, knobs_.edges - 1)];
    devices_.push_back(std::make_unique<device>(at, std::move(chosen)));
  }

  template <class T>
  [[nodiscard]] T& any(std::vector<std::unique_ptr<T>>& of) {
    return *of[world_.random().below(of.size())];
  }
  [[nodiscard]] node& any_node() { return any(nodes_); }
  [[nodiscard]] link& any_link() { return any(links_); }
  [[nodiscard]] device& any_device() { return any(devices_); }
  [[nodiscard]] nanoseconds a_while() { return world_.around(milliseconds(800)); }

  bool crash(bool power_cut) {
    ++crashes_;
    any_node().crash(power_cut, a_while());
    return true;
  }

  /// Sets something wrong and, after a while, right again.
  bool for_a_while(const std::function<void(bool)>& set) {
    set(true);
    world_.after(a_while(), [set] { set(false); });
    return true;
  }

  [[nodiscard]] bool tear_a_write() {
    ++crashes_;
    any_node().crash_within_disk_operation(1 + world_.random().below(6), a_while());
    return true;
  }

  [[nodiscard]] bool jump_a_clock() {
    const auto hours = std::chrono::hours(world_.random().between(-6, 6));
    any_node().jump_clock(hours);
    return true;
  }

  /// A door of a newer version says why records are gone in a way that this version does not know (P8).
  [[nodiscard]] bool write_as_a_newer_version() {
    auto& at = *nodes_.back();
    if (!at.up()) return false;
    model::gap unknown;
    unknown.lane = model::lane::event;
    unknown.count = 1;
    unknown.reason = static_cast<model::gap_reason>(200);
    byte_buffer payload;
    model::encode_gap(unknown, payload);
    model::record_view r;
    r.kind = model::record_kind::gap;
    r.lane = model::lane::event;
    r.payload = payload;
    r.source = "newer";
    r.arrival = world_.wall();
    return at.log()->append(r).has_value();
  }

  std::vector<trouble> troubles() {
    auto all = troubles_of_nodes();
    for (auto& each : troubles_of_connections()) all.push_back(std::move(each));
    return all;
  }

  std::vector<trouble> troubles_of_nodes() {
    return {
        {"kill", milliseconds(1500), [this] { return crash(false); }},
        {"power-cut", milliseconds(1500), [this] { return crash(true); }},
        {"torn-write", milliseconds(1500), [this] { return tear_a_write(); }},
        {"pause", seconds(2), [this] { return any_node().pause(a_while()), true; }},
        {"slow-disk", seconds(2), [this] { return any_node().slow_disk(a_while()), true; }},
        {"clock-jump", seconds(2), [this] { return jump_a_clock(); }},
        {"write-error", seconds(2),
         [this] { return for_a_while([&n = any_node()](bool on) { n.disk().fail_writes(on ? 0.3 : 0); }); }},
        {"read-error", seconds(2),
         [this] { return for_a_while([&n = any_node()](bool on) { n.disk().fail_reads(on ? 0.3 : 0); }); }},
        {"disk-full", seconds(3), [this] { return for_a_while([&n = any_node()](bool on) { n.disk().fill(on); }); }},
        {"bit-flip", seconds(1), [this] { return any_node().disk().flip_a_bit("data/journal"); }},
        {"newer-version", seconds(1), [this] { return write_as_a_newer_version(); }},
    };
  }

  std::vector<trouble> troubles_of_connections() {
    const auto either = [this] { return world_.random().chance(0.5) ? toward::server : toward::client; };
    return {
        {"cut", seconds(1), [this] { return any_link().cut(), true; }},
        {"partition", seconds(3), [this] { return any_link().partition(3 * a_while()), true; }},
        {"half-open", seconds(3), [this, either] { return any_link().swallow(either()), true; }},
        {"slow-reader", seconds(2), [this] { return any_link().read_slowly(a_while()), true; }},
        {"forsaken-connection", seconds(2), [this] { return any_link().forsake(), true; }},
        {"device-cut", seconds(1), [this] { return any_device().cut(), true; }},
        {"device-forsakes", seconds(1), [this] { return any_device().forsake(), true; }},
        {"device-reads-slowly", seconds(2), [this] { return any_device().read_slowly(a_while()), true; }},
    };
  }

  void strike_again(trouble t) {
    world_.after(world_.around(t.mean_every), [this, t = std::move(t)] mutable {
      if (healed_) return;
      world_.note("site", t.name);
      if (t.strike()) world_.struck(t.name);
      strike_again(std::move(t));
    });
  }

  void heal() {
    healed_ = true;
    world_.note("site", "healed");
    for (const auto& each : devices_) each->stop();
    for (const auto& each : nodes_) each->heal();
    for (const auto& each : links_) each->heal();
  }

  /// What is not done yet; empty when the site is at rest.
  [[nodiscard]] std::string unsettled() {
    for (const auto& each : devices_) {
      if (!each->settled()) return std::format("device {} has readings that nobody acknowledged", each->chosen().name);
    }
    for (const auto& each : nodes_) {
      if (!each->settled()) return std::format("{} is not up and done", each->name());
    }
    for (const auto& each : links_) {
      if (!each->settled()) return std::format("the link of {} has records that wait", each->child().name());
    }
    return {};
  }

  /// A link with fewer records in flight carries some twenty in a second: less than the devices made in one.
  [[nodiscard]] nanoseconds time_to_drain() const {
    const auto window = std::uint64_t{knobs_.batch_records} * knobs_.in_flight;
    return window < slow_window_records ? to_drain_slowly : to_drain;
  }

  /// Liveness: a site that is well comes to rest.
  bool drain() {
    const auto within = time_to_drain();
    int at_rest = 0;
    std::string left;
    for (auto end = world_.now(); world_.now() < clock::time_point(under_faults + within);) {
      world_.run_until(end += look_every);
      if (!world_.failures().empty()) return false;
      left = unsettled();
      at_rest = left.empty() ? at_rest + 1 : 0;
      if (at_rest == 3) break;
    }
    world_.judged("liveness: the site comes to rest");
    if (!left.empty())
      world_.broken(std::format("liveness: {} after the site was well {}", duration_cast<seconds>(within), left));
    return left.empty();
  }

  void judge() {
    std::map<std::string, const shadow*> shadows;
    for (const auto& each : nodes_) {
      each->verify_all();
      shadows[each->name()] = &each->shadow();
    }
    coverage top(world_, std::move(shadows));
    {
      const disk::calm quiet(nodes_.front()->disk());
      top.read(*nodes_.front()->log());
    }
    top.judge();
    for (const auto& each : devices_) judge_device(world_, *each, top);
    for (const auto& each : nodes_) judge_rules(world_, *each);
    judge_history(world_, *nodes_.front(), top);
    in_gaps_ = top.in_gaps();
  }

  [[nodiscard]] outcome result() const {
    outcome out;
    out.seed = options_.seed;
    out.drawn = knobs_.text();
    for (const auto& each : devices_) out.produced += each->produced();
    out.crashes = crashes_;
    out.in_gaps = in_gaps_;
    out.trace = world_.trace();
    out.faults = world_.faults();
    out.judgements = world_.judgements();
    out.failures = world_.failures();
    return out;
  }

  const run_options& options_;
  world world_;
  knobs knobs_;
  std::vector<std::unique_ptr<node>> nodes_;  // the top first, the edges last
  std::vector<std::unique_ptr<link>> links_;
  std::vector<std::unique_ptr<device>> devices_;
  std::uint64_t crashes_ = 0;
  std::uint64_t in_gaps_ = 0;
  bool healed_ = false;
};

}  // namespace

outcome simulate(const run_options& chosen) { return site(chosen).run(); }

std::vector<std::string> all_faults() {
  std::vector<std::string> out(std::begin(striking_faults), std::end(striking_faults));
  out.insert(out.end(), std::begin(lasting_faults), std::end(lasting_faults));
  return out;
}

}  // namespace perigee::sim
