#include "node/client_rights.hpp"

#include <functional>

#include "access/filter.hpp"
#include "base/limits.hpp"
#include "node/gate.hpp"

namespace perigee::node {

using wire::mqtt::reason;

namespace {

constexpr std::size_t verdicts_at_first = 4;
constexpr std::size_t topic_bytes_kept = 128;  // a longer one is decided each time
static_assert(limits::access_verdicts_max % verdicts_at_first == 0);

/// The node's own, which knows its children by their certificates: no policy speaks about it.
bool is_nodes_own(std::string_view topic) { return topic.starts_with("$perigee/"); }

}  // namespace

client_rights::client_rights(gate& of, access::principal who, bool is_user, const std::optional<crypto::digest>& token)
    : gate_(of), who_(std::move(who)), token_(token), is_user_(is_user) {
  follow_reloads();
}

void client_rights::follow_reloads() {
  if (generation_ == gate_.generation()) return;
  generation_ = gate_.generation();
  const auto& lists = *gate_.lists();
  who_ = make_principal(lists, who_.client_id, is_user_ ? who_.name : std::string(), who_.certificate);
  restricted_ = lists.policy.restricts();
  receiving_is_limited_ = lists.policy.limits_receiving(who_);
  verdicts_.clear();
}

bool client_rights::may_publish(std::string_view topic) {
  follow_reloads();
  return !restricted_ || decide(access::action::publish, topic);
}

bool client_rights::may_receive(std::string_view topic) {
  follow_reloads();
  return !receiving_is_limited_ || decide(access::action::receive, topic);
}

bool client_rights::may_subscribe(std::string_view filter) {
  follow_reloads();
  if (!restricted_ || is_nodes_own(filter)) return true;
  const auto asked = access::without_share(filter);
  return !asked.empty() && gate_.lists()->policy.decide(who_, access::action::subscribe, asked).allowed;
}

bool client_rights::decide(access::action what, std::string_view topic) {
  if (is_nodes_own(topic)) return true;
  const auto& policy = gate_.lists()->policy;
  if (topic.size() > topic_bytes_kept) return policy.decide(who_, what, topic).allowed;
  if (verdicts_.empty()) verdicts_.resize(verdicts_at_first);
  const auto hash = std::hash<std::string_view>()(topic);
  auto* slot = &verdicts_[hash % verdicts_.size()];
  if (slot->what == what && slot->topic == topic && !topic.empty()) return slot->allowed;
  const bool allowed = policy.decide(who_, what, topic).allowed;
  if (!slot->topic.empty() && verdicts_.size() < limits::access_verdicts_max) {
    const auto more = 2 * verdicts_.size();
    verdicts_.clear();
    verdicts_.resize(more);
    slot = &verdicts_[hash % more];
  }
  slot->topic = topic;
  slot->what = what;
  slot->allowed = allowed;
  return allowed;
}

reason client_rights::standing() const {
  const auto& lists = *gate_.lists();
  const auto* entry = lists.users.find(who_.name);
  if (entry != nullptr && entry->disabled) return reason::not_authorized;
  if (is_user_ && entry == nullptr) return reason::not_authorized;
  if (token_) {
    const auto found = lists.users.find_token(*token_);
    const bool holds = found.of == entry && (!found.with->expires || *found.with->expires > clock::wall());
    if (!holds) return reason::not_authorized;
  }
  const auto now = make_principal(lists, who_.client_id, is_user_ ? who_.name : std::string(), who_.certificate);
  if (!lists.policy.unfit_variable(now).empty()) return reason::not_authorized;
  return reason::success;
}

}  // namespace perigee::node
