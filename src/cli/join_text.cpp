#include "cli/join_text.hpp"

#include <algorithm>
#include <format>

#include "client/https_address.hpp"
#include "identity/names.hpp"

namespace perigee::cli {
namespace {

constexpr std::string_view mark = "/#join=";

std::string_view take_until_comma(std::string_view& from) {
  const auto out = from.substr(0, from.find(','));
  from.remove_prefix(std::min(out.size() + 1, from.size()));
  return out;
}

bool is_fingerprint(std::string_view text) {
  constexpr std::size_t digits = 64;
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string to_line(const join_text& from) {
  return std::format("{}{}{},{},{}", from.url, mark, from.token, from.name, from.fingerprint);
}

std::optional<join_text> read_join_line(std::string_view line) {
  const auto at = line.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  join_text out{.url = std::string(line.substr(0, at)), .token = {}, .name = {}, .fingerprint = {}};
  auto rest = line.substr(at + mark.size());
  out.token = take_until_comma(rest);
  out.name = take_until_comma(rest);
  out.fingerprint = rest;
  return out;
}

std::expected<join_text, std::string> join_text_of(const invocation& called) {
  const auto first = *called.text("url");
  auto out = read_join_line(first);
  if (!out) out = join_text{first, called.text("token").value_or(""), called.text("name").value_or(""), {}};
  // Behind the line, a name may follow: the token may be for several nodes.
  if (!called.text("name") && read_join_line(first) && called.text("token")) out->name = *called.text("token");
  if (const auto said = called.text("--fingerprint")) out->fingerprint = *said;
  if (!client::read_https_url(out->url)) return std::unexpected("the parent's API: https://HOST:PORT");
  if (out->token.empty()) return std::unexpected("which token? `perigee token create` at the parent makes one");
  if (!identity::is_name(out->name)) return std::unexpected("a name has letters, digits, '.', '_' and '-', at most 64");
  if (!out->fingerprint.empty() && !is_fingerprint(out->fingerprint))
    return std::unexpected("--fingerprint is 64 hexadecimal digits, as `perigee ca show` has them");
  return *std::move(out);
}

}  // namespace perigee::cli
