#include <algorithm>
#include <array>

#include "cli/alarm_command.hpp"
#include "cli/command.hpp"
#include "cli/common_arguments.hpp"
#include "cli/provision_command.hpp"

namespace perigee::cli {
namespace {

using enum presence;
using namespace arguments;

constexpr argument demo_data = {"--data", "DIR", "the demo's folder (default ./perigee-demo)", optional};
constexpr argument demo_node = {"node", "NODE", "cloud, fog, edge-1, edge-2 or edge-3", optional};
constexpr argument demo_this_node = {"node", "NODE", "cloud, fog, edge-1, edge-2 or edge-3", required};

constexpr argument run_arguments[] = {{"file", "FILE", "the node's configuration", required}};
constexpr argument validate_arguments[] = {{"file", "FILE", "configurations, rules or CSV files", many}, json};
constexpr argument explain_arguments[] = {{"code", "CODE", "P0102; or `config` for every option", required}, json};
constexpr argument version_arguments[] = {json};
constexpr argument completion_arguments[] = {{"shell", "SHELL", "bash or zsh", required}};
constexpr argument doctor_arguments[] = {{"file", "FILE", "the node's configuration", optional}, json};
constexpr argument status_arguments[] = {{"file", "FILE", "the node's configuration", optional}, data, json};
constexpr argument quarantine_ls_arguments[] = {of_node, data, json};
constexpr argument quarantine_one_arguments[] = {
    {"number", "NUMBER", "as `perigee quarantine ls` shows it", required}, of_node, data, json};
constexpr argument json_lines = {"--json", "", "one JSON object per line", optional};
constexpr argument this_client = {"client", "ID", "a client's id, as `perigee mqtt clients` shows it", required};
constexpr argument mqtt_clients_arguments[] = {row_limit, of_node, data, json};
constexpr argument mqtt_client_arguments[] = {this_client, of_node, data, json};
constexpr argument mqtt_kick_arguments[] = {
    this_client, {"--end-session", "", "forget its session too", optional}, of_node, data, json};
constexpr argument mqtt_subs_arguments[] = {
    {"topic", "TOPIC", "the name of one topic", required}, row_limit, of_node, data, json};
constexpr argument mqtt_retained_arguments[] = {
    {"filter", "FILTER", "a topic filter (default all)", optional},
    {"--payload", "", "with the beginning of each payload", optional},
    row_limit,
    of_node,
    data,
    json,
};
constexpr argument mqtt_trace_arguments[] = {
    this_client, {"--count", "N", "end after this many lines", optional}, of_node, data, json_lines};
constexpr argument broker_url = {"--url", "URL", "a broker: mqtt://, mqtts://, ws:// or wss://, HOST, :PORT", optional};
/// Which broker, and as whom.
constexpr argument broker_arguments[] = {
    of_node,
    data,
    broker_url,
    {"--host", "HOST", "a broker (default 127.0.0.1, where no node is named)", optional},
    {"--port", "N", "its port (default 1883, with --cafile or --cert 8883)", optional},
    {"--cafile", "FILE", "PEM: who signs the broker (default the system's)", optional},
    {"--cert", "FILE", "PEM: our own certificate", optional},
    {"--key", "FILE", "PEM: its private key", optional},
    {"--user", "NAME", "with a password from --password-file, PERIGEE_MQTT_PASSWORD or the terminal", optional},
    {"--password-file", "FILE", "the password, or a token", optional},
    {"--id", "ID", "our client id", optional},
    {"--mqtt-version", "V", "5 or 3.1.1 (default 5)", optional},
};
template <std::size_t N>
constexpr auto with_broker(const argument (&own)[N]) {
  std::array<argument, N + std::size(broker_arguments)> out{};
  std::ranges::copy(broker_arguments, std::ranges::copy(own, out.begin()).out);
  return out;
}
constexpr argument message_count = {"--count", "N", "end after this many messages", optional};
constexpr argument message_timeout = {"--timeout", "TIME",
                                      "end after this time: 10s; exit 1 where --count messages did not come", optional};

constexpr argument tail_arguments[] = {
    {"topic", "TOPIC", "a topic filter: 'site/#'", required},
    of_node,
    data,
    broker_url,
    message_count,
    message_timeout,
    json_lines,
};
constexpr auto sub_arguments = with_broker({
    {"filter", "FILTER", "topic filters: 'site/#'", many},
    {"--qos", "N", "0, 1 or 2 (default 0)", optional},
    {"--format", "FORMAT", "%t topic, %p payload, %x in hexadecimal, %l bytes, %q QoS, %r retained, %I time", optional},
    {"--verbose", "", "the topic before each payload", optional},
    {"--no-retained", "", "only what comes from now on", optional},
    {"--retain-as-published", "", "tell whether the publisher asked to retain it", optional},
    message_count,
    message_timeout,
    json_lines,
});
constexpr auto pub_arguments = with_broker({
    {"topic", "TOPIC", "where to", required},
    {"payload", "PAYLOAD", "what; else one of the next four", optional},
    {"--file", "FILE", "what a file holds", optional},
    {"--stdin", "", "all that comes on standard input", optional},
    {"--lines", "", "each line of it a message", optional},
    {"--empty", "", "nothing: takes what is retained away", optional},
    {"--qos", "N", "0, 1 or 2 (default 0)", optional},
    {"--retain", "", "the broker keeps it for who subscribes later", optional},
    {"--expiry", "TIME", "not delivered after this time: 30s", optional},
    {"--content-type", "TEXT", "what the payload is: application/json", optional},
    {"--response-topic", "TOPIC", "where an answer is wanted", optional},
    {"--correlation", "TEXT", "what the answer is to bring back", optional},
    {"--user-property", "NAME=VALUE", "may be given again", any},
    {"--wait-reply", "TIME", "print the first answer on the response topic; exit 1 where none comes: 5s", optional},
    {"--json", "", "the answer as a JSON object", optional},
});
constexpr argument journal_data = {"--data", "DIR", "the node's data folder, or the journal's own, in place of FILE",
                                   optional};
constexpr argument journal_file = {"file", "FILE", "the node's configuration", optional};
constexpr argument journal_ls_arguments[] = {journal_file, journal_data, json};
constexpr argument journal_dump_arguments[] = {
    journal_file,
    journal_data,
    {"--lane", "LANE", "alarm, event or bulk (default bulk)", optional},
    {"--from", "N", "the first offset", optional},
    {"--to", "N", "the last offset", optional},
    {"--limit", "N", "end after this many lines", optional},
    json_lines,
};
constexpr argument journal_verify_arguments[] = {journal_file, journal_data, json_lines};
constexpr argument journal_repair_arguments[] = {
    journal_file,
    journal_data,
    {"--write", "", "do it; without, it only says what it would do", optional},
    {"--node", "NAME", "whose journal it is, where journal.id is lost", optional},
    json_lines,
};
constexpr argument rule_ls_arguments[] = {of_node, json};
constexpr argument rule_show_arguments[] = {{"name", "NAME", "as `rule ls` has it", required}, of_node, json};
constexpr argument rule_tap_arguments[] = {{"name", "NAME", "as `rule ls` has it", required},
                                           {"--count", "N", "end after so many", optional},
                                           of_node,
                                           json_lines};
constexpr argument rule_explain_arguments[] = {{"rule", "FILE", "a *.rule.sql", required}};
constexpr argument rule_infer_arguments[] = {
    {"filter", "FILTER", "the messages' topics: 'plant/+'", required},
    {"--replay", "FILE", "the configuration of the node whose journal it is; the node may be running", optional},
    {"--data", "DIR", "its data folder, in place of the configuration", optional},
    {"--from", "TIME", "messages that came from here, 2026-11-22T10:00:00Z", optional},
    {"--to", "TIME", "to here", optional},
};
constexpr argument rule_run_arguments[] = {
    {"rules", "FILE", "a *.rule.sql, or a folder of them", required},
    {"--replay", "FILE", "the configuration of the node whose journal it is; the node may be running", optional},
    {"--data", "DIR", "its data folder, in place of the configuration", optional},
    {"--from", "TIME", "messages that came from here, 2026-11-22T10:00:00Z", optional},
    {"--to", "TIME", "to here; windows that end by then are ended", optional},
    json_lines,
};
constexpr argument ca_folder = {"folder", "FOLDER", "where they are", required};
constexpr argument ca_passphrase = {"--passphrase-file", "FILE",
                                    "its first line encrypts the authorities' keys, or is their tokens' PIN", optional};
constexpr argument ca_issuing_key = {
    "--issuing-key", "URI", "of the issuing authority's key in a token (default: FOLDER/issuing.key)", optional};
constexpr argument ca_init_arguments[] = {
    ca_folder,
    {"--site", "NAME", "what the authorities are called (default site)", optional},
    ca_passphrase,
    {"--root-key", "URI", "of the root's key in a token, pkcs11:... or handle:... (default: a new one in root.key)",
     optional},
    ca_issuing_key,
};
constexpr argument ca_show_arguments[] = {ca_folder, json};
constexpr argument ca_issue_arguments[] = {
    ca_folder,
    {"name", "NAME", "whom the certificate names", required},
    {"--profile", "PROFILE", "device or node (default device)", optional},
    {"--dns", "NAME", "of a node: one more name of its host; may be given again", any},
    {"--address", "IP", "of a node: its host's; may be given again", any},
    ca_passphrase,
    ca_issuing_key,
    {"--out", "FOLDER", "where NAME.key and NAME.crt go (default here)", optional},
};
constexpr argument ca_rollover_arguments[] = {
    {"folder", "FOLDER", "with the site's authorities, root.key among them", required},
    {"--finish", "", "the old root is trusted no more", optional},
    ca_passphrase,
    json,
};
constexpr argument join_arguments[] = {
    {"url", "URL", "the parent's API: https://HOST:PORT; or all in one, as `perigee token create --qr` shows it",
     required},
    {"token", "TOKEN", "as `perigee token create` at the parent made it", optional},
    {"name", "NAME", "of this node", optional},
    {"--fingerprint", "SHA256", "of the site's root, as `perigee ca show` says it at the parent", optional},
    {"--folder", "FOLDER", "where its files go (default here)", optional},
    {"--gateway", "", "and enrol devices below its own name, also while the parent is away", optional},
};
constexpr argument attest_arguments[] = {
    {"url", "URL", "the parent's API: https://HOST:PORT", required},
    {"name", "NAME", "of this node or device", required},
    {"--token", "TOKEN", "for the first certificate; later NAME.crt is shown", optional},
    {"--kind", "KIND", "node or device (default node)", optional},
    {"--key", "HANDLE", "where the TPM keeps the key (default handle:0x81000010)", optional},
    {"--event-log", "FILE", "what was started (default the kernel's)", optional},
    {"--authority", "FILE", "the root of the site (default root.crt in the folder)", optional},
    {"--folder", "FOLDER", "where NAME.crt goes (default here)", optional},
};
constexpr argument thing_name = {"name", "NAME", "of the device, as in its certificate", required};
constexpr argument why = {"--why", "TEXT", "the reason, for the audit", optional};
constexpr argument set_group = {"--group", "GROUP", "may be given again", any};
constexpr argument set_attribute = {"--attr", "NAME=VALUE", "may be given again", any};
constexpr argument device_add_arguments[] = {
    thing_name,
    {"--kind", "KIND", "device or node (default device)", optional},
    set_group,
    set_attribute,
    {"--serial-number", "TEXT", "the maker's", optional},
    why,
    of_node,
    data,
    json,
};
constexpr argument device_ls_arguments[] = {
    {"--group", "GROUP", "those in this group", optional},
    {"--lifecycle", "STAGE", "registered, provisioned, active, suspended or retired", optional},
    {"--kind", "KIND", "device or node", optional},
    row_limit,
    of_node,
    data,
    json,
};
constexpr argument device_show_arguments[] = {thing_name, of_node, data, json};
constexpr argument device_set_arguments[] = {
    thing_name,
    {"--group", "GROUP", "its groups from now on; may be given again", any},
    {"--no-groups", "", "it is in no group from now on", optional},
    {"--attr", "NAME=VALUE", "may be given again; without =VALUE the attribute goes", any},
    why,
    of_node,
    data,
    json,
};
constexpr argument device_arguments[] = {thing_name, why, of_node, data, json};
constexpr argument device_import_arguments[] = {
    {"file", "FILE", "CSV: name,kind,groups,serial_number,attr:NAME", required}, why, of_node, data, json};
constexpr argument token_create_arguments[] = {
    {"--for", "NAME", "whom it is for, '*' for any characters (default '*')", optional},
    {"--purpose", "PURPOSE", "join, enrol, api or gateway (default join)", optional},
    {"--expires", "TIME", "from now: 30m, 2d (default 1h)", optional},
    {"--uses", "N", "how often (default 1)", optional},
    {"--qr", "", "show what `perigee join` takes, as a QR code on a terminal", optional},
    {"--url", "URL", "with --qr: the node's API as others reach it", optional},
    why,
    of_node,
    data,
    json,
};
constexpr argument token_ls_arguments[] = {row_limit, of_node, data, json};
constexpr argument token_revoke_arguments[] = {
    {"id", "ID", "as `perigee token ls` shows it", required}, why, of_node, data, json};
constexpr argument certificate_ls_arguments[] = {
    {"--thing", "NAME", "those of this thing", optional}, row_limit, of_node, data, json};
constexpr argument certificate_revoke_arguments[] = {
    {"serial", "SERIAL", "as `perigee certificate ls` shows it", required},
    {"--issuer", "KEY", "its authority's key, where several gave this number", optional},
    {"--reason", "REASON", "keyCompromise, superseded, ... (RFC 5280 5.3.1; default unspecified)", optional},
    why,
    of_node,
    data,
    json,
};
constexpr argument certificate_lists_arguments[] = {of_node, data, json};
constexpr argument enrolment_ls_arguments[] = {row_limit, of_node, data, json};
constexpr argument enrolment_arguments[] = {
    {"id", "ID", "as `perigee enrolment ls` shows it", required}, why, of_node, data, json};
constexpr argument template_name = {"name", "NAME", "of the template", required};
constexpr argument template_add_arguments[] = {
    template_name,
    {"file", "FILE", "the template's body, in AWS's JSON", required},
    {"--keys", "", "the node makes keys for devices that ask for one; without, they make their own", optional},
    {"--replace", "", "a serial number that comes again gets a new certificate; without, it is refused", optional},
    why,
    of_node,
    data,
    json,
};
constexpr argument template_arguments[] = {template_name, why, of_node, data, json};
constexpr argument template_show_arguments[] = {template_name, of_node, data, json};
constexpr argument provision_claim_arguments[] = {
    template_name,
    {"--expires", "TIME", "from now: 1h (the default, and the least), 90d", optional},
    {"--out", "FOLDER", "where the certificate and its key go (default here)", optional},
    why,
    of_node,
    data,
    json,
};
constexpr argument user_name = {"name", "NAME", "the user's", required};
constexpr argument users_file = {"--users", "FILE", "the user file, in place of --node", optional};
constexpr argument with_scram = {"--scram", "", "for SCRAM-SHA-256 too", optional};
constexpr argument user_add_arguments[] = {
    user_name,
    {"--groups", "A,B", "what the policy may call several users by", optional},
    {"--thing", "NAME", "what ${thing} stands for in the policy", optional},
    with_scram,
    {"--no-password", "", "for tokens or a certificate only", optional},
    of_node,
    users_file,
};
constexpr argument user_passwd_arguments[] = {user_name, with_scram, of_node, users_file};
constexpr argument user_arguments[] = {user_name, of_node, users_file};
constexpr argument user_ls_arguments[] = {of_node, users_file, json};
constexpr argument user_token_arguments[] = {
    user_name,
    {"token", "TOKEN", "what the token is called", required},
    {"--expires", "TIME", "2027-01-31T12:00:00Z", optional},
    {"--scope", "SCOPE", "what it is for: mqtt (default), read, or an area of the API; may be given again", any},
    {"--rm", "", "take it away", optional},
    of_node,
    users_file,
};
constexpr argument user_link_arguments[] = {user_name, of_node, data, json};
constexpr argument user_may_arguments[] = {
    {"action", "pub|sub|recv", "publish, subscribe or receive", required},
    {"topic", "TOPIC", "a topic, or for sub a topic filter", required},
    {"--node", "FILE", "the node's configuration", required},
    {"--user", "NAME", "a user", optional},
    {"--certificate", "NAME", "the name in its certificate", optional},
    {"--client", "ID", "its client identifier", optional},
};
constexpr argument bench_url = {"url", "URL", "mqtt://HOST:PORT or mqtts:// (default mqtt://127.0.0.1)", optional};
constexpr argument bench_ca = {"--ca", "FILE", "mqtts: the authority that signed the broker's certificate", optional};
constexpr argument bench_cert = {"--cert", "FILE", "mqtts: a client certificate", optional};
constexpr argument bench_key = {"--key", "FILE", "mqtts: its private key", optional};
constexpr argument bench_pid = {"--pid", "PID", "the broker's process, whose CPU time is counted", optional};
constexpr argument bench_message_arguments[] = {
    bench_url,
    {"--connections", "N", "publishers; for fan-out subscribers (default 8; fan-out 100)", optional},
    {"--qos", "N", "0, 1 or 2 (default 0)", optional},
    {"--size", "BYTES", "of a payload (default 64)", optional},
    {"--batch", "N", "messages per send (default 1)", optional},
    {"--window", "N", "messages of a publisher on their way (default one batch)", optional},
    {"--rate", "N", "messages a second of all; without, as fast as they go", optional},
    {"--for", "TIME", "measured (default 5s)", optional},
    {"--warm-up", "TIME", "before that (default 500ms)", optional},
    bench_pid,
    bench_ca,
    bench_cert,
    bench_key,
    json,
};
constexpr argument bench_connect_arguments[] = {
    bench_url,
    {"--connections", "N", "how many (default 1000)", optional},
    {"--rate", "N", "connections a second; without, as fast as they go", optional},
    {"--hold", "TIME", "kept open (default 2s); memory is measured at the end", optional},
    bench_pid,
    bench_ca,
    bench_cert,
    bench_key,
    json,
};
constexpr argument test_arguments[] = {
    {"folder", "DIR", "rules and the *.test.toml beside them", required},
    {"--coverage", "", "say which conditions were never true or never false", optional},
    {"--junit", "FILE", "write the outcomes there too, as JUnit's XML", optional},
    json,
};
constexpr argument demo_arguments[] = {
    demo_data,
    {"--clean", "", "remove the folder at the end", optional},
    {"--for", "TIME", "end after this time, count, and exit 0 only if nothing was lost or doubled: 60s", optional},
    {"--script", "FILE", "lines such as `15s cut fog`, `30s heal fog`, `35s kill fog`, `37s start fog`", optional},
    {"--report", "FILE", "what was counted, as JSON", optional},
    {"--rate", "N", "readings a second at all sensors together (default 60)", optional},
    {"--replay", "FILE", "a CSV file, played at edge-1 in place of its machine", optional},
    {"--seed", "N", "of the simulated machines (default 1)", optional},
    {"--example", "NAME", "another plant and its rules in place of the motors: cold-chain, fleet, irrigation ...",
     optional},
};
constexpr argument demo_cut_arguments[] = {demo_node, demo_data};
constexpr argument demo_node_arguments[] = {demo_this_node, demo_data};
constexpr argument demo_stop_arguments[] = {demo_data};

constexpr command table[] = {
    {"run", "run a node", run_arguments, run_run},
    {"demo", "a whole site on this machine: cloud, fog, three edges", demo_arguments, run_demo},
    {"demo cut", "cut a node's cable upwards (default fog)", demo_cut_arguments, run_demo_cut},
    {"demo heal", "join it again", demo_cut_arguments, run_demo_heal},
    {"demo kill", "kill a node with SIGKILL", demo_node_arguments, run_demo_kill},
    {"demo start", "start it again", demo_node_arguments, run_demo_start},
    {"demo stop", "take the demo down", demo_stop_arguments, run_demo_stop},
    {"page", "a link to a running node's page that signs in, once", status_arguments, run_page},
    {"status", "what a running node says of itself", status_arguments, run_status},
    {"tail", "messages as they come", tail_arguments, run_tail},
    {"pub", "publish to a node or any MQTT broker", pub_arguments, run_pub},
    {"sub", "print what a node or any MQTT broker publishes", sub_arguments, run_sub},
    {"mqtt", "the MQTT broker of a running node", {}, run_mqtt},
    {"mqtt clients", "who is connected or has a session", mqtt_clients_arguments, run_mqtt_clients},
    {"mqtt client", "one client with its filters", mqtt_client_arguments, run_mqtt_client},
    {"mqtt kick", "disconnect a client", mqtt_kick_arguments, run_mqtt_kick},
    {"mqtt subs", "whose filters cover a topic", mqtt_subs_arguments, run_mqtt_subs},
    {"mqtt retained", "retained messages by topic", mqtt_retained_arguments, run_mqtt_retained},
    {"mqtt trace", "every packet of one client, as it passes", mqtt_trace_arguments, run_mqtt_trace},
    {"alarm", "what operators see of alarms, and do about them", {}, run_alarm},
    {"alarm ls", "those that stand, the worst first", alarm_ls_arguments, run_alarm_ls},
    {"alarm show", "one, who did what, and what may be done", alarm_show_arguments, run_alarm_show},
    {"alarm history", "all that happened to one", alarm_show_arguments, run_alarm_history},
    {"alarm ack", "acknowledge one", alarm_arguments, run_alarm_ack},
    {"alarm confirm", "what was to be done is done", alarm_arguments, run_alarm_confirm},
    {"alarm reset", "one that latches", alarm_arguments, run_alarm_reset},
    {"alarm clear", "one whose condition cannot end it any more", alarm_arguments, run_alarm_clear},
    {"alarm shelve", "put one out of sight for a time", alarm_shelve_arguments, run_alarm_shelve},
    {"alarm unshelve", "show it again", alarm_arguments, run_alarm_unshelve},
    {"alarm suppress", "one or a group, by design", alarm_group_arguments, run_alarm_suppress},
    {"alarm unsuppress", "no more", alarm_group_arguments, run_alarm_unsuppress},
    {"alarm out-of-service", "for maintenance", alarm_arguments, run_alarm_out_of_service},
    {"alarm return-to-service", "again", alarm_arguments, run_alarm_return_to_service},
    {"alarm comment", "say something about one", alarm_comment_arguments, run_alarm_comment},
    {"alarm groups", "and which alarm of each came first", alarm_whole_arguments, run_alarm_groups},
    {"alarm kpi", "how many alarms operators are told of; floods", alarm_whole_arguments, run_alarm_kpi},
    {"quarantine", "records that a node's readers cannot handle", {}, run_quarantine},
    {"quarantine ls", "number, time, reader, topic and reason of each", quarantine_ls_arguments, run_quarantine_ls},
    {"quarantine show", "one record with its payload", quarantine_one_arguments, run_quarantine_show},
    {"quarantine retry", "hand it to its reader again", quarantine_one_arguments, run_quarantine_retry},
    {"quarantine drop", "give it up; a gap record says so", quarantine_one_arguments, run_quarantine_drop},
    {"ca", "the certificate authorities of a site", {}, run_ca},
    {"ca init", "make a root and an issuing authority", ca_init_arguments, run_ca_init},
    {"ca show", "who they are, until when, and their fingerprints", ca_show_arguments, run_ca_show},
    {"ca issue", "a key and a certificate, without a running node", ca_issue_arguments, run_ca_issue},
    {"ca rollover", "change the root while the site runs", ca_rollover_arguments, run_ca_rollover},
    {"join", "become a child of another node: a key, and its certificate", join_arguments, run_join},
    {"attest", "a certificate for a key in this machine's TPM, for what it has started", attest_arguments, run_attest},
    {"device", "the things that a node knows", {}, run_device},
    {"device add", "register a device or a node", device_add_arguments, run_device_add},
    {"device ls", "those that are known", device_ls_arguments, run_device_ls},
    {"device show", "one, and what was done with it", device_show_arguments, run_device_show},
    {"device set", "its groups and attributes", device_set_arguments, run_device_set},
    {"device suspend", "shut it out; its connection is closed", device_arguments, run_device_suspend},
    {"device resume", "let it in again", device_arguments, run_device_resume},
    {"device retire", "shut it out for good, its certificates revoked", device_arguments, run_device_retire},
    {"device delete", "forget one that is registered or retired", device_arguments, run_device_delete},
    {"device import", "register what a CSV file lists, all or none", device_import_arguments, run_device_import},
    {"token", "tokens that let nodes and devices in", {}, run_token},
    {"token create", "make one, shown once", token_create_arguments, run_token_create},
    {"token ls", "every token, without its secret", token_ls_arguments, run_token_ls},
    {"token revoke", "let nobody in by it any more", token_revoke_arguments, run_token_revoke},
    {"certificate", "certificates that a node knows", {}, run_certificate},
    {"certificate ls", "each, and whether it is good", certificate_ls_arguments, run_certificate_ls},
    {"certificate revoke", "take one back, at every node", certificate_revoke_arguments, run_certificate_revoke},
    {"certificate lists", "whose revocations are known, and as of when", certificate_lists_arguments,
     run_certificate_lists},
    {"enrolment", "who waits for an operator to be let in", {}, run_enrolment},
    {"enrolment ls", "those that wait, and those that did", enrolment_ls_arguments, run_enrolment_ls},
    {"enrolment approve", "let one in: it gets its certificate", enrolment_arguments, run_enrolment_approve},
    {"enrolment deny", "refuse one", enrolment_arguments, run_enrolment_deny},
    {"provision", "devices that register themselves, as with AWS IoT", {}, run_provision},
    {"provision template", "what becomes of them", {}, run_provision_template},
    {"provision template add", "add a template", template_add_arguments, run_provision_template_add},
    {"provision template ls", "every template", enrolment_ls_arguments, run_provision_template_ls},
    {"provision template show", "one template's body", template_show_arguments, run_provision_template_show},
    {"provision template rm", "take one away", template_arguments, run_provision_template_rm},
    {"provision claim", "a certificate that lets devices provision", provision_claim_arguments, run_provision_claim},
    {"user", "who may connect to a node", {}, run_user},
    {"user add", "a user, its password from stdin or asked for", user_add_arguments, run_user_add},
    {"user passwd", "another password", user_passwd_arguments, run_user_passwd},
    {"user link", "a link with which a user chooses a password", user_link_arguments, run_user_link},
    {"user rm", "take a user away; its clients are disconnected", user_arguments, run_user_rm},
    {"user ls", "every user, without secrets", user_ls_arguments, run_user_ls},
    {"user token", "make a token, shown once, or take it away", user_token_arguments, run_user_token},
    {"user disable", "let a user in no more", user_arguments, run_user_disable},
    {"user enable", "let it in again", user_arguments, run_user_enable},
    {"user may", "whether a client may do something, and which rule says so", user_may_arguments, run_user_may},
    {"journal", "a node's journal on the disk", {}, run_journal},
    {"journal ls", "lanes, segments and cursors; beside a running node too", journal_ls_arguments, run_journal_ls},
    {"journal dump", "records, one a line", journal_dump_arguments, run_journal_dump},
    {"journal verify", "read every byte; exit 1 on damage", journal_verify_arguments, run_journal_verify},
    {"journal repair", "mend what verify finds, losing nothing readable", journal_repair_arguments, run_journal_repair},
    {"rule", "rules of a node, and rules tried on what was recorded", {}, run_rule},
    {"rule ls", "the rules of a running node, and what they did", rule_ls_arguments, run_rule_ls},
    {"rule show", "one of them", rule_show_arguments, run_rule_show},
    {"rule tap", "what one does, as it does it", rule_tap_arguments, run_rule_tap},
    {"rule explain", "what one does with a message, step by step", rule_explain_arguments, run_rule_explain},
    {"rule infer", "[fields] for a rule, from what a journal holds", rule_infer_arguments, run_rule_infer},
    {"rule run", "what rules would have done to a journal", rule_run_arguments, run_rule_run},
    {"bench", "measure a broker", {}, run_bench_mqtt},
    {"bench mqtt", "load for an MQTT broker, and what it makes of it", {}, run_bench_mqtt},
    {"bench mqtt p2p", "publishers with a subscriber each", bench_message_arguments, run_bench_mqtt_p2p},
    {"bench mqtt fan-in", "many publishers, one subscriber", bench_message_arguments, run_bench_mqtt_fan_in},
    {"bench mqtt fan-out", "one publisher, many subscribers", bench_message_arguments, run_bench_mqtt_fan_out},
    {"bench mqtt connect", "connections, opened and kept", bench_connect_arguments, run_bench_mqtt_connect},
    {"validate", "check files and show every error", validate_arguments, run_validate},
    {"test", "run the tests beside rules", test_arguments, run_test},
    {"explain", "more about an error code", explain_arguments, run_explain},
    {"completion", "a script that completes commands: source <(perigee completion bash)", completion_arguments,
     run_completion},
    {"doctor", "check this machine and a node's surroundings", doctor_arguments, run_doctor},
    {"version", "what this program is and what is built in", version_arguments, run_version},
};

}  // namespace

std::span<const command> commands() { return table; }

}  // namespace perigee::cli
