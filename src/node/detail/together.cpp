// What must hold between options. One function per thing; each says it at the option that a person would change.

#include <algorithm>
#include <map>

#include "node/detail/bridge_section.hpp"
#include "node/detail/delivery_section.hpp"
#include "node/detail/sections.hpp"
#include "node/quantity.hpp"

namespace perigee::node::detail {
namespace {

/// The `index`th [[section]]; null where there is none.
const value* nth(const value& root, std::string_view section, std::size_t index) {
  const auto* list = root.find(section);
  const auto* all = list == nullptr ? nullptr : list->as<value::array>();
  return all == nullptr || index >= all->size() ? nullptr : &(*all)[index];
}

/// The position of a section's key, else of the section, else the file as a whole.
position place(const value* section, std::string_view key) {
  if (section == nullptr) return {};
  const auto* option = section->find(key);
  return option == nullptr ? section->at : option->at;
}
position place(const value& root, std::string_view section, std::string_view key) {
  return place(root.find(section), key);
}
position place(const value& root, std::string_view section, std::size_t index, std::string_view key) {
  return place(nth(root, section, index), key);
}

bool has_users(const config& of) { return of.access && of.access->users; }

/// What a listener knows its clients by must be there.
void check_identity(reading& in, const value& root, const config& of, std::size_t index) {
  using enum doors::mqtt::identified_by;
  const auto by = of.mqtt[index].identity;
  const auto at = place(root, "mqtt", index, "identity");
  const bool certificates = is_tls(of.mqtt[index].transport) && of.tls && of.tls->authority;
  if ((by == certificate || by == both) && !certificates) {
    in.refuse(at, "P0114", "no client can show a certificate here",
              "it takes transport = \"tls\" or \"wss\" and an authority in [tls]");
  }
  if ((by == user || by == both) && !has_users(of)) {
    in.refuse(at, "P0114", "there are no users", "add [access] with users = \"users.toml\"");
  }
}

void check_far_listener(reading& in, const value& root, const config& of, std::size_t index) {
  const auto& listener = of.mqtt[index];
  constexpr std::string_view help =
      "off loopback it takes transport = \"tls\" or \"wss\", and [tls] with an authority or [access] with users";
  const auto address = place(root, "mqtt", index, "address");
  if (!is_tls(listener.transport)) {
    in.refuse(address, "P0110", "a listener off loopback without TLS", std::string(help));
  } else if (of.tls && !of.tls->authority && !has_users(of) && !listener.anonymous) {
    in.refuse(address, "P0110", "a listener off loopback that knows no client", std::string(help));
  }
}

void check_near_listener(reading& in, const value& root, const config& of, std::size_t index) {
  const auto& listener = of.mqtt[index];
  const bool knows_clients = is_tls(listener.transport) && of.tls && of.tls->authority;
  if (listener.anonymous || knows_clients || has_users(of)) return;
  in.refuse(place(root, "mqtt", index, "anonymous"), "P0110", "no client can show who it is here",
            "certificates need transport = \"tls\" or \"wss\" and an authority in [tls], passwords [access] users; or "
            "say anonymous = true");
}

void check_listener(reading& in, const value& root, config& of, std::size_t index) {
  auto& listener = of.mqtt[index];
  const bool near = is_loopback(listener.address);
  const auto* section = nth(root, "mqtt", index);
  if (section == nullptr || section->find("anonymous") == nullptr)
    listener.anonymous = near && !is_tls(listener.transport) && !has_users(of);
  check_identity(in, root, of, index);
  if (is_tls(listener.transport) && !of.tls) {
    in.refuse(place(root, "mqtt", index, "transport"), "P0111", "this transport needs a [tls] section",
              "certificate and key say who this node is");
  } else {
    (near ? check_near_listener : check_far_listener)(in, root, of, index);
  }
}

void check_api(reading& in, const value& root, const config& of) {
  if (!of.api) return;
  if (of.api->tls.value_or(false) && !of.tls) {
    in.refuse(place(root, "api", "transport"), "P0111", "tls needs a [tls] section",
              "certificate and key say who this node is");
  }
  const bool secure = of.tls && of.tls->authority && of.api->tls.value_or(true);
  if (is_loopback(of.api->address) || secure) return;
  in.refuse(place(root, "api", "address"), "P0110", "a listener off loopback without TLS and an authority",
            "add a [tls] section with an authority, or listen on 127.0.0.1");
}

void check_uplink(reading& in, const value& root, const config& of) {
  if (!of.uplink || of.uplink->host.empty()) return;
  const auto at = place(root, "uplink", "url");
  const bool secure = of.uplink->transport == uplink_transport::tls;
  if (secure && !of.tls) {
    in.refuse(at, "P0111", "mqtts needs a [tls] section", "the parent knows its children by their certificates");
  } else if (secure && !of.tls->authority) {
    in.refuse(at, "P0111", "mqtts needs an authority in [tls]", "who signed the parent's certificate");
  } else if (!secure && !is_loopback(of.uplink->host)) {
    in.refuse(at, "P0110", "readings in the clear to another machine", "write mqtts:// and add a [tls] section");
  }
}

void check_ports(reading& in, const value& root, const config& of) {
  std::map<std::pair<std::string, std::uint16_t>, bool> taken;
  const auto claim = [&](const std::string& address, std::uint16_t port, position at) {
    if (port == 0 || taken.try_emplace({address, port}).second) return;
    in.refuse(at, "P0113", std::format("{} port {} is taken by a listener above", address, port), "port = 0 takes any");
  };
  for (std::size_t i = 0; i < of.mqtt.size(); ++i)
    claim(of.mqtt[i].address, of.mqtt[i].port, place(root, "mqtt", i, "port"));
  if (of.api) claim(of.api->address, of.api->port, place(root, "api", "port"));
  if (of.identity && of.identity->port)
    claim(of.identity->address, *of.identity->port, place(root, "identity", "port"));
}

void check_names(reading& in, const value& root, const config& of) {
  std::map<std::string, bool> taken;
  const auto claim = [&](const std::string& name, position at) {
    if (name.empty() || taken.try_emplace(name).second) return;
    in.refuse(at, "P0107", std::format("a second device called '{}'", name),
              "a device's name is whose readings they are: each has its own");
  };
  for (std::size_t i = 0; i < of.replays.size(); ++i) claim(of.replays[i].name, place(root, "replay", i, "name"));
  for (std::size_t i = 0; i < of.machines.size(); ++i) claim(of.machines[i].name, place(root, "machine", i, "name"));
}

void check_journal(reading& in, const value& root, const config& of) {
  constexpr std::uint64_t least = 64U << 10;
  constexpr std::uint64_t most = 1U << 30;
  const auto segment = of.journal.segment_bytes;
  if (segment < least || segment > most) {
    in.refuse(place(root, "journal", "segment"), "P0105", "a segment is 64KiB to 1GiB");
    return;
  }
  const auto* journal = root.find("journal");
  const auto* lanes = journal == nullptr ? nullptr : journal->find("lane");
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    if (of.journal.lanes[i].bytes_max >= 2 * segment || lanes == nullptr) continue;
    const auto* lane = lanes->find(model::name_of(static_cast<model::lane>(i)));
    const auto* bytes = lane == nullptr ? nullptr : lane->find("bytes_max");
    in.refuse(bytes == nullptr ? position{} : bytes->at, "P0114", "a lane holds at least two segments",
              std::format("at least {}KiB, or a smaller segment", 2 * segment / 1024));
  }
}

/// The first node of a site, which makes its own certificate, needs no [tls].
void complete_identity(reading& in, const value& root, config& of) {
  if (!of.identity) return;
  if (of.identity->issuing_key && of.identity->issuing_key->from != secret::place::token) {
    in.refuse(place(root, "identity", "issuing_key"), "P0114",
              "an issuing key in a file is `issuing.key` in the folder",
              "leave it out, or name a key in a token: { token = \"pkcs11:...\" }");
  }
  if (of.identity->site.empty() || of.tls) return;
  const auto own = first_certificate_file(of);
  of.tls.emplace();
  of.tls->certificate = own;
  of.tls->key = {secret::place::file, own};
  of.tls->authority = identity_folder(of) + "/root.crt";
  if (!of.identity->renew) of.identity->renew = renewal_source{};
}

/// A renewed key and certificate come into use by one rename, so they are in one file.
void check_renewal(reading& in, const value& root, const config& of) {
  if (!of.identity || !of.identity->renew) return;
  const auto at = place(root, "identity", "renew");
  if (!of.tls) {
    in.refuse(at, "P0111", "there is no certificate to renew", "add [tls], or leave `renew` out");
    return;
  }
  if (of.tls->key.from != secret::place::file || of.tls->key.name != of.tls->certificate) {
    in.refuse(place(root, "tls", "key"), "P0114", "what is renewed has key and certificate in one file",
              "`cat NAME.key NAME.crt > NAME.pem`, and name it for both");
  }
  if (of.identity->renew->parent && !of.tls->authority)
    in.refuse(at, "P0111", "a parent needs an authority in [tls]", "who signed the parent's certificate");
}

/// What machines ask, they ask by TLS, and are answered as the API answers.
void check_machine_listener(reading& in, const value& root, const config& of) {
  if (!of.identity || !of.identity->port || (of.tls && of.api)) return;
  in.refuse(place(root, "identity", "port"), "P0111", "machines are answered by TLS, beside the API",
            "add [tls] and [api], or leave `port` out");
}

}  // namespace

position place_of(const value& root, std::string_view section, std::size_t index, std::string_view key) {
  return place(root, section, index, key);
}

void check_together(reading& in, const value& root, config& of) {
  complete_identity(in, root, of);
  check_listening(in, root, of);
  for (std::size_t i = 0; i < of.mqtt.size(); ++i) check_listener(in, root, of, i);
  check_api(in, root, of);
  check_uplink(in, root, of);
  check_renewal(in, root, of);
  check_machine_listener(in, root, of);
  check_ports(in, root, of);
  check_names(in, root, of);
  check_bridges(in, root, of);
  check_deliveries(in, root, of);
  check_journal(in, root, of);
}

}  // namespace perigee::node::detail
