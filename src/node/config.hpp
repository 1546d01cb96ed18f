#pragma once
// What a node is: one TOML file, read whole and refused whole (promise P11). docs/configuration.md lists every option.

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "client/https_address.hpp"
#include "doors/mqtt/access_port.hpp"
#include "doors/mqtt/queue_bound.hpp"
#include "io/address_range.hpp"
#include "io/tls.hpp"
#include "model/record.hpp"
#include "node/bridge_config.hpp"
#include "node/delivery_config.hpp"
#include "node/secret.hpp"
#include "readers/uplink/schedule.hpp"
#include "settings/option.hpp"

namespace perigee::node {

enum class durability { fsync, os, memory };
enum class when_full { refuse, drop_oldest };
enum class transport { tcp, tls, ws, wss, unix_socket };
enum class uplink_transport { tcp, tls };
enum class replay_time { original, now };
enum class machine_fault { bearing, overload, sensor_stuck, cooling_loss };

[[nodiscard]] constexpr bool is_tls(transport t) { return t == transport::tls || t == transport::wss; }
[[nodiscard]] constexpr bool is_websocket(transport t) { return t == transport::ws || t == transport::wss; }

/// One more certificate of the listeners, for clients that ask for one of its names.
struct certificate_config {
  std::string certificate;  // path
  secret key;
  std::vector<std::string> names;  // none: the DNS names in it
};

/// This node's certificate chain and the authority that signs its peers, both ways. PEM.
struct tls_config {
  std::string certificate;  // path
  secret key;
  std::optional<std::string> authority;  // path; listeners then ask for a client certificate
  io::tls_version version_min = io::tls_version::v1_3;
  io::identity_source identity_from = io::identity_source::common_name;
  std::vector<certificate_config> certificates;
};

struct lane_config {
  node::durability durability = node::durability::fsync;
  std::uint64_t bytes_max = 1ULL << 30;
  std::uint64_t records_max = 0;  // 0: no bound
  nanoseconds age_max = std::chrono::days(7);
  node::when_full when_full = node::when_full::drop_oldest;
};

struct journal_config {
  std::uint64_t segment_bytes = 16ULL << 20;
  std::vector<secret> keys;  // to encrypt with at rest: the first writes, all read
  /// By model::lane. Alarms are never dropped for room; a rule's decisions are events, and must not wait for room.
  std::array<lane_config, model::lane_count> lanes{lane_config{.when_full = node::when_full::refuse}};

  [[nodiscard]] const lane_config& of(model::lane l) const { return lanes[static_cast<std::size_t>(l)]; }
};

/// Who may connect and what they may do there: the paths of two files (docs/access.md).
struct access_config {
  std::optional<std::string> users;
  std::optional<std::string> policy;
  bool acknowledge_forbidden = false;  // before MQTT 5, a message that is refused is acknowledged and dropped
};

/// One MQTT listener.
struct mqtt_config {
  std::string address = "127.0.0.1";
  std::uint16_t port = 1883;  // 0: any free one, told in run.json
  node::transport transport = node::transport::tcp;
  bool anonymous = true;  // a client that shows nothing may connect
  doors::mqtt::identified_by identity = doors::mqtt::identified_by::either;
  std::string path;                                          // of a Unix socket, in place of address and port
  unsigned mode = 0660;                                      // of its file
  bool name_by_uid = false;                                  // its clients are called "uid-1000"
  bool ipv6_only = false;                                    // "::" takes no IPv4
  std::uint32_t connections_max = 0;                         // 0: only the node's own bound
  std::optional<io::client_certificate> client_certificate;  // none: what identity and anonymous leave
  std::optional<io::identity_source> identity_from;          // none: that of [tls]
  bool proxy_protocol = false;
  std::vector<io::address_range> proxy_from;
  bool proxy_names = false;  // a certificate that the proxy has verified says who the client is
};

/// What a client is granted, on every MQTT listener.
struct mqtt_protocol_config {
  std::uint16_t keep_alive_s_max = 0;  // 0: whatever the client asks for
  nanoseconds connect_timeout = std::chrono::seconds(10);
  std::uint16_t receive_maximum = limits::mqtt_inflight_in_max;
  std::uint16_t topic_alias_maximum = limits::mqtt_topic_aliases_max;
  std::uint32_t packet_bytes_max = limits::mqtt_packet_bytes_max;
  std::string response_information;  // with `${clientid}`; empty: none is told
};

/// Sessions of clients that are away or slow.
struct mqtt_sessions_config {
  nanoseconds expiry_max = std::chrono::days(7);
  doors::mqtt::queue_bound queue{};
};

/// Messages whose topic matches go to this lane; the first match wins, the rest is bulk.
struct lane_rule {
  std::string filter;
  model::lane lane = model::lane::bulk;
};

struct api_config {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8443;  // 0: any free one, told in run.json
  std::optional<bool> tls;    // none: where there is a [tls]
};

/// `$SYS` topics.
struct mqtt_sys_config {
  nanoseconds interval = std::chrono::seconds(10);  // 0: there are none
};

struct uplink_config {
  std::string host;
  std::uint16_t port = 0;
  uplink_transport transport = uplink_transport::tls;
  nanoseconds linger = std::chrono::milliseconds(200);
  std::uint32_t batch_records = 8192;
  std::uint32_t in_flight = 8;
  std::uint64_t budget_per_hour_bytes = 0;  // 0: no budget
  std::uint64_t budget_per_day_bytes = 0;
  std::vector<readers::uplink::weekly_window> schedule{};  // none: always
};

struct history_config {
  bool enabled = true;
  nanoseconds retention = std::chrono::days(30);
  nanoseconds own_metrics_every = std::chrono::seconds(15);  // 0: the node's own metrics are not kept
};

/// Where the node's own certificate is renewed.
struct renewal_source {
  std::optional<client::https_address> parent;  // by EST at its API; none: by this node's own issuing authority
};

/// The things that the node knows, and who of them may connect; and how the node keeps its own identity.
struct identity_config {
  std::string folder;                                 // empty: `identity` in the data folder
  bool strict = true;                                 // certificates are held against docs/identity.md
  bool needs_approval = false;                        // an operator lets each first certificate pass
  std::string site{};                                 // not empty: its authorities are made where there are none
  std::vector<std::string> names{};                   // of the machine, in the first certificate: DNS names, addresses
  std::optional<secret> issuing_key{};                // a key in a token; none: `issuing.key` in the folder
  std::optional<secret> passphrase{};                 // of the issuing key, or its token's PIN; none: it has none
  std::string attestation{};                          // the policy of machines with a TPM; empty: none attests itself
  std::optional<renewal_source> renew;                // none: a person renews it
  std::string address = "127.0.0.1";                  // with `port`
  std::optional<std::uint16_t> port{};                // where machines enrol, by TLS; none: on the API's alone
  nanoseconds renewal_grace = std::chrono::days(30);  // how long an expired certificate is still renewed here
};

/// The unit of a metric, for people.
struct unit_rule {
  std::string metric;
  std::string unit;
  std::string device = "#";  // a topic filter
  std::string node;          // empty: any
};

struct replay_column {
  std::string name;  // in the CSV's header
  std::string metric;
  std::string unit;
  std::optional<std::uint32_t> decimals;  // the sensor's resolution; absent: as written in the file
};

/// A CSV file played as if its sensors were here.
struct replay_config {
  std::string name;
  std::string file;
  std::string topic;
  double speed = 1.0;
  bool loop = false;
  replay_time time = replay_time::now;
  std::string time_column;             // empty: found by looking
  std::string time_format;             // empty: found by looking
  std::vector<replay_column> columns;  // empty: every column but the time
};

/// A simulated motor.
struct machine_config {
  std::string name;
  std::string topic;
  std::string command_topic;
  double rate_hz = 10.0;
  std::uint64_t seed = 1;
  std::vector<machine_fault> faults;
};

struct config {
  std::string file;  // where it was read from
  std::string node_id;
  std::string data;  // folder, absolute
  std::string tier;  // a label for people; nothing depends on it
  log::level log_level = log::level::info;
  std::optional<tls_config> tls;
  journal_config journal;
  std::vector<mqtt_config> mqtt;
  mqtt_sys_config mqtt_sys;
  mqtt_protocol_config mqtt_protocol;
  mqtt_sessions_config mqtt_sessions;
  std::vector<lane_rule> lanes;
  std::optional<access_config> access;
  std::optional<api_config> api;
  std::optional<uplink_config> uplink;
  std::vector<bridge_config> bridges;
  std::vector<webhook_config> webhooks;
  std::vector<email_config> emails;
  history_config history;
  std::optional<identity_config> identity;  // none: whoever shows a good certificate may connect
  std::vector<unit_rule> units;             // the first that fits decides
  std::optional<std::string> rules_folder;
  std::optional<std::string> demo_socket;    // [node] demo: where the `perigee demo` that started it listens
  std::optional<std::string> ledger_folder;  // [node] ledger: where doors count what was acked, for `perigee demo`
  std::vector<replay_config> replays;
  std::vector<machine_config> machines;
};

/// Where the things of the node are kept, where it has [identity].
[[nodiscard]] std::string identity_folder(const config& of);
/// Key and certificate of the node that makes its site's authorities, where there is no [tls] to name others.
[[nodiscard]] std::string first_certificate_file(const config& of);

/// The text alone: every error at once, by position. Looks at no file; relative paths are taken from `folder`.
[[nodiscard]] std::expected<config, diagnostics> parse_config(source_text source, std::string_view folder);
/// The same for a file, and every path in it must lead to something that can be read.
[[nodiscard]] std::expected<config, diagnostics> load_config(const std::string& file);

/// The rows of docs/configuration.md. They come from the table that reads the file, so they cannot drift apart.
using settings::option_help;
[[nodiscard]] std::vector<option_help> config_options();
/// The same as Markdown tables, one per section.
[[nodiscard]] std::string config_reference();

/// What each P01xx code means and how to mend it.
struct code_help {
  std::string_view code;
  std::string_view title;
  std::string_view text;
};
[[nodiscard]] std::span<const code_help> config_codes();

}  // namespace perigee::node
