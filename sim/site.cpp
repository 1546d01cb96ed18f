#include "sim/site.hpp"

#include <array>
#include <charconv>
#include <format>
#include <functional>
#include <map>

#include "model/record_batch.hpp"

namespace perigee::sim {
namespace {

using std::chrono::seconds;

constexpr auto under_faults = seconds(20);
constexpr auto to_drain = seconds(60);

/// A kind of trouble, and how often it comes where a run has it.
struct trouble {
  std::string_view name;
  nanoseconds mean_every;
  std::function<void()> strike;
};

class site {
 public:
  site(std::uint64_t seed, canary bird)
      : world_(seed),
        cloud_(world_, "cloud", segment_bytes()),
        fog_(world_, "fog", segment_bytes()),
        edge_(world_, "edge", segment_bytes()),
        edge_link_(edge_, fog_, milliseconds(5), batch_records()),
        fog_link_(fog_, cloud_, milliseconds(30), batch_records()),
        press_(edge_, "press", bird),
        pump_(edge_, "pump", bird) {}

  outcome run(std::uint64_t seed, bool show_trace) {
    world_.show_trace(show_trace);
    for (auto* each : nodes()) each->start();
    press_.run(milliseconds(10));
    pump_.run(milliseconds(40));
    outcome out;
    out.seed = seed;
    for (auto& each : troubles()) {
      if (!world_.random().chance(0.5)) continue;
      out.faults += out.faults.empty() ? each.name : std::format(" {}", each.name);
      strike_again(std::move(each));
    }
    world_.run_until(clock::time_point(under_faults));
    heal();
    world_.run_until(clock::time_point(under_faults + to_drain));
    if (world_.failures().empty()) check();
    out.produced = press_.produced() + pump_.produced();
    out.crashes = crashes_;
    out.trace = world_.trace();
    out.failures = world_.failures();
    return out;
  }

 private:
  [[nodiscard]] std::array<node*, 3> nodes() { return {&cloud_, &fog_, &edge_}; }
  [[nodiscard]] node& any_node() { return *nodes()[world_.random().below(3)]; }
  [[nodiscard]] link& any_link() { return world_.random().chance(0.5) ? edge_link_ : fog_link_; }
  [[nodiscard]] std::uint64_t segment_bytes() { return 1024 + world_.random().below(16'384); }
  [[nodiscard]] std::uint32_t batch_records() { return 1 + static_cast<std::uint32_t>(world_.random().below(200)); }
  [[nodiscard]] nanoseconds a_while() { return world_.around(seconds(1)); }

  void crash(bool power_cut) {
    ++crashes_;
    any_node().crash(power_cut, a_while());
  }

  /// Sets something wrong and, after a while, right again.
  void for_a_while(const std::function<void(bool)>& set) {
    set(true);
    world_.after(a_while(), [set] { set(false); });
  }

  std::vector<trouble> troubles() {
    return {
        {"kill", seconds(2), [this] { crash(false); }},
        {"power-cut", seconds(2), [this] { crash(true); }},
        {"torn-write", seconds(2),
         [this] {
           ++crashes_;
           any_node().crash_within_disk_operation(1 + world_.random().below(6), a_while());
         }},
        {"disk-error", seconds(3), [this] { for_a_while([&n = any_node()](bool on) { n.fail_disk(on ? 0.3 : 0); }); }},
        {"disk-full", seconds(4), [this] { for_a_while([&n = any_node()](bool on) { n.fill_disk(on); }); }},
        {"pause", seconds(2), [this] { any_node().pause(a_while()); }},
        {"cut", seconds(1), [this] { any_link().cut(); }},
        {"partition", seconds(4), [this] { any_link().partition(2 * a_while()); }},
        {"swallow", seconds(4), [this] { any_link().swallow(world_.random().chance(0.5)); }},
        {"device-cut", seconds(1), [this] { (world_.random().chance(0.5) ? press_ : pump_).cut(); }},
    };
  }

  void strike_again(trouble t) {
    world_.after(world_.around(t.mean_every), [this, t = std::move(t)] mutable {
      if (healed_) return;
      world_.note("site", t.name);
      t.strike();
      strike_again(std::move(t));
    });
  }

  void heal() {
    healed_ = true;
    world_.note("site", "healed");
    press_.stop();
    pump_.stop();
    for (auto* each : nodes()) each->heal();
    edge_link_.heal();
    fog_link_.heal();
  }

  /// Counts what the cloud's journal holds, device by device, in its order.
  void check() {
    std::map<std::string, std::array<std::vector<std::uint64_t>, model::lane_count>> arrived;
    auto& log = *cloud_.log();
    model::batch_opener opener;
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      journal::reader reader(log[static_cast<model::lane>(i)]);
      while (reader.behind() != 0) {
        const auto read = reader.read(1U << 20, [&](log_offset at, const model::record_view& r) {
          const auto opened = opener.for_each_message(
              {log.node(), log.epoch(), at}, r,
              [&](const model::origin&, const model::record_view& m) { count(m, arrived[std::string(m.source)][i]); });
          if (!opened) world_.broken(std::format("the cloud cannot open a batch: {}", opened.error().text()));
        });
        if (!read) return world_.broken(std::format("the cloud's journal does not read: {}", read.error().text()));
      }
    }
    for (auto* each : {&press_, &pump_}) check_device(*each, arrived[each->name()]);
  }

  void count(const model::record_view& m, std::vector<std::uint64_t>& into) {
    std::uint64_t sequence = 0;
    const auto text = as_text(m.payload);
    std::from_chars(text.data(), text.data() + text.size(), sequence);
    if (m.kind != model::record_kind::message || sequence == 0)
      return world_.broken("P3: a gap where nothing was dropped");
    into.push_back(sequence);
  }

  void check_device(const sensor& device, const std::array<std::vector<std::uint64_t>, model::lane_count>& lanes) {
    std::set<std::uint64_t> there;
    for (const auto& lane : lanes) {
      for (std::size_t i = 0; i < lane.size(); ++i) {
        if (!there.insert(lane[i]).second)
          world_.broken(std::format("P2: {} {} is there twice", device.name(), lane[i]));
        if (i > 0 && lane[i] < lane[i - 1]) world_.broken(std::format("{} {} is out of order", device.name(), lane[i]));
      }
    }
    for (const auto sequence : device.acknowledged()) {
      if (!there.contains(sequence))
        world_.broken(std::format("P1: {} {} was acknowledged and is lost", device.name(), sequence));
    }
    if (there.size() != device.produced()) {
      world_.broken(std::format("{} sent {} readings, {} arrived a minute after the site was well", device.name(),
                                device.produced(), there.size()));
    }
  }

  world world_;
  node cloud_;
  node fog_;
  node edge_;
  link edge_link_;
  link fog_link_;
  sensor press_;
  sensor pump_;
  std::uint64_t crashes_ = 0;
  bool healed_ = false;
};

}  // namespace

outcome simulate(std::uint64_t seed, canary bird, bool show_trace) { return site(seed, bird).run(seed, show_trace); }

}  // namespace perigee::sim
