// How a demo's site comes up: the node at the top first, which the others join, as those of a real site do.

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "cli/console.hpp"
#include "cli/demo_member.hpp"
#include "cli/join_text.hpp"
#include "cli/node_api.hpp"
#include "client/http_client.hpp"
#include "io/timer.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_step = 10ms;
constexpr auto start_patience = 30s;

/// A child of another, being made one: `perigee join`.
std::unique_ptr<demo_process> joining_process(const join_text& by, const std::string& home, std::string log) {
  std::vector<std::string> arguments{"join", to_line(by), "--folder", home};
  return std::make_unique<demo_process>(std::move(arguments), std::move(log));
}

}  // namespace

io::task<> demo_supervisor::bring_up() {
  services_.spawn("demo.signals", wait_for_signals());
  for (const auto& each : members_) {
    if (each->cable) services_.spawn("demo.cable", each->cable->run());
  }
  PG_CO_TRY_VOID(start_node(*members_.front()));
  PG_CO_TRY_VOID(co_await join_all());
  // Parents come before children: a child that its parent does not know yet would be refused.
  for (const auto& each : members_) {
    if (!each->process.running()) PG_CO_TRY_VOID(start_node(*each));
    if (each->node.tier == "fog") PG_CO_TRY_VOID(co_await introduce_children_of(*each));
  }
  co_return result<>();
}

result<> demo_supervisor::start_node(member& of) {
  PG_TRY_VOID(of.process.start());
  services_.spawn("demo.watch", watch(of));
  return {};
}

/// Each with a token of its own, and a key that is made in its own process.
io::task<> demo_supervisor::join_all() {
  const auto& top = *members_.front();
  PG_CO_TRY(const auto at, co_await answering(top));
  std::vector<std::unique_ptr<demo_process>> joining;
  for (const auto& each : members_) {
    if (each.get() == &top) continue;
    const auto& name = each->node.id;
    PG_CO_TRY(auto token, co_await create(at, "/api/v1/tokens", std::format(R"({{"for":"{}"}})", name)));
    const join_text by{.url = std::format("https://127.0.0.1:{}", top.node.est_port),
                       .token = std::move(token),
                       .name = name,
                       .fingerprint = root_fingerprint_};
    joining.push_back(joining_process(by, plan_.site.home(each->node), each->log_of(plan_.site)));
    PG_CO_TRY_VOID(joining.back()->start());
  }
  const auto deadline = clock::now() + start_patience;
  while (std::ranges::any_of(joining, [](const auto& each) { return each->running(); })) {
    if (stopping_ || clock::now() > deadline) co_return fail(errc::timed_out, "the nodes do not join");
    for (const auto& each : joining) {
      const auto status = each->reap();
      if (!status || *status == 0) continue;
      tell(std::format("joining {}: {}", describe_status(*status), each->last_words()));
      co_return fail(errc::refused, "a node does not join");
    }
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, look_step));
  }
  co_return result<>();
}

/// The parent lets in whom it knows.
io::task<> demo_supervisor::introduce_children_of(const member& parent) {
  PG_CO_TRY(const auto at, co_await answering(parent));
  for (const auto& each : members_) {
    if (each->node.parent != parent.node.id) continue;
    auto what = std::format(R"({{"name":"{}","kind":"node"}})", each->node.id);
    PG_CO_TRY_VOID(co_await create(at, "/api/v1/things", std::move(what)));
  }
  co_return result<>();
}

/// Where the node listens, as soon as it does.
io::task<node::run_info> demo_supervisor::answering(const member& of) {
  const auto deadline = clock::now() + start_patience;
  for (;;) {
    const auto info = node::read_run_file(io::real_disk(), plan_.site.home(of.node) + "/data");
    if (info && info->pid == of.process.pid()) co_return *info;
    reap();
    if (stopping_ || clock::now() > deadline) co_return fail(errc::timed_out, "a node does not start");
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, look_step));
  }
}

/// By the API, as an operator does. The secret of a token, where it is one.
io::task<std::string> demo_supervisor::create(const node::run_info& at, std::string path, std::string what) {
  io::endpoint node{at.api->address, at.api->port, at.api->transport == "tls" ? tls_ : nullptr};
  client::http_question question{.method = "POST",
                                 .path = std::move(path),
                                 .token = at.token,
                                 .type = "application/json",
                                 .body = std::move(what)};
  PG_CO_TRY(const auto made, co_await client::http_ask(on_, network_, std::move(node), std::move(question),
                                                       clock::now() + start_patience));
  boost::system::error_code ec;
  const auto body = boost::json::parse(made.body, ec);
  if (ec || made.status != 201 || !body.is_object())
    co_return fail(errc::malformed, "the demo's nodes cannot be made known");
  co_return text_of(body.get_object(), "secret");
}

}  // namespace perigee::cli
