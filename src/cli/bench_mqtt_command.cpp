#include <algorithm>
#include <charconv>
#include <format>

#include "cli/bench_mqtt.hpp"
#include "cli/bench_mqtt_client.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/open_files.hpp"
#include "cli/process_usage.hpp"
#include "node/quantity.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t plain_port = 1883;
constexpr std::uint16_t tls_port = 8883;
constexpr std::uint64_t connections_most = 64'000;
constexpr std::uint64_t window_most = 1'000'000;

/// Why a call makes no sense, for the person who made it.
struct wrong_call {
  std::string sentence;
};
template <class T>
using parsed = std::expected<T, wrong_call>;

std::unexpected<wrong_call> wrong(std::string sentence) { return std::unexpected(wrong_call{std::move(sentence)}); }

parsed<io::endpoint> endpoint_of(const invocation& called) {
  const auto text = called.text("url").value_or("mqtt://127.0.0.1");
  const auto url = node::parse_url(text);
  const bool secure = url && url->scheme == "mqtts";
  if (!url || (!secure && url->scheme != "mqtt")) {
    return wrong(std::format("'{}' is not a broker's address: mqtt://127.0.0.1:1883, or mqtts:// with TLS", text));
  }
  io::endpoint out{.host = url->host, .port = url->port.value_or(secure ? tls_port : plain_port), .tls = {}};
  const io::tls_files files{.certificate = called.text("--cert").value_or(""),
                            .key = called.text("--key").value_or(""),
                            .authority = called.text("--ca").value_or("")};
  if (!secure && !(files.certificate.empty() && files.key.empty() && files.authority.empty())) {
    return wrong("--ca, --cert and --key are for mqtts://");
  }
  if (!secure) return out;
  if (files.authority.empty())
    return wrong("mqtts:// needs --ca FILE, the authority that signed the broker's certificate");
  if (files.certificate.empty() != files.key.empty()) return wrong("--cert and --key go together");
  auto tls = io::tls_context::client(files);
  if (!tls) return wrong(tls.error().text());
  out.tls = *std::move(tls);
  return out;
}

parsed<std::uint64_t> number(const invocation& called, std::string_view name, std::uint64_t otherwise,
                             std::uint64_t least, std::uint64_t most) {
  const auto n = called.whole_number(name, otherwise);
  if (n && *n >= least && *n <= most) return *n;
  return wrong(std::format("{} takes a whole number from {} to {}", name, least, most));
}

parsed<nanoseconds> duration(const invocation& called, std::string_view name, nanoseconds otherwise) {
  const auto text = called.text(name);
  const auto d = text ? node::parse_duration(*text) : otherwise;
  return d ? parsed<nanoseconds>(*d) : wrong(std::format("{} takes a duration: 5s, 500ms", name));
}

parsed<double> rate(const invocation& called) {
  const auto text = called.text("--rate");
  if (!text) return 0;
  double out = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (code == std::errc() && end == text->data() + text->size() && out > 0 && out <= 1e8) return out;
  return wrong("--rate takes a number above 0, a second");
}

/// Each option, or why it is wrong.
parsed<bench_plan> plan_of(const invocation& called, bench_pattern pattern) {
  const bool messages = pattern != bench_pattern::connect;
  bench_plan plan{.pattern = pattern, .to = {}};
  const auto to = endpoint_of(called);
  if (!to) return std::unexpected(to.error());
  plan.to = *to;
  const auto connections = number(called, "--connections",
                                  messages ? pattern == bench_pattern::fan_out ? 100 : 8 : 1000, 1, connections_most);
  const auto qos = number(called, "--qos", 0, 0, 2);
  const auto payload = number(called, "--size", 64, bench_client::payload_bytes_min, 128U << 10);
  const auto batch = number(called, "--batch", 1, 1, 1000);
  const auto window = number(called, "--window", batch.value_or(1), 1, window_most);
  const auto pid = number(called, "--pid", 0, 0, INT32_MAX);
  for (const auto* each : {&connections, &qos, &payload, &batch, &window, &pid}) {
    if (!*each) return std::unexpected(each->error());
  }
  if (*window < *batch) return wrong("--window must be at least --batch: a send is on its way as a whole");
  const auto per_second = rate(called);
  const auto lasts = duration(called, messages ? "--for" : "--hold", messages ? 5s : 2s);
  const auto warm_up = duration(called, "--warm-up", 500ms);
  if (!per_second) return std::unexpected(per_second.error());
  for (const auto* each : {&lasts, &warm_up}) {
    if (!*each) return std::unexpected(each->error());
  }
  if (*pid != 0 && !usage_of(*pid)) return wrong(std::format("--pid: there is no process {} here", *pid));
  plan.connections = *connections;
  plan.qos = static_cast<wire::mqtt::qos>(*qos);
  plan.payload_bytes = *payload;
  plan.batch = *batch;
  plan.window = *window;
  plan.pid = *pid;
  plan.rate = *per_second;
  plan.lasts = *lasts;
  plan.warm_up = *warm_up;
  return plan;
}

/// Every connection takes a file.
parsed<void> allow_connections(const bench_plan& plan) {
  constexpr std::size_t own = 32;  // files besides
  const auto allowed = allow_open_files();
  const auto wanted = plan.connections * (plan.pattern == bench_pattern::p2p ? 2 : 1) + own;
  if (wanted <= allowed) return {};
  return wrong(std::format("--connections: {} files may be open here (`ulimit -Hn`), {} are wanted", allowed, wanted));
}

double microseconds(nanoseconds d) { return static_cast<double>(d.count()) / 1000; }

std::string latency_text(const latency_histogram& of) {
  return std::format("p50 {:.0f} us  p90 {:.0f}  p99 {:.0f}  p99.9 {:.0f}  longest {:.0f}",
                     microseconds(of.percentile(0.5)), microseconds(of.percentile(0.9)),
                     microseconds(of.percentile(0.99)), microseconds(of.percentile(0.999)), microseconds(of.longest()));
}

std::string latency_json(const latency_histogram& of) {
  return std::format(R"({{"p50":{:.1f},"p90":{:.1f},"p99":{:.1f},"p99.9":{:.1f},"max":{:.1f}}})",
                     microseconds(of.percentile(0.5)), microseconds(of.percentile(0.9)),
                     microseconds(of.percentile(0.99)), microseconds(of.percentile(0.999)), microseconds(of.longest()));
}

double per_cpu_second(double things, double cpu_seconds) {
  constexpr double tick = 0.01;  // the system counts no finer
  return things / std::max(cpu_seconds, tick);
}

std::string optional_json(std::string_view name, const std::optional<double>& x) {
  return x ? std::format(R"(,"{}":{:.3f})", name, *x) : std::string();
}

void print_messages(const bench_outcome& o, bool json) {
  const auto both = static_cast<double>(o.in + o.out);
  std::optional<double> per_cpu;
  if (o.cpu_seconds) per_cpu = per_cpu_second(both, *o.cpu_seconds);
  if (json) {
    return print(std::format(R"({{"seconds":{:.3f},"in":{},"out":{},"lost":{},"latency_us":{}{}{}}})"
                             "\n",
                             o.seconds, o.in, o.out, o.lost, latency_json(o.latency),
                             optional_json("cpu_seconds", o.cpu_seconds), optional_json("per_cpu_second", per_cpu)));
  }
  std::string out =
      std::format("to the broker    {} messages, {:.0f} a second\n", o.in, static_cast<double>(o.in) / o.seconds);
  out += std::format("from the broker  {} messages, {:.0f} a second; {} lost\n", o.out,
                     static_cast<double>(o.out) / o.seconds, o.lost);
  out += std::format("latency          {}\n", latency_text(o.latency));
  if (per_cpu) {
    out +=
        std::format("its CPU          {:.2f} s: {:.0f} messages in and out per CPU-second\n", *o.cpu_seconds, *per_cpu);
  }
  print(out);
}

void print_connections(const bench_outcome& o, bool json) {
  const auto made = static_cast<double>(o.connected);
  std::optional<double> per_cpu;
  if (o.cpu_seconds) per_cpu = per_cpu_second(made, *o.cpu_seconds);
  if (json) {
    return print(std::format(R"({{"seconds":{:.3f},"connected":{},"latency_us":{}{}{}{}}})"
                             "\n",
                             o.seconds, o.connected, latency_json(o.latency),
                             optional_json("cpu_seconds", o.cpu_seconds), optional_json("per_cpu_second", per_cpu),
                             optional_json("resident_bytes_each", o.resident_bytes_each)));
  }
  std::string out = std::format("connected        {}, {:.0f} a second\n", o.connected, made / o.seconds);
  out += std::format("to CONNACK       {}\n", latency_text(o.latency));
  if (per_cpu) out += std::format("its CPU          {:.2f} s: {:.0f} per CPU-second\n", *o.cpu_seconds, *per_cpu);
  if (o.resident_bytes_each) out += std::format("its memory       {:.0f} bytes each\n", *o.resident_bytes_each);
  print(out);
}

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee bench mqtt: {}\n", sentence));
  return code;
}

exit_code run_pattern(const invocation& called, bench_pattern pattern) {
  const auto plan = plan_of(called, pattern);
  if (!plan) return refuse(exit_code::usage, plan.error().sentence);
  if (const auto ok = allow_connections(*plan); !ok) return refuse(exit_code::usage, ok.error().sentence);
  std::string complaint;
  const auto outcome = run_bench(*plan, complaint);
  if (!outcome) {
    return refuse(exit_code::unavailable, complaint.empty() ? outcome.error().text() : complaint);
  }
  if (pattern == bench_pattern::connect) {
    print_connections(*outcome, called.json());
  } else {
    print_messages(*outcome, called.json());
  }
  return exit_code::ok;
}

}  // namespace

exit_code run_bench_mqtt(const invocation&) {
  return refuse(exit_code::usage, "which? `perigee bench mqtt p2p`, `fan-in`, `fan-out` or `connect`");
}
exit_code run_bench_mqtt_fan_in(const invocation& called) { return run_pattern(called, bench_pattern::fan_in); }
exit_code run_bench_mqtt_fan_out(const invocation& called) { return run_pattern(called, bench_pattern::fan_out); }
exit_code run_bench_mqtt_p2p(const invocation& called) { return run_pattern(called, bench_pattern::p2p); }
exit_code run_bench_mqtt_connect(const invocation& called) { return run_pattern(called, bench_pattern::connect); }

}  // namespace perigee::cli
