#include "node/demo_routes.hpp"

#include <boost/json.hpp>
#include <format>

#include "api/json_answer.hpp"
#include "io/scope.hpp"
#include "io/timer.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
using api::answer;
using api::request;

constexpr auto patience = 3s;
constexpr std::size_t line_bytes_max = 4096;

io::task<> close_late(io::shard& on, io::stream& stream, clock::time_point deadline) {
  PG_CO_TRY_VOID(co_await io::sleep_for(on, deadline - clock::now()));
  stream.close();
  co_return result<>();
}

io::task<std::string> read_line(io::stream& stream) {
  std::string line;
  byte_buffer block(512);
  while (!line.contains('\n') && line.size() < line_bytes_max) {
    PG_CO_TRY(const auto n, co_await stream.read_some(block));
    line += as_text(byte_view(block).first(n));
  }
  line.resize(std::min(line.find('\n'), line.size()));
  co_return line;
}

/// One line for one line.
io::task<std::string> ask(io::shard& on, io::network& network, const std::string& socket, std::string line) {
  const auto deadline = clock::now() + patience;
  io::endpoint at{.host = {}, .port = 0, .tls = nullptr};
  at.path = socket;
  PG_CO_TRY(const auto stream, co_await network.connect(at, deadline));
  io::scope watching(on);
  watching.spawn("api", close_late(on, *stream, deadline));
  line += '\n';
  auto said = co_await stream->write(as_bytes(line));
  result<std::string> heard = fail(errc::closed, "the demo does not listen");
  if (said) heard = co_await read_line(*stream);
  (void)co_await watching.close();
  co_return heard;
}

answer gone() { return api::problem(503, "The demo that started this node does not answer."); }

io::task<answer> show(io::shard& on, io::network& network, std::string socket) {
  const auto heard = co_await ask(on, network, socket, "state");
  if (!heard && is(heard.error(), errc::cancelled)) co_return std::unexpected(heard.error());
  if (!heard || !heard->starts_with('{')) co_return gone();
  co_return answer{200, "application/json", *heard + "\n"};
}

io::task<answer> change(io::shard& on, io::network& network, std::string socket, std::string verb, request asked) {
  const auto heard = co_await ask(on, network, socket, std::format("{} {}", verb, *asked.given.text("name")));
  if (!heard && is(heard.error(), errc::cancelled)) co_return std::unexpected(heard.error());
  if (!heard) co_return gone();
  if (!heard->starts_with("ok")) {
    co_return api::problem(
        {.status = 404, .title = "There is no such cable.", .type = "/problems/not-found", .detail = *heard});
  }
  co_return co_await show(on, network, socket);
}

}  // namespace

api::routes demo_routes(io::shard& on, io::network& network, std::string socket) {
  constexpr std::string_view shape =
      "{links:[{name:text,cut:bool}],counters:{sent:whole,arrived:whole,lost:whole,doubled:whole}}";
  const std::string path = "/api/v1/demo";
  const auto name = api::text_parameter("name", "of the node below the cable", 64).within(api::parameter::place::path);
  api::routes out{{"GET",
                   path,
                   [&on, &network, socket](const request&) { return show(on, network, socket); },
                   api::access::known_peer,
                   {"The cables and counts of the demo that started this node", {}, shape}}};
  for (const std::string verb : {"cut", "heal"}) {
    out.push_back(
        {"POST",
         std::format("{}/links/{{name}}/{}", path, verb),
         [&on, &network, socket, verb](request asked) { return change(on, network, socket, verb, std::move(asked)); },
         api::access::operators,
         {verb == "cut" ? "Cut a cable of the demo" : "Heal a cable of the demo", {name}, shape}});
  }
  return out;
}

}  // namespace perigee::node
