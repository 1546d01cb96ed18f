#include "cli/demo_supervisor.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <format>

#include "cli/console.hpp"
#include "cli/demo_member.hpp"
#include "cli/page_link.hpp"
#include "client/http_client.hpp"
#include "io/signals.hpp"
#include "io/timer.hpp"
#include "node/run_file.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_step = 50ms;
constexpr auto watch_step = 500ms;
constexpr auto watch_patience = 2s;
constexpr auto drain_patience = 120s;
constexpr auto settled_for = 3s;
constexpr auto stop_patience = 10s;

}  // namespace

demo_supervisor::demo_supervisor(io::shard& on, io::network& network, demo_plan plan, demo_control control)
    : on_(on), network_(network), plan_(std::move(plan)), control_(std::move(control)), services_(on) {}

demo_supervisor::~demo_supervisor() = default;

result<> demo_supervisor::prepare() {
  auto& site = plan_.site;
  PG_TRY_VOID(choose_ports(site));
  for (auto& node : site.nodes) {
    std::unique_ptr<demo_relay> cable;
    if (!node.parent.empty()) {
      PG_TRY(auto acceptor, network_.listen({.host = "127.0.0.1", .port = 0, .tls = nullptr}));
      node.cable_port = acceptor->port();
      cable = std::make_unique<demo_relay>(on_, network_, std::move(acceptor), site.find(node.parent)->tls_port);
    }
    members_.push_back(std::make_unique<member>(site, node));
    members_.back()->cable = std::move(cable);
  }
  PG_TRY(root_fingerprint_, write_site(site, clock::wall()));
  const auto& folder = site.folder;
  PG_TRY(tls_, io::tls_context::client({folder + "/operator.crt", folder + "/operator.key", folder + "/ca.crt"}));
  complain(std::format(
      "perigee demo: a site of {} nodes\n  folder    {}\n  identity  the nodes join the cloud, whose root is {}\n",
      site.nodes.size(), folder, folder + "/ca.crt"));
  for (const auto& node : site.nodes) {
    complain(
        std::format("  {:<9} mqtt 127.0.0.1:{}   api http://127.0.0.1:{}\n", node.id, node.mqtt_port, node.api_port));
  }
  return {};
}

io::task<> demo_supervisor::run() {
  auto ended = co_await bring_up();
  if (stopping_) ended = {};  // somebody, or a node that ended: `code_` says it
  started_ = clock::now();
  shown_ = started_;
  if (ended) ended = co_await live();
  const bool whole = plan_.duration && !stopping_;  // nobody ended it before its time
  if (ended && whole) ended = co_await drain();
  if (const auto stopped = co_await stop_nodes(); ended) ended = stopped;
  (void)co_await services_.close();
  if (ended && whole && code_ == exit_code::ok) ended = finish();
  co_return ended;
}

/// Until the time is up, or someone ends it.
io::task<> demo_supervisor::live() {
  while (!stopping_ && !(plan_.duration && clock::now() - started_ >= *plan_.duration)) {
    tick();
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, tick_step));
  }
  co_return result<>();
}

void demo_supervisor::tick() {
  reap();
  follow_script();
  control_.poll([this](const std::string& line) { return answer(line); });
  show();
}

void demo_supervisor::reap() {
  for (const auto& each : members_) {
    const auto status = each->process.reap();
    if (!status) continue;
    each->forget();
    if (!each->wanted || stopping_) continue;
    tell(std::format("{} {}: {}", each->node.id, describe_status(*status), each->process.last_words()));
    code_ = exit_code::unavailable;
    stopping_ = true;
  }
}

void demo_supervisor::follow_script() {
  if (draining_) return;
  while (next_step_ < plan_.script.size() && clock::now() - started_ >= plan_.script[next_step_].at) {
    const auto& step = plan_.script[next_step_++];
    tell(std::format("{} {}: {}", name_of(step.verb), step.node, apply(step.verb, step.node)));
  }
}

/// The sensors fall silent, everything is whole again, and what waits anywhere goes up.
io::task<> demo_supervisor::drain() {
  draining_ = true;
  tell("the time is up: the sensors stop, the backlog drains");
  for (const auto& each : members_) {
    if (each->cable && each->cable->is_cut()) each->cable->heal();
    if (!each->process.running()) (void)apply(demo_verb::start, each->node.id);
  }
  const auto deadline = clock::now() + drain_patience;
  while (!drained() && !stopping_) {
    if (clock::now() > deadline) {
      code_ = exit_code::unavailable;
      co_return fail(errc::timed_out, "the backlog does not drain");
    }
    tick();
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, tick_step));
  }
  co_return result<>();
}

bool demo_supervisor::drained() const {
  const auto now = clock::now();
  return std::ranges::all_of(members_, [&](const auto& each) {
    if (!each->status || now - each->answered > watch_patience) return false;
    const auto& status = *each->status;
    const bool up = !status.link || (status.link->connected && status.link->waiting == 0);
    return up && status.behind == 0 && now - each->settled > settled_for;
  });
}

/// Asked in parallel, so that one that hangs delays nobody.
io::task<> demo_supervisor::watch(member& of) {
  auto& disk = io::real_disk();
  const auto data = plan_.site.home(of.node) + "/data";
  for (;;) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, watch_step));
    const auto pid = of.process.pid();
    const auto info = node::read_run_file(disk, data);
    if (!of.process.running() || !info || info->pid != pid) continue;
    auto status = co_await ask_status(on_, network_, *info, tls_, clock::now() + watch_patience);
    if (!status || of.process.pid() != pid) continue;
    const bool edge = of.node.tier == "edge";
    const auto values = values_of(of, *status);
    const auto rate = of.note(std::move(*status), values, clock::now());
    if (of.node.parent.empty()) stored_per_s_max_ = std::max(stored_per_s_max_, rate);
    if (!plan_.duration && !std::exchange(of.page_told, true)) (void)co_await tell_page(of, *info);
    // A node that answers has its signal handlers; before, this would kill it.
    if (draining_ && edge) of.process.signal(SIGUSR1);
  }
}

/// A link that signs in, for whoever watches.
io::task<> demo_supervisor::tell_page(const member& of, node::run_info at) {
  io::endpoint node{at.api->address, at.api->port, at.api->transport == "tls" ? tls_ : nullptr};
  client::http_question question{"POST", "/api/v1/session/tokens", at.token};
  PG_CO_TRY(const auto made, co_await client::http_ask(on_, network_, std::move(node), std::move(question),
                                                       clock::now() + watch_patience));
  boost::system::error_code ec;
  const auto body = boost::json::parse(made.body, ec);
  if (ec || made.status != 201 || !body.is_object()) co_return fail(errc::malformed, "no token for the page");
  tell(std::format("{}'s page: {}", of.node.id, page_link(at, text_of(body.get_object(), "token"))));
  co_return result<>();
}

io::task<> demo_supervisor::wait_for_signals() {
  io::signals all(on_, {SIGINT, SIGTERM, SIGHUP});
  PG_CO_TRY(const auto which, co_await all.next());
  tell(std::format("signal {}: taking the site down", which));
  stopping_ = true;
  co_return result<>();
}

/// SIGTERM for all, and SIGKILL for what is left after a while.
io::task<> demo_supervisor::stop_nodes() {
  stopping_ = true;
  for (const auto& each : members_) each->process.signal(SIGTERM);
  const auto deadline = clock::now() + stop_patience;
  const auto any_runs = [this] { return std::ranges::any_of(members_, [](auto& m) { return m->process.running(); }); };
  while (any_runs() && clock::now() < deadline) {
    reap();
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, tick_step));
  }
  for (const auto& each : members_) {
    if (each->process.running()) tell(std::format("{} does not stop and is killed", each->node.id));
    each->process.signal(SIGKILL);
  }
  co_return result<>();
}

}  // namespace perigee::cli
