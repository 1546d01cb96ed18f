#include "node/deliveries.hpp"

#include <format>

#include "base/log.hpp"
#include "io/shard.hpp"
#include "readers/delivery/email.hpp"
#include "readers/delivery/webhook.hpp"

namespace perigee::node {
namespace {

namespace delivery = readers::delivery;

std::string first_line(std::string text) { return text.substr(0, text.find_first_of("\r\n")); }

std::function<result<std::string>()> reading_of(const std::optional<secret>& from) {
  if (!from) return {};
  return [from = *from] { return from.read().transform(first_line); };
}

/// What may be shown of a URL: whoever knows the rest of it may be let in.
std::string shown(const std::string& url) {
  const auto host = url.find("://");
  return host == std::string::npos ? url : url.substr(0, url.find_first_of("/?", host + 3));
}

result<std::unique_ptr<delivery::carrier>> open(const webhook_config& w) {
  delivery::webhook_options options{.url = w.url, .timeout = w.timeout, .token = reading_of(w.token)};
  if (w.secret_url) {
    PG_TRY(options.url, w.secret_url->read().transform(first_line));
  }
  options.trust = {w.authority.value_or(""), w.certificate.value_or(""), w.key.value_or("")};
  return delivery::webhook::open(std::move(options));
}

result<std::unique_ptr<delivery::carrier>> open(const email_config& e) {
  delivery::email_options options{.url = e.url,
                                  .in_the_clear = e.in_the_clear,
                                  .trust = {.authority = e.authority.value_or("")},
                                  .timeout = e.timeout,
                                  .user = e.user.value_or(""),
                                  .password = reading_of(e.password),
                                  .from = e.from,
                                  .to = e.to};
  return delivery::email::open(std::move(options));
}

}  // namespace

rules::destinations destinations_of(const config& chosen) {
  rules::destinations out;
  for (const auto& each : chosen.webhooks) out.push_back("webhook/" + each.name);
  for (const auto& each : chosen.emails) out.push_back("email/" + each.name);
  return out;
}

result<std::unique_ptr<deliveries>> deliveries::open(io::shard& on, journal::journal& log, quarantine::keeper& aside,
                                                     const config& chosen, prng& random) {
  auto made = std::make_unique<deliveries>();
  const auto add = [&](std::string_view form, const auto& each) -> result<> {
    PG_TRY(auto by, node::open(each));
    const auto name = std::format("{}/{}", form, each.name);
    PG_TRY(auto opened, delivery::delivery::open(on, on.make_worker("delivery"), log, std::move(by),
                                                 {.name = name,
                                                  .topic = std::string(rules::delivery_prefix) + name,
                                                  .node = chosen.node_id,
                                                  .peer = shown(each.url),
                                                  .pause_first = each.retry_min,
                                                  .pause_max = each.retry_max,
                                                  .give_up = each.give_up,
                                                  .seed = random.next(),
                                                  .aside = aside}));
    made->all_.push_back(std::move(opened));
    return {};
  };
  for (const auto& each : chosen.webhooks) PG_TRY_VOID(add("webhook", each));
  for (const auto& each : chosen.emails) PG_TRY_VOID(add("email", each));
  // Nobody waits for what is left of a destination that was taken away, and its cursor would hold back retention.
  for (const auto* form : {"webhook.", "email."}) {
    for (const auto& name : log.forget_idle_cursors(form, model::lane::event)) {
      log::warn("node", "{} is not configured any more: what was not delivered stays undelivered", name);
    }
  }
  return made;
}

void deliveries::start(io::scope& services) {
  for (auto& each : all_) services.spawn("readers.delivery", each->run());
}

std::vector<client::link_state> deliveries::states() const {
  std::vector<client::link_state> out;
  for (const auto& each : all_) out.push_back(each->state());
  return out;
}

}  // namespace perigee::node
