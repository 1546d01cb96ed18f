#include "node/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "node/at_rest.hpp"

#include "base/limits.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

std::expected<config, diagnostics> parse(std::string_view text) {
  return parse_config({"node.toml", text}, "/etc/perigee");
}

constexpr std::string_view smallest = "[node]\nid = \"fog-1\"\ndata = \"data/fog-1\"\n";

diagnostics errors_of(std::string_view more) {
  auto parsed = parse(std::string(smallest) + std::string(more));
  return parsed ? diagnostics{} : std::move(parsed).error();
}

/// "P0102@5:3" for the only error, for short expectations.
std::string only_error(std::string_view more) {
  const auto all = errors_of(more);
  if (all.size() != 1) return render_all(all);
  return std::format("{}@{}:{}", all[0].code, all[0].line, all[0].column);
}

TEST(config, smallest_has_durable_defaults) {
  const auto c = parse(smallest);
  ASSERT_TRUE(c) << render_all(c.error());
  EXPECT_EQ(c->node_id, "fog-1");
  EXPECT_EQ(c->data, "/etc/perigee/data/fog-1");
  EXPECT_EQ(c->journal.segment_bytes, 16U << 20);
  for (const auto& lane : c->journal.lanes) EXPECT_EQ(lane.durability, durability::fsync);
  EXPECT_TRUE(c->mqtt.empty());
  EXPECT_FALSE(c->api);
  EXPECT_FALSE(c->uplink);
  EXPECT_TRUE(c->history.enabled);
}

TEST(config, every_section_is_read) {
  const auto c = parse(R"([node]
id = "fog-1"
data = "/var/lib/perigee"
tier = "fog"
ledger = "ledger"
[log]
level = "warning"
[tls]
certificate = "fog-1.crt"
key = { file = "fog-1.key" }
authority = "ca.crt"
[journal]
segment = "1MiB"
durability = "os"
[journal.lane.bulk]
bytes_max = "2GiB"
age_max = "12h"
when_full = "refuse"
[journal.lane.alarm]
durability = "fsync"
[[mqtt]]
port = 0
[[mqtt]]
address = "0.0.0.0"
port = 8883
transport = "wss"
[[lane]]
filter = "alarm/#"
lane = "alarm"
[api]
port = 0
[uplink]
url = "mqtts://cloud.example:9883"
linger = "50ms"
batch_records = 500
in_flight = 4
budget_per_hour = "10MB"
budget_per_day = "100MB"
schedule = ["Mon-Fri 22:00-06:00", "Sun 00:00-24:00"]
[history]
enabled = false
retention = "1.5d"
[rules]
folder = "rules"
[[replay]]
name = "press"
file = "x.csv"
topic = "site/replay/press"
speed = 60
loop = true
time = "original"
time_column = "timestamp"
time_format = "%Y"
[[replay.column]]
name = "value"
metric = "temperature"
unit = "Cel"
decimals = 2
[[machine]]
name = "motor-1"
topic = "site/edge-1/motor-1"
command_topic = "cmd/motor-1"
rate_hz = 50.0
seed = 7
faults = ["bearing", "cooling_loss"]
)");
  ASSERT_TRUE(c) << render_all(c.error());
  EXPECT_EQ(c->ledger_folder, "/etc/perigee/ledger");
  EXPECT_EQ(c->log_level, log::level::warning);
  ASSERT_TRUE(c->tls);
  EXPECT_EQ(c->tls->key.name, "/etc/perigee/fog-1.key");
  EXPECT_EQ(c->tls->authority, "/etc/perigee/ca.crt");
  const auto& bulk = c->journal.of(model::lane::bulk);
  EXPECT_EQ(bulk.bytes_max, 2ULL << 30);
  EXPECT_EQ(bulk.age_max, 12h);
  EXPECT_EQ(bulk.when_full, when_full::refuse);
  EXPECT_EQ(bulk.durability, durability::os);
  EXPECT_EQ(c->journal.of(model::lane::alarm).durability, durability::fsync);
  ASSERT_EQ(c->mqtt.size(), 2U);
  EXPECT_TRUE(c->mqtt[0].anonymous);
  EXPECT_FALSE(c->mqtt[1].anonymous);
  EXPECT_EQ(c->mqtt[1].transport, transport::wss);
  EXPECT_EQ(c->lanes.at(0).lane, model::lane::alarm);
  EXPECT_EQ(c->api->port, 0);
  EXPECT_EQ(c->uplink->host, "cloud.example");
  EXPECT_EQ(c->uplink->port, 9883);
  EXPECT_EQ(c->uplink->linger, 50ms);
  EXPECT_EQ(c->uplink->budget_per_hour_bytes, 10'000'000U);
  EXPECT_EQ(c->uplink->budget_per_day_bytes, 100'000'000U);
  ASSERT_EQ(c->uplink->schedule.size(), 2U);
  EXPECT_EQ(c->uplink->schedule[0], (readers::uplink::weekly_window{0, 4, 22 * 60, 6 * 60}));
  EXPECT_FALSE(c->history.enabled);
  EXPECT_EQ(c->history.retention, 36h);
  EXPECT_EQ(c->rules_folder, "/etc/perigee/rules");
  EXPECT_EQ(c->replays.at(0).columns.at(0).decimals, 2U);
  EXPECT_EQ(c->replays.at(0).time, replay_time::original);
  EXPECT_EQ(c->machines.at(0).faults, (std::vector{machine_fault::bearing, machine_fault::cooling_loss}));
}

TEST(config, all_errors_at_once_in_the_order_of_the_file) {
  const auto all = errors_of(R"([journal]
durability = "fsyn"
segmnt = "16MiB"
[[mqtt]]
port = 70000
address = 1
[history]
retention = "30"
)");
  ASSERT_EQ(all.size(), 5U) << render_all(all);
  const std::vector<std::string_view> codes = {"P0106", "P0102", "P0105", "P0103", "P0105"};
  for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(all[i].code, codes[i]) << all[i].render();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &diagnostic::line));
  EXPECT_EQ(all[0].help, "did you mean 'fsync'?");
  EXPECT_EQ(all[1].help, "did you mean 'segment'?");
}

TEST(config, an_error_shows_its_line_and_a_caret) {
  EXPECT_EQ(errors_of("[journal]\ndurability = \"fsyn\"\n").at(0).render(),
            "node.toml:5:14: error P0106: 'fsyn' is not known here\n"
            "     5 | durability = \"fsyn\"\n"
            "       |              ^^^^^^\n"
            "       = help: did you mean 'fsync'?\n");
}

TEST(config, columns_count_bytes_behind_other_letters) {
  const auto c = parse("mqtt = [{ address = \"ü\", port = \"x\" }]\n" + std::string(smallest));
  ASSERT_FALSE(c);
  ASSERT_EQ(c.error().size(), 2U) << render_all(c.error());
  EXPECT_EQ(c.error()[0].column, 21U);
  EXPECT_EQ(c.error()[0].length, 4U);
  EXPECT_EQ(c.error()[1].column, 34U);
}

TEST(config, syntax_errors_have_a_place) {
  const auto all = errors_of("[log]\nlevel = \n");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, "P0101");
  EXPECT_EQ(all[0].line, 5U);
}

TEST(config, what_is_required_is_named) {
  const auto none = parse("");
  ASSERT_FALSE(none);
  ASSERT_EQ(none.error().size(), 1U);
  EXPECT_EQ(none.error()[0].code, "P0104");
  EXPECT_EQ(none.error()[0].line, 0U);
  EXPECT_EQ(only_error("[uplink]\nlinger = \"1s\"\n"), "P0104@4:1");
  EXPECT_EQ(only_error("[[lane]]\nfilter = \"a\"\n"), "P0104@4:1");
}

TEST(config, unknown_sections_are_told_apart_from_keys) {
  const auto all = errors_of("[uplnk]\nurl = \"x\"\n");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].message, "unknown section 'uplnk' in the file");
  EXPECT_EQ(all[0].help, "did you mean 'uplink'?");
  EXPECT_EQ(only_error("[journal.lane.allarm]\n").substr(0, 5), "P0102");
}

TEST(config, a_section_written_the_wrong_way_is_said) {
  EXPECT_EQ(only_error("[mqtt]\nport = 1883\n"), "P0103@4:1");
  EXPECT_EQ(only_error("log = 3\n").substr(0, 5), "P0102") << "still inside [node]";
  EXPECT_EQ(only_error("[[log]]\nlevel = \"info\"\n"), "P0103@4:1");
}

TEST(config, secrets_are_references) {
  const auto in_the_open = errors_of("[tls]\ncertificate = \"a\"\nkey = \"-----BEGIN\"\n");
  ASSERT_EQ(in_the_open.size(), 1U);
  EXPECT_EQ(in_the_open[0].code, "P0108");
  EXPECT_EQ(only_error("[tls]\ncertificate = \"a\"\nkey = { file = \"a\", env = \"B\" }\n"), "P0108@6:7");
  EXPECT_EQ(only_error("[tls]\ncertificate = \"a\"\nkey = { fil = \"a\" }\n"), "P0108@6:7");
  EXPECT_EQ(only_error("[tls]\ncertificate = \"a\"\nkey = { env = \"KEY\" }\n"), "");
}

struct refusal {
  std::string_view text;
  std::string_view code;
};

// Promise P10: no listener off loopback without TLS and an identity.
TEST(config, listeners_are_closed_to_strangers) {
  constexpr std::string_view tls = "[tls]\ncertificate = \"a\"\nkey = { env = \"K\" }\n";
  constexpr std::string_view mutual = "[tls]\ncertificate = \"a\"\nkey = { env = \"K\" }\nauthority = \"b\"\n";
  const auto code = [](std::string text) {
    const auto all = errors_of(text);
    return all.empty() ? std::string() : all.size() == 1 ? all[0].code : render_all(all);
  };
  const std::string far = "[[mqtt]]\naddress = \"0.0.0.0\"\n";
  EXPECT_EQ(code(far), "P0110");
  EXPECT_EQ(code(far + "anonymous = true\n"), "P0110");
  EXPECT_EQ(code(far + "transport = \"tls\"\n"), "P0111");
  EXPECT_EQ(code(far + "transport = \"tls\"\n" + std::string(tls)), "P0110");
  EXPECT_EQ(code(far + "transport = \"tls\"\nanonymous = true\n" + std::string(mutual)), "") << "said, and warned of";
  EXPECT_EQ(code(far + "transport = \"tls\"\n" + std::string(mutual)), "");
  EXPECT_EQ(code("[[mqtt]]\nanonymous = false\n"), "P0110");
  EXPECT_EQ(code("[[mqtt]]\ntransport = \"tls\"\nanonymous = true\n" + std::string(tls)), "");
  EXPECT_EQ(code("[[mqtt]]\ntransport = \"tls\"\n" + std::string(tls)), "P0110");
  EXPECT_EQ(code("[[mqtt]]\naddress = \"127.0.0.2\"\n"), "");
  EXPECT_EQ(code("[[mqtt]]\naddress = \"::\"\n"), "P0110");
  EXPECT_EQ(code("[api]\naddress = \"0.0.0.0\"\n"), "P0110");
  EXPECT_EQ(code("[api]\naddress = \"0.0.0.0\"\n" + std::string(mutual)), "");
}

TEST(config, listeners_know_users_where_there_are_some) {
  constexpr std::string_view tls = "[tls]\ncertificate = \"a\"\nkey = { env = \"K\" }\n";
  constexpr std::string_view users = "[access]\nusers = \"users.toml\"\n";
  const auto code = [&](std::string_view text) { return only_error(text).substr(0, 5); };
  const std::string far = "[[mqtt]]\naddress = \"0.0.0.0\"\n";
  EXPECT_EQ(code(std::string("[[mqtt]]\nanonymous = false\n").append(users)), "");
  EXPECT_EQ(code((far + "transport = \"tls\"\n").append(tls).append(users)), "");
  EXPECT_EQ(code(far + std::string(users)), "P0110") << "passwords in the clear";
  EXPECT_EQ(code("[[mqtt]]\nidentity = \"user\"\n"), "P0114");
  EXPECT_EQ(code(std::string("[[mqtt]]\nidentity = \"user\"\n").append(users)), "");
  EXPECT_EQ(code(std::string("[[mqtt]]\nidentity = \"certificate\"\n").append(users)), "P0114");
  const auto by_default = parse(std::string(smallest).append("[[mqtt]]\n").append(users));
  ASSERT_TRUE(by_default);
  EXPECT_FALSE(by_default->mqtt[0].anonymous) << "who has users wants them asked for";
  const auto open = parse(std::string(smallest).append("[[mqtt]]\nanonymous = true\n").append(users));
  EXPECT_TRUE(open->mqtt[0].anonymous);
}

TEST(config, uplinks) {
  constexpr std::string_view tls = "[tls]\ncertificate = \"a\"\nkey = { env = \"K\" }\nauthority = \"b\"\n";
  const auto url = [&](std::string_view text, bool with_tls) {
    return only_error(std::format("[uplink]\nurl = \"{}\"\n{}", text, with_tls ? tls : "")).substr(0, 5);
  };
  EXPECT_EQ(url("mqtt://127.0.0.1", false), "");
  EXPECT_EQ(url("mqtt://cloud.example", false), "P0110");
  EXPECT_EQ(url("mqtts://cloud.example", false), "P0111");
  EXPECT_EQ(url("mqtts://cloud.example", true), "");
  EXPECT_EQ(url("https://cloud.example", true), "P0112");
  EXPECT_EQ(url("cloud.example:8883", true), "P0112");
  EXPECT_EQ(url("mqtts://cloud.example:0", true), "P0112");
  EXPECT_EQ(parse(std::string(smallest) + "[uplink]\nurl = \"mqtt://[::1]\"\n")->uplink->port, 1883);
}

TEST(config, renewal) {
  constexpr std::string_view one_file = "[tls]\ncertificate = \"a.pem\"\nkey = { file = \"a.pem\" }\n";
  constexpr std::string_view two_files = "[tls]\ncertificate = \"a.crt\"\nkey = { file = \"a.key\" }\n";
  const auto code = [&](std::string_view tls, std::string_view more, std::string_view from) {
    return only_error(std::format("{}{}[identity]\nrenew = \"{}\"\n", tls, more, from)).substr(0, 5);
  };
  constexpr std::string_view authority = "authority = \"root.crt\"\n";
  EXPECT_EQ(code(one_file, authority, "https://cloud:8443"), "");
  EXPECT_EQ(code(one_file, "", "self"), "");
  EXPECT_EQ(code(one_file, "", "https://cloud:8443"), "P0111") << "who signed the parent?";
  EXPECT_EQ(code("", "", "self"), "P0111");
  EXPECT_EQ(code(two_files, authority, "https://cloud:8443"), "P0114") << "one rename replaces both";
  EXPECT_EQ(code(one_file, authority, "mqtts://cloud:8883"), "P0112");
}

TEST(config, machines_are_answered_by_tls_beside_the_api) {
  constexpr std::string_view port = "[identity]\nport = 8444\n";
  constexpr std::string_view tls = "[tls]\ncertificate = \"a.pem\"\nkey = { file = \"a.pem\" }\n";
  EXPECT_EQ(only_error(std::format("{}[api]\n{}", tls, port)), "");
  EXPECT_EQ(only_error(std::format("{}{}", tls, port)).substr(0, 5), "P0111");
  EXPECT_EQ(only_error(std::format("[api]\n{}", port)).substr(0, 5), "P0111");
  EXPECT_EQ(only_error(std::format("{}[api]\nport = 8444\n{}", tls, port)).substr(0, 5), "P0113");
}

TEST(config, two_of_one_kind) {
  EXPECT_EQ(only_error("[[mqtt]]\n[[mqtt]]\n"), "P0113@5:1");
  EXPECT_EQ(only_error("[[mqtt]]\nport = 0\n[[mqtt]]\nport = 0\n"), "");
  EXPECT_EQ(only_error("[[mqtt]]\nport = 9000\n[api]\nport = 9000\n"), "P0113@7:8");
  constexpr std::string_view machine = "[[machine]]\nname = \"m\"\ntopic = \"t\"\ncommand_topic = \"c\"\n";
  EXPECT_EQ(only_error(std::format("{0}{0}", machine)), "P0107@9:8");
}

TEST(config, journal_bounds_fit_together) {
  EXPECT_EQ(only_error("[journal]\nsegment = \"1KiB\"\n"), "P0105@5:11");
  EXPECT_EQ(only_error("[journal.lane.bulk]\nbytes_max = \"20MiB\"\n"), "P0114@5:13");
}

TEST(config, names_topics_and_lists) {
  EXPECT_FALSE(parse("[node]\nid = \"fog/1\"\ndata = \"d\"\n"));
  EXPECT_FALSE(parse("[node]\nid = \"..\"\ndata = \"d\"\n"));
  EXPECT_FALSE(parse("[node]\nid = \"\"\ndata = \"d\"\n"));
  EXPECT_EQ(only_error("[[lane]]\nfilter = \"a/#/b\"\nlane = \"bulk\"\n"), "P0105@5:10");
  EXPECT_EQ(only_error("[[machine]]\nname = \"m\"\ntopic = \"a/+\"\ncommand_topic = \"c\"\n"), "P0105@6:9");
  std::string many = "mqtt = [";
  for (int i = 0; i < 17; ++i) many += "{ port = 0 },";
  const auto parsed = parse(many + "]\n" + std::string(smallest));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().at(0).code, "P0115");
}

TEST(config, too_deep_or_too_long_is_refused_before_it_is_parsed) {
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  EXPECT_EQ(errors_of(deep + " = 1\n").at(0).code, "P0101");
  EXPECT_EQ(errors_of("# and so on ................................................\n").size(), 0U);
  EXPECT_EQ(errors_of(std::string(300'000, '#')).at(0).code, "P0100");
}

TEST(config, a_window_that_is_none_is_shown_where_it_stands) {
  const std::string uplink = "[uplink]\nurl = \"mqtt://127.0.0.1:1\"\n";
  EXPECT_EQ(only_error(uplink + "schedule = [\"Mon-Fri 22:00-06:00\", \"Mon 25:00-06:00\"]\n"), "P0105@6:36");
  EXPECT_EQ(only_error(uplink + "schedule = \"Mon 22:00-06:00\"\n"), "P0103@6:12");
  std::string many = "schedule = [";
  for (std::uint32_t i = 0; i <= limits::uplink_windows_max; ++i) many += "\"Mon 22:00-06:00\",";
  EXPECT_EQ(only_error(uplink + many + "]\n"), "P0115@6:12");
}

class config_file : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "perigee_config_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(folder_ + "/" + std::string(name)) << text;
  }

  std::string folder_;
};

TEST_F(config_file, paths_start_at_the_file_and_must_be_there) {
  write("node.toml", std::string(smallest) +
                         "[tls]\ncertificate = \"a.crt\"\nkey = { file = \"missing.key\" }\n"
                         "[rules]\nfolder = \"a.crt\"\n[histroy]\n");
  write("a.crt", "certificate");
  const auto c = load_config(folder_ + "/node.toml");
  ASSERT_FALSE(c);
  ASSERT_EQ(c.error().size(), 3U) << render_all(c.error());
  EXPECT_TRUE(c.error()[0].message.contains("there is no file")) << c.error()[0].message;
  EXPECT_EQ(c.error()[0].line, 6U);
  EXPECT_TRUE(c.error()[1].message.contains("is not a folder")) << c.error()[1].message;
  EXPECT_EQ(c.error()[2].code, "P0102");
}

TEST_F(config_file, a_good_file_knows_where_it_is) {
  write("node.toml", smallest);
  const auto c = load_config(folder_ + "/node.toml");
  ASSERT_TRUE(c) << render_all(c.error());
  EXPECT_EQ(c->data, folder_ + "/data/fog-1");
}

TEST_F(config_file, an_absent_file_is_one_error) {
  const auto c = load_config(folder_ + "/none.toml");
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().at(0).code, "P0100");
}

TEST_F(config_file, keys_at_rest_are_references) {
  write("key", std::string(64, 'a') + "\n");
  write("short", "abc");
  write("node.toml", std::string(smallest) + "[journal]\nkeys = [{ file = \"key\" }, { tpm = \"0x81000001\" }]\n");
  const auto c = load_config(folder_ + "/node.toml");
  ASSERT_TRUE(c) << render_all(c.error());
  ASSERT_EQ(c->journal.keys.size(), 2U);
  EXPECT_TRUE(read_keys(std::span(c->journal.keys).first(1))->seals());
  EXPECT_TRUE(is(read_keys(c->journal.keys).error(), errc::unsupported)) << "the TPM is not served, and says so";
  EXPECT_TRUE(is(read_keys(std::vector{secret{secret::place::file, folder_ + "/short"}}).error(), errc::malformed));
  EXPECT_FALSE(read_keys({})->seals());
  EXPECT_FALSE(parse(std::string(smallest) + "[journal]\nkeys = [\"00\"]\n")) << "no key stands in the file";
  EXPECT_FALSE(parse(std::string(smallest) + "[tls]\ncertificate = \"c\"\nkey = { tpm = \"1\" }\n"));
}

TEST_F(config_file, secrets_are_read_from_where_they_are) {
  write("key", "secret");
  EXPECT_EQ(secret({secret::place::file, folder_ + "/key"}).read().value(), "secret");
  EXPECT_FALSE(secret({secret::place::file, folder_ + "/none"}).read());
  ASSERT_EQ(setenv("PERIGEE_CONFIG_TEST", "from env", 1), 0);
  EXPECT_EQ(secret({secret::place::env, "PERIGEE_CONFIG_TEST"}).read().value(), "from env");
  ASSERT_EQ(unsetenv("PERIGEE_CONFIG_TEST"), 0);
  EXPECT_FALSE(secret({secret::place::env, "PERIGEE_CONFIG_TEST"}).read());
}

TEST(config, a_listener_says_how_it_is_reached) {
  const auto read = parse(std::string(smallest) + R"([tls]
certificate = "gw.crt"
key = { file = "gw.key" }
authority = "ca.crt"
min_version = "1.3"
identity_from = "san_uri"
[[tls.certificate_for]]
certificate = "plant.crt"
key = { env = "PLANT_KEY" }
names = ["*.plant"]
[[mqtt]]
transport = "unix"
path = "mqtt.sock"
mode = "0600"
name_by_uid = true
[[mqtt]]
address = "fe80::1%eth0"
transport = "tls"
client_certificate = "optional"
identity_from = "subject"
connections_max = 100
[[mqtt]]
proxy_protocol = true
proxy_from = ["127.0.0.1", "10.0.0.0/8"]
proxy_names = true
)");
  ASSERT_TRUE(read) << read.error().at(0).message;
  EXPECT_EQ(read->tls->version_min, io::tls_version::v1_3);
  EXPECT_EQ(read->tls->certificates.at(0).names, std::vector<std::string>{"*.plant"});
  EXPECT_EQ(read->mqtt[0].mode, 0600U);
  EXPECT_EQ(read->mqtt[0].port, 0);
  EXPECT_EQ(read->mqtt[1].client_certificate, io::client_certificate::optional);
  EXPECT_EQ(read->mqtt[2].proxy_from.size(), 2U);
}

TEST(config, a_listener_whose_options_do_not_fit_is_refused) {
  const auto code = [](std::string_view text) {
    const auto read = parse(std::string(smallest) + "[[mqtt]]\n" + std::string(text));
    return read ? "" : read.error().at(0).code;
  };
  EXPECT_EQ(code("transport = \"unix\"\n"), "P0104");
  EXPECT_EQ(code("path = \"mqtt.sock\"\n"), "P0114");
  EXPECT_EQ(code("name_by_uid = true\n"), "P0114");
  EXPECT_EQ(code("transport = \"unix\"\npath = \"" + std::string(120, 'x') + "\"\n"), "P0105");
  EXPECT_EQ(code("client_certificate = \"none\"\n"), "P0114");
  EXPECT_EQ(code("proxy_protocol = true\n"), "P0114");
  EXPECT_EQ(code("proxy_from = [\"10.0.0.1\"]\n"), "P0114");
  EXPECT_EQ(code("proxy_names = true\n"), "P0114");
  EXPECT_EQ(code("proxy_from = [\"10.0.0.1/8\"]\n"), "P0105");
  EXPECT_EQ(code("transport = \"unix\"\npath = \"s\"\nmode = \"888\"\n"), "P0105");
  EXPECT_EQ(code("address = \"10.0.0.1%eth0\"\n"), "P0105");
}

TEST(config, the_page_lists_every_option) {
  std::ifstream page("docs/configuration.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  EXPECT_TRUE(text.contains(config_reference())) << "docs/configuration.md is not what `perigee explain config` prints";
}

TEST(config, every_code_is_explained_once) {
  std::vector<std::string_view> codes;
  for (const auto& one : config_codes()) codes.push_back(one.code);
  EXPECT_TRUE(std::ranges::is_sorted(codes));
  EXPECT_EQ(std::ranges::adjacent_find(codes), codes.end());
}

}  // namespace
}  // namespace perigee::node
