#include "node/detail/delivery_section.hpp"

#include <algorithm>
#include <set>

#include "node/detail/sections.hpp"
#include "node/quantity.hpp"
#include "readers/delivery/email.hpp"

namespace perigee::node::detail {
namespace {

constexpr std::size_t name_bytes_max = 40;  // behind "webhook." it is a cursor's name

void check_name(reading& in, const delivery_config& d, std::set<std::string>& names) {
  const bool fits = !d.name.empty() && d.name.size() <= name_bytes_max &&
                    std::ranges::none_of(d.name, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!fits) in.refuse(d.at, "P0105", "its name has small letters, digits, '.', '_' and '-', at most 40");
  if (!d.name.empty() && !names.insert(d.name).second)
    in.refuse(d.at, "P0107", std::format("a second one called '{}'", d.name), "its name is its place in the journal");
}

void check_durations(reading& in, const delivery_config& d) {
  using namespace std::chrono_literals;
  if (d.timeout < 100ms || d.timeout > 5min) in.refuse(d.at, "P0105", "timeout is 100ms to 5m");
  if (d.retry_min < 10ms || d.retry_max < d.retry_min)
    in.refuse(d.at, "P0114", "retry_min is at least 10ms, and retry_max at least retry_min");
}

/// The scheme and host of a URL with a path; nothing where there are none, or where it has what none has.
std::optional<node::url> parse_far_url(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  const auto host = text.find("://");
  const auto path = host == std::string::npos ? host : text.find_first_of("/?", host + 3);
  const auto base = text.substr(0, path);
  return plain && base.find('@') == std::string::npos ? parse_url(base) : std::nullopt;
}

void check_url(reading& in, const delivery_config& d, std::string_view safe, std::string_view open, bool open_is_safe) {
  const auto parsed = parse_far_url(d.url);
  if (!parsed || (parsed->scheme != safe && parsed->scheme != open)) {
    in.refuse(d.at, "P0112", std::format("'{}' is no URL to deliver to", d.url), std::format("{}://host", safe));
  } else if (parsed->scheme == open && !open_is_safe && !d.in_the_clear && !is_loopback(parsed->host)) {
    in.refuse(d.at, "P0110", std::format("'{}' goes to another machine in the clear", d.name),
              std::format("write {}://; or say in_the_clear = true, where the network is trusted", safe));
  }
}

void check_webhook(reading& in, const webhook_config& w) {
  if (w.url.empty() == !w.secret_url) {
    in.refuse(w.at, "P0104", std::format("the webhook '{}' needs url or secret_url, one of them", w.name));
  } else if (!w.secret_url) {
    check_url(in, w, "https", "http", false);
  }
  if (w.certificate.has_value() != w.key.has_value())
    in.refuse(w.at, "P0111", std::format("the webhook '{}' needs certificate and key, or neither", w.name));
}

void check_email(reading& in, const email_config& e) {
  using readers::delivery::is_mail_address;
  check_url(in, e, "smtps", "smtp", true);  // STARTTLS is demanded
  if (!is_mail_address(e.from)) in.refuse(e.at, "P0105", std::format("'{}' is no address: name@host", e.from));
  if (e.to.empty()) in.refuse(e.at, "P0104", std::format("the mails of '{}' go to nobody", e.name));
  for (const auto& each : e.to) {
    if (!is_mail_address(each)) in.refuse(e.at, "P0105", std::format("'{}' is no address: name@host", each));
  }
  if (e.user.has_value() != e.password.has_value())
    in.refuse(e.at, "P0114", std::format("'{}' needs user and password, or neither", e.name));
}

}  // namespace

void check_deliveries(reading& in, const value&, const config& of) {
  std::set<std::string> webhooks;
  for (const auto& w : of.webhooks) {
    check_name(in, w, webhooks);
    check_durations(in, w);
    check_webhook(in, w);
  }
  std::set<std::string> emails;
  for (const auto& e : of.emails) {
    check_name(in, e, emails);
    check_durations(in, e);
    check_email(in, e);
  }
}

}  // namespace perigee::node::detail
