#include "readers/delivery/webhook.hpp"

#include <algorithm>
#include <array>
#include <format>

namespace perigee::readers::delivery {
namespace {

/// 400, 413, 415, 422 (RFC 9110 15.5): the same message will be refused again. 401, 403, 404 and the rest of them say
/// that the configuration is wrong, here or there, and a person may put that right.
constexpr std::array<unsigned, 4> refusals{400, 413, 415, 422};

std::vector<std::string> headers_of(const parcel& what) {
  return {"Content-Type: application/json",
          "ce-specversion: 1.0",
          "ce-type: perigee.decision",
          std::format("ce-source: /perigee/{}", what.node),
          std::format("ce-id: {}", what.id),
          std::format("ce-time: {}", to_iso8601(what.at)),
          std::format("Idempotency-Key: \"{}\"", what.id)};
}

}  // namespace

result<std::unique_ptr<webhook>> webhook::open(webhook_options options) {
  PG_TRY(auto http, client::transfers::open());
  return std::unique_ptr<webhook>(new webhook(std::move(http), std::move(options)));  // tidy: new — private
}

verdict webhook::carry(const parcel& what) {
  client::post_order order{
      .url = options_.url, .headers = headers_of(what), .trust = options_.trust, .timeout = options_.timeout};
  if (options_.token) {
    const auto token = options_.token();
    if (!token) return {verdict::kind::later, {}, "its token cannot be read: " + token.error().text()};
    order.headers.push_back("Authorization: Bearer " + *token);
  }
  return judge_http(http_->post(order, what.payload));
}

verdict judge_http(const client::transfer_outcome& came) {
  if (!came.failure.empty()) return {verdict::kind::later, {}, came.failure};
  if (came.code >= 200 && came.code < 300) return {};
  const bool final = std::ranges::contains(refusals, came.code);
  return {final ? verdict::kind::never : verdict::kind::later, came.retry_after,
          std::format("it answers {}", came.code)};
}

}  // namespace perigee::readers::delivery
