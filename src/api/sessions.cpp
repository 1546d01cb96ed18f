#include "api/sessions.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <format>

#include "base/limits.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto token_life = 10min;
constexpr auto invitation_life = 1h;
constexpr auto session_life = 12h;
constexpr auto idle_max = 1h;
constexpr std::string_view local_name = "local admin";  // no user's: it has a space

std::string hexadecimal(byte_view bytes) {
  std::string out;
  for (const auto b : bytes) std::format_to(std::back_inserter(out), "{:02x}", b);
  return out;
}

std::optional<crypto::digest> digest_in(std::string_view text) {
  crypto::digest out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return out;
}

crypto::digest digest_of(std::string_view key) { return crypto::sha256(as_bytes(key)); }

session seen_by_owner(std::string_view key, std::string_view user, timestamp expires) {
  return {std::string(user.empty() ? local_name : user),
          hexadecimal(crypto::hmac_sha256(as_bytes(key), as_bytes("csrf"))), expires, user.empty()};
}

}  // namespace

sessions::sessions(std::string secret, std::function<void()> changed, std::string_view owner)
    : secret_(std::move(secret)),
      changed_(std::move(changed)),
      cookie_(owner.empty() ? "perigee_session" : std::format("perigee_session_{}", owner)) {}

std::string sessions::draw(std::string_view what) {
  return hexadecimal(crypto::hmac_sha256(as_bytes(secret_), as_bytes(std::format("{} {}", what, ++drawn_))));
}

timestamp sessions::end_of(const kept& k) { return std::min(k.expires, k.used + idle_max); }

void sessions::forget_old(timestamp now) {
  std::erase_if(open_, [now](const auto& each) { return end_of(each.second) <= now; });
  std::erase_if(tokens_, [now](const auto& each) { return each.second.expires <= now; });
}

void sessions::tell() const {
  if (changed_) changed_();
}

sessions::one_time_token sessions::make_token(timestamp now) { return keep({{}, now + token_life}, now); }

sessions::one_time_token sessions::invite(std::string_view user, timestamp now) {
  std::erase_if(tokens_, [user](const auto& each) { return each.second.user == user; });
  return keep({std::string(user), now + invitation_life}, now);
}

sessions::one_time_token sessions::keep(invitation made, timestamp now) {
  forget_old(now);
  if (tokens_.size() >= limits::http_tokens_max) {
    tokens_.erase(std::ranges::min_element(tokens_, {}, [](const auto& each) { return each.second.expires; }));
  }
  one_time_token out{draw("token"), made.expires};
  tokens_[digest_of(out.text)] = std::move(made);
  return out;
}

std::optional<invitation> sessions::find_invitation(std::string_view token, timestamp now) const {
  const auto found = tokens_.find(digest_of(token));
  if (found == tokens_.end() || found->second.expires <= now) return std::nullopt;
  return found->second;
}

bool sessions::spend(std::string_view token) { return tokens_.erase(digest_of(token)) != 0; }

void sessions::give_back(std::string_view token, invitation unused) {
  tokens_.insert_or_assign(digest_of(token), std::move(unused));
}

std::optional<sessions::opened> sessions::redeem(std::string_view token, timestamp now) {
  const auto found = find_invitation(token, now);
  if (!found || !found->user.empty() || !spend(token)) return std::nullopt;
  return begin({}, now);
}

sessions::opened sessions::open(std::string_view user, timestamp now) { return begin(std::string(user), now); }

sessions::opened sessions::begin(std::string user, timestamp now) {
  forget_old(now);
  if (open_.size() >= limits::http_sessions_max) {
    open_.erase(std::ranges::min_element(open_, {}, [](const auto& each) { return end_of(each.second); }));
  }
  auto key = draw("session");
  const auto expires = now + session_life;
  auto what = seen_by_owner(key, user, expires);
  open_[digest_of(key)] = {std::move(user), expires, now};
  tell();
  return {std::move(key), std::move(what)};
}

std::optional<session> sessions::use(std::string_view key, timestamp now) {
  if (key.empty()) return std::nullopt;
  const auto found = open_.find(digest_of(key));
  if (found == open_.end()) return std::nullopt;
  if (end_of(found->second) <= now) {
    open_.erase(found);
    tell();
    return std::nullopt;
  }
  found->second.used = now;
  return seen_by_owner(key, found->second.user, found->second.expires);
}

void sessions::close(std::string_view key) {
  if (open_.erase(digest_of(key)) != 0) tell();
}

void sessions::close_users(function_ref<bool(std::string_view user)> may_stay) {
  const auto goes = [&](const auto& each) { return !each.second.user.empty() && !may_stay(each.second.user); };
  if (std::erase_if(open_, goes) != 0) tell();
}

std::string sessions::to_json() const {
  json::array all;
  for (const auto& [digest, each] : open_) {
    all.push_back({{"digest", hexadecimal(digest)}, {"user", each.user}, {"expires", to_iso8601(each.expires)}});
  }
  return json::serialize(json::object{{"version", 1}, {"sessions", std::move(all)}}) + "\n";
}

result<> sessions::restore(std::string_view text, timestamp now) {
  const auto malformed = [] { return fail(errc::malformed, "these are no sessions of version 1"); };
  boost::system::error_code ec;
  const auto parsed = json::parse(text, ec);
  if (ec || !parsed.is_object()) return malformed();
  const auto* version = parsed.get_object().if_contains("version");
  const auto* all = parsed.get_object().if_contains("sessions");
  if (version == nullptr || *version != 1 || all == nullptr || !all->is_array()) return malformed();
  std::map<crypto::digest, kept> found;
  for (const auto& each : all->get_array()) {
    if (!each.is_object()) return malformed();
    const auto member = [&](std::string_view name) -> std::string {
      const auto* value = each.get_object().if_contains(name);
      return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    const auto digest = digest_in(member("digest"));
    const auto expires = from_iso8601(member("expires"));
    if (!digest || !expires || found.size() >= limits::http_sessions_max) return malformed();
    // The clock may have been set back since.
    found[*digest] = {member("user"), std::min(*expires, now + session_life), now};
  }
  open_ = std::move(found);
  forget_old(now);
  return {};
}

}  // namespace perigee::api
