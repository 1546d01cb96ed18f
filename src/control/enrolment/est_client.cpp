#include "control/enrolment/est_client.hpp"

#include <boost/json.hpp>
#include <format>

#include "base/printable.hpp"
#include "client/http_date.hpp"
#include "control/enrolment/est.hpp"
#include "crypto/base64.hpp"
#include "io/tls_without_clock.hpp"

namespace perigee::control::enrolment {
namespace {

using namespace std::chrono_literals;
using client::http_answer;

constexpr auto patience = 15s;
constexpr std::size_t shown_bytes_max = 400;

std::string path_of(est_label as, std::string_view operation) {
  return std::format("/.well-known/est/{}/{}", as == est_label::node ? "node" : "gateway", operation);
}

/// What a problem (RFC 9457) says in its title and detail; of anything else its beginning.
std::string sentence_in(const std::string& body) {
  boost::system::error_code failed;
  const auto read = boost::json::parse(body, failed);
  const auto* members = failed ? nullptr : read.if_object();
  std::string out;
  for (const auto* each : {"title", "detail"}) {
    const auto* said = members == nullptr ? nullptr : members->if_contains(each);
    if (said != nullptr && said->is_string()) out += (out.empty() ? "" : " ") + std::string(said->get_string());
  }
  return printable((out.empty() ? body : out).substr(0, shown_bytes_max));
}

est_answer with_status(const http_answer& from) {
  est_answer out{.status = from.status, .date = std::string(field_of(from, "Date"))};
  if (!out.is_good()) out.why = std::format("it answers {}: {}", from.status, sentence_in(from.body));
  return out;
}

result<est_answer> with_chain(const http_answer& from) {
  auto out = with_status(from);
  if (!out.is_good()) return out;
  PG_TRY(out.chain, read_bundle(from.body));
  return out;
}

/// {"mqtts":8883}, where the parent listens so.
std::optional<std::uint16_t> mqtts_port_in(std::string_view body) {
  boost::system::error_code failed;
  const auto read = boost::json::parse(body, failed);
  const auto* members = failed ? nullptr : read.if_object();
  const auto* port = members == nullptr ? nullptr : members->if_contains("mqtts");
  const auto* number = port == nullptr ? nullptr : port->if_int64();
  if (number == nullptr || *number < 1 || *number > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

io::task<http_answer> est_client::ask(client::http_question asked, tls over) {
  io::endpoint to{.host = to_.host, .port = to_.port, .tls = std::move(over)};
  co_return co_await client::http_ask(on_, network_, std::move(to), std::move(asked), clock::now() + patience);
}

io::task<est_answer> est_client::post(std::string path, std::string request, std::string authorization, tls over) {
  client::http_question asked{.method = "POST",
                              .path = std::move(path),
                              .token = "",
                              .type = std::string(request_type),
                              .body = body_of_request(request),
                              .authorization = std::move(authorization)};
  PG_CO_TRY(const auto answer, co_await ask(std::move(asked), std::move(over)));
  co_return with_chain(answer);
}

io::task<est_answer> est_client::authorities(tls over) {
  PG_CO_TRY(const auto answer, co_await ask({"GET", path_of(est_label::node, "cacerts"), ""}, std::move(over)));
  co_return with_chain(answer);
}

io::task<est_answer> est_client::enrol(tls over, est_label as, std::string name, std::string token,
                                       std::string request) {
  auto shown = "Basic " + crypto::to_base64(as_bytes(name + ":" + token), crypto::padding::with);
  co_return co_await post(path_of(as, "simpleenroll"), std::move(request), std::move(shown), std::move(over));
}

io::task<est_answer> est_client::renew(tls over, est_label as, std::string request) {
  co_return co_await post(path_of(as, "simplereenroll"), std::move(request), "", std::move(over));
}

io::task<est_answer> est_client::prove(tls over) {
  PG_CO_TRY(const auto answer, co_await ask({"GET", "/.well-known/perigee/identity", ""}, std::move(over)));
  auto out = with_status(answer);
  if (out.is_good()) out.mqtts_port = mqtts_port_in(answer.body);
  co_return out;
}

io::task<timestamp> est_client::time(std::string authority) {
  const io::tls_files trusted{.certificate = {}, .key = {}, .authority = std::move(authority)};
  PG_CO_TRY(auto timeless, io::tls_client_at(trusted, std::nullopt));
  PG_CO_TRY(const auto told, co_await authorities(std::move(timeless)));
  const auto date = client::read_http_date(told.date);
  if (!date) co_return fail(errc::malformed, "the parent does not say what time it is");
  PG_CO_TRY(auto then, io::tls_client_at(trusted, *date));
  PG_CO_TRY_VOID(co_await authorities(std::move(then)));
  co_return *date;
}

}  // namespace perigee::control::enrolment
