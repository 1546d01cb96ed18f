// Any text as a user file and as a policy file: refused with errors that point into it, or read; and what was read is
// written back as the same, and decides without harm.

#include <cstdint>

#include "access/filter.hpp"
#include "access/policy.hpp"
#include "access/users.hpp"
#include "base/check.hpp"
#include "wire/mqtt/topic.hpp"

namespace {

using namespace perigee;
using namespace perigee::access;

void try_users(std::string_view text) {
  const auto users = user_list::parse({"users.toml", text});
  if (!users) return PG_CHECK(!users.error().empty(), "a refusal says why");
  for (const auto& one : users->all()) {
    PG_CHECK(users->find(one.name) == &one, "a user is found by its name");
    const auto written = to_toml(one);
    const auto again = user_list::parse({"again", written});
    PG_CHECK(again && again->all().size() == 1 && to_toml(again->all()[0]) == written,
             "a user is written as it is read");
    const auto edited = with_user({"users.toml", text}, one);
    if (!edited) continue;
    const auto read = user_list::parse({"edited", *edited});
    PG_CHECK(read && read->all().size() == users->all().size(), "an edit keeps the other users");
  }
}

void try_policy(std::string_view text) {
  const auto p = policy::parse({"policy.toml", text});
  if (!p) return PG_CHECK(!p.error().empty(), "a refusal says why");
  const principal who{.name = "alice", .certificate = "a+b", .client_id = "c/#", .thing = "t", .groups = {"g", "h"}};
  for (const auto& rule : p->rules()) {
    for (const auto& topics : rule.topics) {
      for (const auto& each : topics) {
        const auto asked = each.text.substr(0, each.text.find('$'));
        if (wire::mqtt::is_topic_name(asked)) (void)p->decide(who, action::publish, asked);
        if (!wire::mqtt::is_topic_filter(asked)) continue;
        (void)p->decide(who, action::subscribe, asked);
        PG_CHECK(covers(asked, asked) && overlap(asked, asked), "a filter covers itself");
      }
    }
  }
  (void)p->unfit_variable(who);
  (void)p->redirected(who);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_users(text);
  try_policy(text);
  return 0;
}
