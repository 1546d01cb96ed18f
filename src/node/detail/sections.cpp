#include "node/detail/sections.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "node/detail/bridge_section.hpp"
#include "node/detail/delivery_section.hpp"
#include "node/detail/kind.hpp"

namespace perigee::node::detail {
namespace {

template <class E, std::size_t N>
using words = std::array<std::pair<std::string_view, E>, N>;

constexpr words<log::level, 5> log_levels = {{{"debug", log::level::debug},
                                              {"info", log::level::info},
                                              {"warning", log::level::warning},
                                              {"error", log::level::error},
                                              {"off", log::level::off}}};
constexpr words<durability, 3> durabilities = {
    {{"fsync", durability::fsync}, {"os", durability::os}, {"memory", durability::memory}}};
constexpr words<when_full, 2> when_full_answers = {
    {{"refuse", when_full::refuse}, {"drop_oldest", when_full::drop_oldest}}};
constexpr words<doors::mqtt::queue_full, 2> queue_full_answers = {
    {{"drop_oldest", doors::mqtt::queue_full::drop_oldest}, {"drop_newest", doors::mqtt::queue_full::drop_newest}}};
constexpr words<transport, 5> transports = {{{"tcp", transport::tcp},
                                             {"tls", transport::tls},
                                             {"ws", transport::ws},
                                             {"wss", transport::wss},
                                             {"unix", transport::unix_socket}}};
constexpr words<io::tls_version, 2> tls_versions = {{{"1.2", io::tls_version::v1_2}, {"1.3", io::tls_version::v1_3}}};
constexpr words<io::identity_source, 5> identity_sources = {{{"cn", io::identity_source::common_name},
                                                             {"san_dns", io::identity_source::dns_name},
                                                             {"san_uri", io::identity_source::uri},
                                                             {"san_email", io::identity_source::email},
                                                             {"subject", io::identity_source::subject}}};
constexpr words<io::client_certificate, 3> client_certificates = {{{"required", io::client_certificate::required},
                                                                   {"optional", io::client_certificate::optional},
                                                                   {"none", io::client_certificate::none}}};
constexpr words<doors::mqtt::identified_by, 4> identities = {{{"either", doors::mqtt::identified_by::either},
                                                              {"certificate", doors::mqtt::identified_by::certificate},
                                                              {"user", doors::mqtt::identified_by::user},
                                                              {"both", doors::mqtt::identified_by::both}}};
constexpr words<bool, 2> api_transports = {{{"tcp", false}, {"tls", true}}};
constexpr words<bool, 2> refusals_before_5 = {{{"close", false}, {"acknowledge", true}}};
constexpr words<model::lane, 3> lane_names = {
    {{"alarm", model::lane::alarm}, {"event", model::lane::event}, {"bulk", model::lane::bulk}}};
constexpr words<replay_time, 2> replay_times = {{{"original", replay_time::original}, {"now", replay_time::now}}};
constexpr words<machine_fault, 4> machine_faults = {{{"bearing", machine_fault::bearing},
                                                     {"overload", machine_fault::overload},
                                                     {"sensor_stuck", machine_fault::sensor_stuck},
                                                     {"cooling_loss", machine_fault::cooling_loss}}};

template <auto Member>
auto& opened(auto& into) {
  if constexpr (std::is_null_pointer_v<decltype(Member)>) {
    return into;
  } else if constexpr (requires { (into.*Member).emplace(); }) {
    return (into.*Member).emplace();
  } else {
    return into.*Member;
  }
}

/// A row for one [section], read into a member of the configuration, or straight into it.
template <const auto& Options, auto Member = nullptr>
constexpr option<config> section(std::string_view key, std::string_view title, std::string_view initial,
                                 std::string_view text) {
  const auto read = [](reading& in, std::string_view name, const value& from, config& into) {
    read_table(in, name, from, all(Options), opened<Member>(into));
  };
  return {key, title, initial, text, read, nullptr, describe<Options>};
}

// The table.

void set_durability(journal_config& journal, durability to) {
  for (auto& lane : journal.lanes) lane.durability = to;
}
void set_parent(uplink_config& uplink, kind::parent to) {
  uplink.host = std::move(to.host);
  uplink.port = to.port;
  uplink.transport = to.transport;
}

constexpr option<config> node_options[] = {
    row<&config::node_id, kind::name, config>("id", "required",
                                              "the node's name in its estate, and the common name of its certificate"),
    row<&config::data, kind::new_folder, config>("data", "required",
                                                 "folder for everything it keeps; made when absent"),
    row<&config::tier, kind::name, config>("tier", "\"\"", "a label for people: \"edge\", \"fog\", \"cloud\""),
    row<&config::demo_socket, kind::new_folder, config>(
        "demo", "none", "the socket of the `perigee demo` that started it, for the page's button"),
    row<&config::ledger_folder, kind::new_folder, config>(
        "ledger", "none", "where replay and machine doors count what was acked, for `perigee demo`"),
};

constexpr option<config> log_options[] = {
    row<&config::log_level, kind::choice<log_levels>, config>("level", "\"info\"",
                                                              "what is written to stderr: this and worse"),
};

constexpr option<certificate_config> certificate_options[] = {
    row<&certificate_config::certificate, kind::file, certificate_config>("certificate", "required",
                                                                          "PEM: as in [tls]"),
    row<&certificate_config::key, kind::secret_reference, certificate_config>("key", "required",
                                                                              "PEM: the certificate's private key"),
    row<&certificate_config::names, kind::list_of<kind::text, limits::tls_certificates_max>, certificate_config>(
        "names", "the DNS names in it", "the hosts that clients ask for by SNI: [\"gw.example\", \"*.plant\"]"),
};

constexpr option<tls_config> tls_options[] = {
    row<&tls_config::certificate, kind::file, tls_config>("certificate", "required",
                                                          "PEM: this node's certificate, then those between it and the "
                                                          "authority"),
    row<&tls_config::key, kind::tls_key, tls_config>("key", "required",
                                                     "the certificate's private key in PEM, or { token = URI }"),
    row<&tls_config::authority, kind::file, tls_config>(
        "authority", "none", "PEM: who signs clients, children and the parent; listeners then ask for a certificate"),
    row<&tls_config::version_min, kind::choice<tls_versions>, tls_config>("min_version", "\"1.3\"",
                                                                          "the oldest version of TLS that is spoken"),
    row<&tls_config::identity_from, kind::choice<identity_sources>, tls_config>(
        "identity_from", "\"cn\"",
        "what in a client's certificate says who it is: the subject's common name, the one subjectAltName of a kind, "
        "or "
        "the whole subject"),
    repeated<certificate_options, &tls_config::certificates, limits::tls_certificates_max, tls_config>(
        "certificate_for", "[[tls.certificate_for]]", "one more certificate of the listeners, chosen by SNI"),
};

constexpr option<lane_config> lane_options[] = {
    row<&lane_config::durability, kind::choice<durabilities>, lane_config>("durability", "that of [journal]",
                                                                           "as in [journal], for this lane"),
    row<&lane_config::bytes_max, kind::size, lane_config>("bytes_max", "\"1GiB\"", "the lane's share of the disk"),
    row<&lane_config::records_max, kind::whole<std::uint64_t, 0, INT64_MAX>, lane_config>(
        "records_max", "0", "at most so many records, to within one file; 0 is no bound"),
    row<&lane_config::age_max, kind::duration, lane_config>("age_max", "\"7d\"", "older records are dropped"),
    row<&lane_config::when_full, kind::choice<when_full_answers>, lane_config>(
        "when_full", "\"refuse\" for alarm, else \"drop_oldest\"",
        "at bytes_max or records_max: refuse what is new, or drop the oldest and leave a gap record in its place"),
};

void read_lanes(reading& in, std::string_view title, const value& from, journal_config& into) {
  if (!expect_table(in, title, from)) return;
  const auto known = kind::choice<lane_names>::words();
  for (const auto& found : *from.as<value::table>()) {
    const auto which = model::lane_from(found.key);
    if (!which) {
      refuse_unknown(in, title, found, known);
      continue;
    }
    read_table(in, title, found.content, all(lane_options), into.lanes[static_cast<std::size_t>(*which)]);
  }
}

// The order matters: durability is every lane's before a lane's own is read.
constexpr option<journal_config> journal_options[] = {
    row<&journal_config::segment_bytes, kind::size, journal_config>("segment", "\"16MiB\"",
                                                                    "size of one file of the log"),
    row<set_durability, kind::choice<durabilities>, journal_config>(
        "durability", "\"fsync\"",
        "when a message is acknowledged: on stable storage, handed to the system, or held in memory"),
    row<&journal_config::keys, kind::list_of<kind::key_reference, limits::journal_keys_max>, journal_config>(
        "keys", "[]",
        "encrypt the log at rest: the first key writes, all read; 32 bytes or 64 hexadecimal digits each"),
    {"lane", "[journal.lane.*]", "none", "alarm, event and bulk", read_lanes, nullptr, describe<lane_options>},
};

constexpr option<mqtt_config> mqtt_options[] = {
    row<&mqtt_config::address, kind::address, mqtt_config>("address", "\"127.0.0.1\"", "where it listens"),
    row<&mqtt_config::port, kind::port, mqtt_config>("port", "1883",
                                                     "0 takes any free port; `perigee status` tells it"),
    row<&mqtt_config::transport, kind::choice<transports>, mqtt_config>(
        "transport", "\"tcp\"", "ws and wss are WebSocket; tls and wss need [tls]"),
    row<&mqtt_config::anonymous, kind::boolean, mqtt_config>(
        "anonymous", "true on loopback without TLS and [access] users", "clients that show nothing may connect"),
    row<&mqtt_config::identity, kind::choice<identities>, mqtt_config>(
        "identity", "\"either\"",
        "who a client is: a user where it names one, else its certificate; or one of them only; "
        "or the user, with a certificate needed beside"),
    row<&mqtt_config::path, kind::new_folder, mqtt_config>("path", "none",
                                                           "for transport = \"unix\": the file of the socket"),
    row<&mqtt_config::mode, kind::file_mode, mqtt_config>("mode", "\"0660\"", "of that file: who on this machine may"),
    row<&mqtt_config::name_by_uid, kind::boolean, mqtt_config>(
        "name_by_uid", "false", "who connects to the Unix socket as user 1000 is called uid-1000"),
    row<&mqtt_config::ipv6_only, kind::boolean, mqtt_config>("ipv6_only", "false", "address = \"::\" takes no IPv4"),
    row<&mqtt_config::connections_max, kind::whole<std::uint32_t, 0, limits::mqtt_connections_max>, mqtt_config>(
        "connections_max", "0", "connections of this listener; 0: only the node's own bound"),
    row<&mqtt_config::client_certificate, kind::choice<client_certificates>, mqtt_config>(
        "client_certificate", "what identity and anonymous leave", "whether clients show a certificate in TLS"),
    row<&mqtt_config::identity_from, kind::choice<identity_sources>, mqtt_config>("identity_from", "that of [tls]",
                                                                                  "as in [tls]"),
    row<&mqtt_config::proxy_protocol, kind::boolean, mqtt_config>(
        "proxy_protocol", "false",
        "every connection begins with a PROXY protocol v2 header, which says who the client is"),
    row<&mqtt_config::proxy_from, kind::list_of<kind::range, limits::proxy_ranges_max>, mqtt_config>(
        "proxy_from", "[]", "the proxies that are believed: [\"10.0.0.0/8\"]; all other connections are refused"),
    row<&mqtt_config::proxy_names, kind::boolean, mqtt_config>(
        "proxy_names", "false", "the common name of a certificate that the proxy has verified says who the client is"),
};

constexpr option<access_config> access_options[] = {
    row<&access_config::users, kind::file, access_config>("users", "none", "the user file: `perigee user` edits it"),
    row<&access_config::policy, kind::file, access_config>("policy", "none: all may do everything",
                                                           "the policy file: who may publish and subscribe to what"),
    row<&access_config::acknowledge_forbidden, kind::choice<refusals_before_5>, access_config>(
        "refused_before_5", "\"close\"",
        "what a client of MQTT 3.1.1 gets for a message that it may not publish: its connection is closed, or, as with "
        "Mosquitto, the message is acknowledged and dropped"),
};

/// A second or longer, or none.
struct interval {
  static std::string type() { return "duration"; }
  static std::optional<nanoseconds> read(reading& in, const value& from) {
    const auto parsed = kind::duration::read(in, from);
    if (!parsed || parsed->count() == 0 || *parsed >= std::chrono::seconds(1)) return parsed;
    in.refuse(from.at, "P0105", "that is every moment", "at least \"1s\"; \"0s\" turns it off");
    return std::nullopt;
  }
};

constexpr option<mqtt_sys_config> mqtt_sys_options[] = {
    row<&mqtt_sys_config::interval, interval, mqtt_sys_config>(
        "interval", "\"10s\"", "how often what changed is published, at least \"1s\"; \"0s\": never"),
};

constexpr option<mqtt_protocol_config> mqtt_protocol_options[] = {
    row<&mqtt_protocol_config::keep_alive_s_max, kind::whole<std::uint16_t, 0, 65'535>, mqtt_protocol_config>(
        "keep_alive_s_max", "0", "the longest keep-alive of an MQTT 5 client, in seconds; 0: what the client asks for"),
    row<&mqtt_protocol_config::connect_timeout, kind::duration, mqtt_protocol_config>(
        "connect_timeout", "\"10s\"", "from the connection to the end of CONNECT and its authentication"),
    row<&mqtt_protocol_config::receive_maximum, kind::whole<std::uint16_t, 1, limits::mqtt_inflight_in_max>,
        mqtt_protocol_config>("receive_maximum", "4096", "messages of a client that are not acknowledged yet"),
    row<&mqtt_protocol_config::topic_alias_maximum, kind::whole<std::uint16_t, 0, limits::mqtt_topic_aliases_max>,
        mqtt_protocol_config>("topic_alias_maximum", "32", "aliases that a client may set"),
    row<&mqtt_protocol_config::packet_bytes_max, kind::whole<std::uint32_t, 1024, limits::mqtt_packet_bytes_max>,
        mqtt_protocol_config>("packet_bytes_max", "as in docs/limits.md", "the largest packet of a client"),
    row<&mqtt_protocol_config::response_information, kind::text, mqtt_protocol_config>(
        "response_information", "\"\"",
        "told to a client that asks for it: the start of its response topics, such as \"reply/${clientid}/\""),
};

/// Whole seconds, as CONNECT has them.
struct expiry {
  static std::string type() { return "duration"; }
  static std::optional<nanoseconds> read(reading& in, const value& from) {
    const auto parsed = kind::duration::read(in, from);
    if (!parsed || *parsed < std::chrono::seconds(UINT32_MAX)) return parsed;
    in.refuse(from.at, "P0105", "longer than MQTT can say", "below 136 years");
    return std::nullopt;
  }
};
void set_queue_messages_max(mqtt_sessions_config& sessions, std::uint64_t to) { sessions.queue.messages_max = to; }
void set_queue_full(mqtt_sessions_config& sessions, doors::mqtt::queue_full to) { sessions.queue.when_full = to; }

constexpr option<mqtt_sessions_config> mqtt_sessions_options[] = {
    row<&mqtt_sessions_config::expiry_max, expiry, mqtt_sessions_config>(
        "expiry_max", "\"7d\"", "the longest that a session outlasts its connection; whole seconds"),
    row<set_queue_messages_max, kind::whole<std::uint64_t, 0, INT64_MAX>, mqtt_sessions_config>(
        "queue_messages_max", "0",
        "messages of each lane that wait for a client that is away or slow; 0: all that the journal keeps"),
    row<set_queue_full, kind::choice<queue_full_answers>, mqtt_sessions_config>(
        "queue_full", "\"drop_oldest\"",
        "at queue_messages_max: the oldest make room, or what is new is dropped until the client has taken what waits"),
};

constexpr option<lane_rule> lane_rule_options[] = {
    row<&lane_rule::filter, kind::filter, lane_rule>("filter", "required", "topics; the first match decides"),
    row<&lane_rule::lane, kind::choice<lane_names>, lane_rule>("lane", "required", "after an outage alarms go first"),
};

constexpr option<api_config> api_options[] = {
    row<&api_config::address, kind::address, api_config>("address", "\"127.0.0.1\"", "where it listens"),
    row<&api_config::port, kind::port, api_config>("port", "8443", "0 takes any free port; `perigee status` tells it"),
    row<&api_config::tls, kind::choice<api_transports>, api_config>(
        "transport", "\"tls\" where there is a [tls], else \"tcp\"", "off loopback it is tls"),
};

constexpr option<uplink_config> uplink_options[] = {
    row<set_parent, kind::parent_url, uplink_config>("url", "required", "the parent: mqtts://host:port"),
    row<&uplink_config::linger, kind::duration, uplink_config>(
        "linger", "\"200ms\"", "how long a bulk record may wait for others to share its batch"),
    row<&uplink_config::batch_records, kind::whole<std::uint32_t, 1, limits::batch_records_max>, uplink_config>(
        "batch_records", "8192", "at most this many records in a batch"),
    row<&uplink_config::in_flight, kind::whole<std::uint32_t, 1, limits::uplink_in_flight_max>, uplink_config>(
        "in_flight", "8", "batches sent and not yet acknowledged"),
    row<&uplink_config::budget_per_hour_bytes, kind::size, uplink_config>("budget_per_hour", "none",
                                                                          "bytes that may go up in an hour; alarms "
                                                                          "are counted, and never held back"),
    row<&uplink_config::budget_per_day_bytes, kind::size, uplink_config>("budget_per_day", "none",
                                                                         "the same for a day"),
    row<&uplink_config::schedule, kind::list_of<kind::window, limits::uplink_windows_max>, uplink_config>(
        "schedule", "always",
        "when bulk and the newest values may go up, in UTC: [\"Mon-Fri 22:00-06:00\", \"Sun 00:00-24:00\"]; alarms and "
        "events always may"),
};

constexpr option<history_config> history_options[] = {
    row<&history_config::enabled, kind::boolean, history_config>("enabled", "true", "keep readings for queries"),
    row<&history_config::retention, kind::duration, history_config>("retention", "\"30d\"",
                                                                    "older readings are dropped"),
    row<&history_config::own_metrics_every, interval, history_config>(
        "own_metrics_every", "\"15s\"",
        "how often the node's own metrics are kept beside the readings, at least \"1s\"; \"0s\": never"),
};

constexpr words<bool, 2> approvals = {{{"token", false}, {"manual", true}}};

constexpr option<identity_config> identity_options[] = {
    row<&identity_config::folder, kind::new_folder, identity_config>("folder", "`identity` in the data folder",
                                                                     "for the registry of things; made when absent"),
    row<&identity_config::strict, kind::boolean, identity_config>(
        "strict", "true",
        "hold certificates against docs/identity.md; false: verify them as OpenSSL does, for another authority's"),
    row<&identity_config::needs_approval, kind::choice<approvals>, identity_config>(
        "approval", "\"token\"", "what a first certificate takes: a token, or beside it an operator's word"),
    row<&identity_config::site, kind::name, identity_config>(
        "site", "none",
        "what the site is called: its authorities are made at the first start, and without a [tls] this "
        "node's certificate too"),
    row<&identity_config::names, kind::list_of<kind::text, limits::tls_certificates_max>, identity_config>(
        "names", "[]", "with `site`: DNS names and addresses of this machine, beside the node's name and loopback"),
    row<&identity_config::issuing_key, kind::tls_key, identity_config>(
        "issuing_key", "`issuing.key` in the folder",
        "of the issuing authority: `{ token = \"pkcs11:token=plant;"
        "object=issuing\" }`"),
    row<&identity_config::passphrase, kind::secret_reference, identity_config>(
        "passphrase", "none", "of the issuing authority's key, where that is encrypted; the PIN of its token"),
    row<&identity_config::attestation, kind::file, identity_config>(
        "attestation", "none", "the policy of machines that prove their TPM and what they started"),
    row<&identity_config::renew, kind::renewal, identity_config>(
        "renew", "none: by hand",
        "this node's certificate, at 2/3 of its life: \"https://host:port\" of the parent's API, or \"self\" by the "
        "issuing authority in the folder"),
    row<&identity_config::address, kind::address, identity_config>("address", "\"127.0.0.1\"",
                                                                   "with port: where it listens"),
    row<&identity_config::port, kind::port, identity_config>(
        "port", "none: on the API's",
        "one more listener, by TLS, for what machines ask: enrolment, revocation; so the API may stay where it is. 0 "
        "takes any free port"),
    row<&identity_config::renewal_grace, kind::duration, identity_config>(
        "renewal_grace", "\"30d\"",
        "how long after its end a certificate is still renewed here, for who slept; \"0s\": never"),
};

constexpr option<unit_rule> unit_options[] = {
    row<&unit_rule::metric, kind::text, unit_rule>("metric", "required", "what is measured, as the API calls it"),
    row<&unit_rule::unit, kind::text, unit_rule>("unit", "required",
                                                 "as in SenML or UCUM: \"Cel\", \"A\", \"m/s2\"; it is shown, and "
                                                 "nothing is converted"),
    row<&unit_rule::device, kind::filter, unit_rule>("device", "\"#\"", "of these devices: a topic filter"),
    row<&unit_rule::node, kind::text, unit_rule>("node", "any", "of this node's devices alone"),
};

constexpr option<config> rules_options[] = {
    row<&config::rules_folder, kind::folder, config>("folder", "required", "its *.rule.sql files run on this node"),
};

constexpr option<replay_column> replay_column_options[] = {
    row<&replay_column::name, kind::text, replay_column>("name", "required", "in the file's header"),
    row<&replay_column::metric, kind::text, replay_column>("metric", "the name", "what the reading is called"),
    row<&replay_column::unit, kind::text, replay_column>("unit", "\"\"", "as in SenML: \"Cel\", \"A\", \"m/s2\""),
    row<&replay_column::decimals, kind::whole<std::uint32_t, 0, 9>, replay_column>(
        "decimals", "as in the file", "the sensor's resolution: digits after the point"),
};

constexpr option<replay_config> replay_options[] = {
    row<&replay_config::name, kind::name, replay_config>("name", "required", "of the device that is played"),
    row<&replay_config::file, kind::file, replay_config>("file", "required", "a CSV file"),
    row<&replay_config::topic, kind::topic, replay_config>("topic", "required", "where its readings are published"),
    row<&replay_config::speed, kind::positive<1'000'000>, replay_config>("speed", "1.0",
                                                                         "60 plays an hour in a minute"),
    row<&replay_config::loop, kind::boolean, replay_config>("loop", "false", "start again at the end"),
    row<&replay_config::time, kind::choice<replay_times>, replay_config>("time", "\"now\"",
                                                                         "the file's times, or moved to the present"),
    row<&replay_config::time_column, kind::text, replay_config>("time_column", "found by looking", "in the header"),
    row<&replay_config::time_format, kind::text, replay_config>(
        "time_format", "found by looking", "\"iso8601\", \"unix_s\", \"unix_ms\", or as strftime has it"),
    repeated<replay_column_options, &replay_config::columns, limits::replay_columns_max, replay_config>(
        "column", "[[replay.column]]", "what is read; every column but the time when there is none"),
};

constexpr option<machine_config> machine_options[] = {
    row<&machine_config::name, kind::name, machine_config>("name", "required", "of the simulated motor"),
    row<&machine_config::topic, kind::topic, machine_config>("topic", "required", "where its readings are published"),
    row<&machine_config::command_topic, kind::topic, machine_config>(
        "command_topic", "required", "where it takes {\"speed\":0.5} and {\"stop\":true}"),
    row<&machine_config::rate_hz, kind::positive<100'000>, machine_config>("rate_hz", "10.0", "messages in a second"),
    row<&machine_config::seed, kind::whole<std::uint64_t, 0, INT64_MAX>, machine_config>(
        "seed", "1", "the same seed gives the same machine"),
    row<&machine_config::faults, kind::list_of<kind::choice<machine_faults>, machine_faults.size()>, machine_config>(
        "faults", "[]", "what goes wrong with it"),
};

constexpr option<config> root[] = {
    section<node_options>("node", "[node]", "required", "id and data: who this node is and where it keeps things"),
    section<log_options>("log", "[log]", "none", "what is logged"),
    section<tls_options, &config::tls>("tls", "[tls]", "none", "this node's identity"),
    section<journal_options, &config::journal>("journal", "[journal]", "none", "the durable log"),
    repeated<mqtt_options, &config::mqtt, limits::listeners_max, config>("mqtt", "[[mqtt]]", "an MQTT listener"),
    section<mqtt_sys_options, &config::mqtt_sys>("mqtt_sys", "[mqtt_sys]", "none",
                                                 "`$SYS` topics: what the broker says of itself"),
    section<mqtt_protocol_options, &config::mqtt_protocol>("mqtt_protocol", "[mqtt_protocol]", "none",
                                                           "what MQTT clients are granted"),
    section<mqtt_sessions_options, &config::mqtt_sessions>("mqtt_sessions", "[mqtt_sessions]", "none",
                                                           "what waits for MQTT clients, and for how long"),
    repeated<lane_rule_options, &config::lanes, limits::lane_rules_max, config>("lane", "[[lane]]",
                                                                                "which topics go to which lane"),
    section<access_options, &config::access>("access", "[access]", "none", "who may connect, and do what"),
    section<api_options, &config::api>("api", "[api]", "none", "HTTP: metrics, health, links"),
    section<uplink_options, &config::uplink>("uplink", "[uplink]", "none", "the parent node"),
    repeated<bridge_options, &config::bridges, limits::bridges_max, config>("bridge", "[[bridge]]",
                                                                            "another broker, and what is exchanged"),
    repeated<webhook_options, &config::webhooks, limits::deliveries_max, config>(
        "webhook", "[[webhook]]", "a system that rules may tell by HTTP; needs libcurl"),
    repeated<email_options, &config::emails, limits::deliveries_max, config>(
        "email", "[[email]]", "people whom rules may tell by mail; needs libcurl"),
    section<history_options, &config::history>("history", "[history]", "none", "readings kept for queries"),
    section<identity_options, &config::identity>(
        "identity", "[identity]", "none",
        "the registry of things; then only things that it knows may connect with a certificate"),
    repeated<unit_options, &config::units, limits::unit_rules_max, config>("unit", "[[unit]]",
                                                                           "what unit a metric is in"),
    section<rules_options>("rules", "[rules]", "none", "what is decided here"),
    repeated<replay_options, &config::replays, limits::replays_max, config>("replay", "[[replay]]",
                                                                            "a CSV file played as a device"),
    repeated<machine_options, &config::machines, limits::machines_max, config>("machine", "[[machine]]",
                                                                               "a simulated motor"),
};

}  // namespace

std::span<const option<config>> root_options() { return root; }

}  // namespace perigee::node::detail
