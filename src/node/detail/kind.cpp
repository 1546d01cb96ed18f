#include "node/detail/kind.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/limits.hpp"
#include "crypto/token_key.hpp"
#include "node/quantity.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::node::detail::kind {
namespace {

/// An absolute path stays; a relative one starts at the folder of the configuration.
std::string resolve(const reading& in, std::string_view path) {
  return (std::filesystem::path(in.folder) / path).lexically_normal().string();
}

std::optional<std::string> path(reading& in, const value& from, std::string_view expected) {
  const auto* found = expect<std::string>(in, from, expected);
  if (found == nullptr) return std::nullopt;
  if (found->empty() || found->contains('\0')) {
    in.refuse(from.at, "P0105", "a path is not empty and has no NUL in it");
    return std::nullopt;
  }
  return resolve(in, *found);
}

std::optional<std::string> existing_path(reading& in, const value& from, path_kind kind, std::string_view expected) {
  auto found = path(in, from, expected);
  if (found) in.paths.push_back({from.at, *found, kind});
  return found;
}

}  // namespace

std::optional<double> read_positive(reading& in, const value& from, double most) {
  double number = 0;
  if (const auto* whole_number = from.as<std::int64_t>()) {
    number = static_cast<double>(*whole_number);
  } else if (const auto* found = expect<double>(in, from, "a number")) {
    number = *found;
  } else {
    return std::nullopt;
  }
  if (number > 0 && number <= most) return number;
  in.refuse(from.at, "P0105", std::format("{} is out of range: over 0, at most {}", number, most));
  return std::nullopt;
}

std::optional<nanoseconds> duration::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a duration such as \"30s\"");
  if (found == nullptr) return std::nullopt;
  const auto parsed = parse_duration(*found);
  if (!parsed) in.refuse(from.at, "P0105", "not a duration", "a number and ns, us, ms, s, m, h or d: \"30s\", \"7d\"");
  return parsed;
}

std::optional<readers::uplink::weekly_window> window::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a window such as \"Mon-Fri 22:00-06:00\"");
  if (found == nullptr) return std::nullopt;
  const auto parsed = readers::uplink::parse_window(*found);
  if (parsed) return *parsed;
  in.refuse(from.at, "P0105", "not a window of the week", parsed.error().what);
  return std::nullopt;
}

std::optional<std::uint64_t> size::read(reading& in, const value& from) {
  if (const auto* bytes = from.as<std::int64_t>(); bytes != nullptr && *bytes >= 0) {
    return static_cast<std::uint64_t>(*bytes);
  }
  const auto* found = expect<std::string>(in, from, "a size such as \"16MiB\"");
  if (found == nullptr) return std::nullopt;
  const auto parsed = parse_size(*found);
  if (!parsed) in.refuse(from.at, "P0105", "not a size", "a number and B, kB, MB, GB, TB, KiB, MiB, GiB or TiB");
  return parsed;
}

std::optional<std::string> file::read(reading& in, const value& from) {
  return existing_path(in, from, path_kind::file, "the path of a file");
}
std::optional<std::string> folder::read(reading& in, const value& from) {
  return existing_path(in, from, path_kind::folder, "the path of a folder");
}
std::optional<std::string> new_folder::read(reading& in, const value& from) {
  return path(in, from, "the path of a folder");
}

std::optional<std::string> address::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "an address");
  if (found == nullptr) return std::nullopt;
  if (is_address(*found)) return *found;
  in.refuse(from.at, "P0105", "not an address",
            "an IPv4 or IPv6 address of this machine: \"127.0.0.1\" for itself only, \"0.0.0.0\" or \"::\" for all");
  return std::nullopt;
}

std::optional<io::address_range> range::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a range of addresses");
  if (found == nullptr) return std::nullopt;
  const auto parsed = io::address_range::parse(*found);
  if (!parsed) {
    in.refuse(from.at, "P0105", "not a range of addresses",
              "an address, or the first of several and the bits that they share: \"10.0.0.0/8\", \"2001:db8::/32\"");
  }
  return parsed;
}

std::optional<unsigned> file_mode::read(reading& in, const value& from) {
  constexpr unsigned all_bits = 0777;
  const auto* found = expect<std::string>(in, from, "a file mode such as \"0660\"");
  if (found == nullptr) return std::nullopt;
  unsigned mode = 0;
  const auto* end = found->data() + found->size();
  const auto [rest, failed] = std::from_chars(found->data(), end, mode, 8);
  if (failed == std::errc() && rest == end && mode <= all_bits) return mode;
  in.refuse(from.at, "P0105", "not a file mode", "three octal digits: \"0660\" lets the owner and the group in");
  return std::nullopt;
}

std::optional<std::string> topic::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a topic");
  if (found == nullptr) return std::nullopt;
  if (wire::mqtt::is_topic_name(*found)) return *found;
  in.refuse(from.at, "P0105", "not a topic", "1 to 1024 bytes of UTF-8 without '+', '#' and NUL: \"site/press\"");
  return std::nullopt;
}

std::optional<std::string> filter::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a topic filter");
  if (found == nullptr) return std::nullopt;
  if (wire::mqtt::is_topic_filter(*found)) return *found;
  in.refuse(from.at, "P0105", "not a topic filter",
            "'+' stands for one whole level, '#' for all that follow and is the last: \"site/+/alarm/#\"");
  return std::nullopt;
}

std::optional<secret> secret_reference::read(reading& in, const value& from) {
  constexpr std::string_view help = "write { file = \"path\" } or { env = \"VARIABLE\" }";
  const auto* members = from.as<value::table>();
  if (members == nullptr) {
    in.refuse(from.at, "P0108", "a secret does not stand in the configuration", std::string(help));
    return std::nullopt;
  }
  const auto* in_file = from.find("file");
  const auto* in_env = from.find("env");
  if (members->size() != 1 || (in_file == nullptr && in_env == nullptr)) {
    in.refuse(from.at, "P0108", "a secret is one reference", std::string(help));
    return std::nullopt;
  }
  auto where = in_file != nullptr ? file::read(in, *in_file) : text::read(in, *in_env);
  if (!where) return std::nullopt;
  return secret{in_file != nullptr ? secret::place::file : secret::place::env, std::move(*where)};
}

std::optional<secret> tls_key::read(reading& in, const value& from) {
  const auto* members = from.as<value::table>();
  const auto* in_token = members != nullptr && members->size() == 1 ? from.find("token") : nullptr;
  if (in_token == nullptr) return secret_reference::read(in, from);
  auto uri = text::read(in, *in_token);
  if (!uri) return std::nullopt;
  if (!crypto::is_token_uri(*uri)) {
    in.refuse(in_token->at, "P0108", "this names no key in a token",
              "\"pkcs11:token=plant;object=fog-1\", or \"handle:0x81000001\" of a TPM 2.0");
    return std::nullopt;
  }
  return secret{secret::place::token, std::move(*uri)};
}

std::optional<secret> key_reference::read(reading& in, const value& from) {
  const auto* members = from.as<value::table>();
  const auto* in_tpm = members != nullptr && members->size() == 1 ? from.find("tpm") : nullptr;
  if (in_tpm == nullptr) return secret_reference::read(in, from);
  auto handle = text::read(in, *in_tpm);
  if (!handle) return std::nullopt;
  return secret{secret::place::tpm, std::move(*handle)};
}

std::optional<parent> parent_url::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a URL");
  if (found == nullptr) return std::nullopt;
  const auto parsed = parse_url(*found);
  if (!parsed || (parsed->scheme != "mqtt" && parsed->scheme != "mqtts")) {
    in.refuse(from.at, "P0112", "not the URL of a parent",
              "mqtts://host:port, or mqtt://127.0.0.1:port on one machine");
    return std::nullopt;
  }
  const bool secure = parsed->scheme == "mqtts";
  // 8883 and 1883 are what IANA has for MQTT with and without TLS.
  return parent{parsed->host, parsed->port.value_or(secure ? 8883 : 1883),
                secure ? uplink_transport::tls : uplink_transport::tcp};
}

std::optional<renewal_source> renewal::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a URL");
  if (found == nullptr) return std::nullopt;
  if (*found == "self") return renewal_source{};
  auto at = client::read_https_url(*found);
  if (at) return renewal_source{std::move(at)};
  in.refuse(from.at, "P0112", "not the URL of a parent's API", "https://host:port, or \"self\"");
  return std::nullopt;
}

}  // namespace perigee::node::detail::kind
