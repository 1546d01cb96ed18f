#pragma once
// The kinds of value that only a configuration has, beside those of every file (settings/kind.hpp).

#include <cstdint>
#include <optional>
#include <string>

#include "node/config.hpp"
#include "node/detail/option.hpp"

namespace perigee::node::detail::kind {

using settings::kind::boolean;
using settings::kind::choice;
using settings::kind::expect;
using settings::kind::list_of;
using settings::kind::name;
using settings::kind::text;
using settings::kind::whole;

using port = whole<std::uint16_t, 0, 65'535>;

[[nodiscard]] std::optional<double> read_positive(reading& in, const value& from, double most);
template <std::uint32_t Most>
struct positive {
  static std::string type() { return "number"; }
  static std::optional<double> read(reading& in, const value& from) { return read_positive(in, from, Most); }
};

struct duration {
  static std::string type() { return "duration"; }
  static std::optional<nanoseconds> read(reading& in, const value& from);
};

/// On some days of the week, from one time to another.
struct window {
  static std::string type() { return "window"; }
  static std::optional<readers::uplink::weekly_window> read(reading& in, const value& from);
};

struct size {
  static std::string type() { return "size"; }
  static std::optional<std::uint64_t> read(reading& in, const value& from);
};

/// A path that must be there when the file is loaded.
struct file {
  static std::string type() { return "path"; }
  static std::optional<std::string> read(reading& in, const value& from);
};
struct folder {
  static std::string type() { return "path"; }
  static std::optional<std::string> read(reading& in, const value& from);
};
/// A path that the node makes.
struct new_folder {
  static std::string type() { return "path"; }
  static std::optional<std::string> read(reading& in, const value& from);
};

struct address {
  static std::string type() { return "address"; }
  static std::optional<std::string> read(reading& in, const value& from);
};

/// "10.0.0.0/8"
struct range {
  static std::string type() { return "range of addresses"; }
  static std::optional<io::address_range> read(reading& in, const value& from);
};

/// "0660", as chmod has it.
struct file_mode {
  static std::string type() { return "file mode"; }
  static std::optional<unsigned> read(reading& in, const value& from);
};

struct topic {
  static std::string type() { return "topic"; }
  static std::optional<std::string> read(reading& in, const value& from);
};
struct filter {
  static std::string type() { return "topic filter"; }
  static std::optional<std::string> read(reading& in, const value& from);
};

struct secret_reference {
  static std::string type() { return "secret"; }
  static std::optional<secret> read(reading& in, const value& from);
};

/// A secret reference, or one to a key in the machine's TPM.
struct key_reference {
  static std::string type() { return "key"; }
  static std::optional<secret> read(reading& in, const value& from);
};

/// A secret reference, or { token = "pkcs11:..." } (crypto/token_key.hpp).
struct tls_key {
  static std::string type() { return "key"; }
  static std::optional<secret> read(reading& in, const value& from);
};

struct parent {
  std::string host;
  std::uint16_t port = 0;
  uplink_transport transport = uplink_transport::tls;
};
struct parent_url {
  static std::string type() { return "URL"; }
  static std::optional<parent> read(reading& in, const value& from);
};

/// "https://host:port" of a parent's API, or "self".
struct renewal {
  static std::string type() { return "URL"; }
  static std::optional<renewal_source> read(reading& in, const value& from);
};

}  // namespace perigee::node::detail::kind
