#include "node/application_routes.hpp"

#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "node/registry_answers.hpp"

namespace perigee::node {
namespace {

namespace registry = control::registry;
using api::answer;
using api::request;
using place = api::parameter::place;

io::task<answer> list(things& of, request asked) {
  const auto most = limit_of(asked);
  using rows = std::vector<registry::application>;
  co_return co_await tell<rows>(
      of, [after = text_of(asked, "after"), most](registry::registry& in) { return in.applications(after, most + 1); },
      [most](const rows& found) {
        return page_of(
            "enrolments", found, most, [](const auto& one) { return to_json(one); },
            [](const auto& one) { return one.id; });
      });
}

io::task<answer> decide(things& of, request asked, registry::decision word) {
  log::info("api", "the enrolment {} is {} by {}", asked.captured.front(), registry::name_of(word), asked.who.text());
  co_return co_await tell<registry::application>(
      of,
      [word, id = asked.captured.front(), by = actor_of(asked)](registry::registry& in) {
        return in.decide(id, word, by);
      },
      [](const auto& one) { return to_json(one); });
}

}  // namespace

api::routes application_routes(things& of) {
  using enum api::access;
  const std::string path = "/api/v1/enrolments";
  const auto id = api::text_parameter("id", "of the enrolment", limits::identity_name_bytes_max).within(place::path);
  const auto why = api::text_parameter("why", "why, for the audit", limits::registry_why_bytes_max).within(place::body);
  const auto by = [&of](registry::decision word) {
    return [&of, word](request asked) { return decide(of, std::move(asked), word); };
  };
  static const auto list_notation = "{enrolments:[" + std::string(application_notation) + "],next:text?}";
  return {
      {"GET",
       path,
       [&of](request asked) { return list(of, std::move(asked)); },
       viewers,
       {"Enrolments that wait for an operator, or did", api::with_page({}), list_notation}},
      {"POST",
       path + "/{id}/approve",
       by(registry::decision::approved),
       operators,
       {"Let an enrolment pass", {id, why}, application_notation}},
      {"POST",
       path + "/{id}/deny",
       by(registry::decision::denied),
       operators,
       {"Refuse an enrolment", {id, why}, application_notation}},
  };
}

}  // namespace perigee::node
