#include "node/token_uses.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "access/credential.hpp"
#include "base/people_limits.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;

constexpr std::size_t day_bytes = std::string_view("2026-11-23").size();

}  // namespace

void token_uses::note(const crypto::digest& token, timestamp now) {
  const auto day = to_iso8601(now).substr(0, day_bytes);
  auto found = days_.find(token);
  if (found != days_.end() && found->second == day) return;
  if (found == days_.end() && days_.size() >= limits::people_token_uses_max) {
    days_.erase(std::ranges::min_element(days_, {}, [](const auto& each) { return each.second; }));
  }
  days_.insert_or_assign(token, day);
  ++generation_;
}

std::optional<std::string> token_uses::last(const crypto::digest& token) const {
  const auto found = days_.find(token);
  return found == days_.end() ? std::nullopt : std::optional(found->second);
}

std::string token_uses::to_json() const {
  json::object uses;
  for (const auto& [digest, day] : days_) uses[access::to_hexadecimal(digest)] = day;
  return json::serialize(json::object{{"version", 1}, {"uses", std::move(uses)}}) + "\n";
}

result<> token_uses::restore(std::string_view text) {
  boost::system::error_code ec;
  const auto parsed = json::parse(text, ec);
  const auto* object = ec ? nullptr : parsed.if_object();
  const auto* version = object == nullptr ? nullptr : object->if_contains("version");
  const auto* uses = object == nullptr ? nullptr : object->if_contains("uses");
  if (version == nullptr || *version != 1 || uses == nullptr || !uses->is_object()) {
    return fail(errc::malformed, "this does not tell when tokens were used, as version 1 does");
  }
  std::map<crypto::digest, std::string> found;
  for (const auto& [key, day] : uses->get_object()) {
    const auto digest = access::digest_in_hexadecimal(key);
    const bool good = digest && day.is_string() && from_iso8601(std::string(day.get_string()) + "T00:00:00Z");
    if (!good || found.size() >= limits::people_token_uses_max) {
      return fail(errc::malformed, "this does not tell when tokens were used, as version 1 does");
    }
    found.emplace(*digest, day.get_string());
  }
  days_ = std::move(found);
  return {};
}

}  // namespace perigee::node
