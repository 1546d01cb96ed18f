// The door over a network in memory and a real journal on a disk in memory, all on virtual time.

#include "doors/mqtt/door.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "doors/mqtt/journal_log.hpp"
#include "io/memory_disk.hpp"
#include "io/memory_network.hpp"
#include "io/receive_buffer.hpp"
#include "model/record_batch.hpp"
#include "wire/mqtt/client_connection.hpp"

namespace perigee::doors::mqtt {
namespace {

using namespace std::chrono_literals;
using wire::mqtt::qos;
using lines = std::vector<std::string>;

/// One client: connects, says what it was given to say, and notes what it hears until the connection ends.
class peer final : private wire::mqtt::client_handler {
 public:
  explicit peer(std::string id) : id_(std::move(id)) {}

  io::task<> run(io::network& net, std::uint16_t port) {
    PG_CO_TRY(stream_, co_await net.connect({.host = "door", .port = port, .tls = {}}, clock::now() + 1s));
    connection_.emplace(static_cast<wire::mqtt::client_handler&>(*this), wire::mqtt::client_options{}, clock::now());
    byte_buffer properties;
    wire::mqtt::property_writer(properties).number(wire::mqtt::property_id::session_expiry_interval, 600);
    wire::mqtt::connect hello;
    hello.client_id = id_;
    hello.clean_start = false;
    hello.properties = properties;
    connection_->open(hello);
    io::receive_buffer buffer;
    while (!connection_->closed()) {
      const auto going = std::exchange(connection_->output(), {});
      if (!going.empty()) PG_CO_TRY_VOID(co_await stream_->write(going));
      const auto n = co_await stream_->read_some(buffer.room());
      if (!n) break;
      buffer.filled(*n);
      buffer.taken(connection_->on_bytes(buffer.pending(), clock::now()), connection_->packet_bytes_wanted());
    }
    heard.push_back("end");
    stream_.reset();
    co_return result<>();
  }

  std::vector<std::string> subscribe_to;
  std::vector<std::pair<std::string, std::string>> say;
  lines heard;

 private:
  void on_connected(const wire::mqtt::connack& answer) override {
    heard.push_back(answer.session_present ? "resumed" : "connected");
    for (const auto& filter : subscribe_to) {
      (void)connection_->subscribe({.filter = filter, .qos = qos::at_least_once});
    }
    for (const auto& [topic, payload] : say) {
      wire::mqtt::publish m;
      m.topic = topic;
      m.payload = as_bytes(payload);
      m.qos = qos::at_least_once;
      (void)connection_->publish(m);
    }
  }
  void on_message(const wire::mqtt::publish& m) override {
    heard.push_back(std::string(m.topic) + " " + std::string(as_text(m.payload)));
    if (m.qos == qos::at_least_once) connection_->ack(m.packet_id);
  }
  void on_acknowledged(std::uint64_t, wire::mqtt::reason) override { heard.emplace_back("ack"); }
  void on_subscribed(wire::mqtt::packet_id, byte_view) override { heard.emplace_back("subscribed"); }
  void on_closed(wire::mqtt::reason code, const char*) override {
    heard.push_back("closed " + std::string(name_of(code)));
  }

  std::string id_;
  std::unique_ptr<io::stream> stream_;
  std::optional<wire::mqtt::client_connection> connection_;
};

io::task<> send_raw(io::network& net, std::uint16_t port, std::string bytes, std::string& answer) {
  PG_CO_TRY(auto stream, co_await net.connect({.host = "door", .port = port, .tls = {}}, clock::now() + 1s));
  PG_CO_TRY_VOID(co_await stream->write(as_bytes(bytes)));
  byte_buffer buffer(256);
  for (;;) {
    const auto n = co_await stream->read_some(buffer);
    if (!n) break;
    answer += as_text(byte_view(buffer).first(*n));
  }
  answer += "<end>";
  co_return result<>();
}

class a_door : public testing::Test {
 protected:
  a_door() {
    std::string pattern = testing::TempDir() + "perigee-door-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    clock::install(time_);
    start();
  }
  ~a_door() override {
    stop();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string state_file() const { return folder_ + "/mqtt.db"; }

  void start() {
    worker_ = shard_.make_worker("disk");
    journal::options options{
        .folder = "j", .node = "n", .new_epoch = epoch(5), .new_life = epoch(5), .metrics = metrics_};
    journal::recovery_report found;
    auto opened = journal::journal::open(disk_, *worker_, options, found);
    if (!opened) throw std::runtime_error(opened.error().text());
    journal_ = *std::move(opened);
    log_ = std::make_unique<journal_log>(*journal_);
    door_ = std::make_unique<door>(shard_, net_, *log_, metrics_, broker_options{},
                                   state_options{worker_.get(), state_file()});
    journal_->on_commit([this] {
      if (door_) door_->on_commit();
    });
    port_ = door_->listen({.at = {.host = "door", .port = 0, .tls = {}}, .anonymous = true}).value();
    door_->start();
  }
  void stop() {
    all_.spawn("stop", door_->stop());
    run(5s);
    door_.reset();
    log_.reset();
    bool closed = false;
    journal_->close([&](const result<>&) { closed = true; });
    run(5s);
    EXPECT_TRUE(closed);
    journal_.reset();
    worker_.reset();
  }
  void run(nanoseconds time) { time_.run(shard_, time); }
  peer& make_peer(std::string id) { return *peers_.emplace_back(std::make_unique<peer>(std::move(id))); }
  void join(peer& p) { all_.spawn("peer", p.run(net_, port_)); }

  std::string folder_;
  io::virtual_time time_;
  io::shard shard_;
  prng random_{1};
  io::memory_disk disk_;
  io::memory_network net_{shard_, random_};
  metrics::registry metrics_;
  std::unique_ptr<io::worker> worker_;
  std::unique_ptr<journal::journal> journal_;
  std::unique_ptr<journal_log> log_;
  std::unique_ptr<door> door_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<peer>> peers_;
  std::string answer_;
  io::scope all_{shard_};
};

TEST_F(a_door, takes_messages_and_passes_them_on) {
  auto& viewer = make_peer("v");
  viewer.subscribe_to = {"a/#"};
  join(viewer);
  run(1s);
  auto& device = make_peer("d");
  device.say = {{"a/1", "x"}, {"a/2", "y"}};
  join(device);
  run(1s);
  EXPECT_EQ(device.heard, (lines{"connected", "ack", "ack"}));
  EXPECT_EQ(viewer.heard, (lines{"connected", "subscribed", "a/1 x", "a/2 y"}));
  EXPECT_EQ((*journal_)[model::lane::bulk].committed(), log_offset(2));
}

TEST_F(a_door, says_goodbye_and_remembers_sessions_over_a_restart) {
  auto& viewer = make_peer("v");
  viewer.subscribe_to = {"a"};
  join(viewer);
  run(1s);
  stop();
  EXPECT_EQ(viewer.heard, (lines{"connected", "subscribed", "closed server shutting down", "end"}));
  start();
  auto& device = make_peer("d");
  device.say = {{"a", "while away"}};
  join(device);
  run(1s);
  auto& back = make_peer("v");
  join(back);
  run(1s);
  EXPECT_EQ(back.heard, (lines{"resumed", "a while away"}));
}

TEST_F(a_door, closes_on_a_malformed_packet_and_serves_the_others) {
  auto& other = make_peer("o");
  other.subscribe_to = {"a"};
  join(other);
  run(1s);
  constexpr std::string_view hello("\x10\x0e\0\4MQTT\5\2\0\x0a\0\0\1p", 16);
  all_.spawn("raw", send_raw(net_, port_, std::string(hello) + std::string("\x36\1\0", 3), answer_));
  run(3s);
  using namespace std::string_view_literals;
  EXPECT_TRUE(answer_.ends_with("\xe0\x0a\x81\x08\x1f\0\5QoS 3<end>"sv)) << answer_.size();
  EXPECT_TRUE(metrics_.text().contains("perigee_mqtt_malformed_total 1"));
  EXPECT_EQ(other.heard, (lines{"connected", "subscribed"}));
}

TEST_F(a_door, drops_who_says_nothing) {
  all_.spawn("raw", send_raw(net_, port_, "", answer_));
  run(9s);
  EXPECT_EQ(answer_, "");
  run(3s);
  EXPECT_EQ(answer_, "<end>");
}

TEST_F(a_door, a_damaged_state_is_set_aside) {
  stop();
  std::ofstream(state_file(), std::ios::binary) << "no database";
  start();
  EXPECT_TRUE(std::filesystem::exists(state_file() + ".refused"));
  auto& viewer = make_peer("v");
  join(viewer);
  run(1s);
  EXPECT_EQ(viewer.heard, lines{"connected"});
}

TEST_F(a_door, subscribers_see_into_the_batches_of_children) {
  auto& viewer = make_peer("v");
  viewer.subscribe_to = {"plant/#"};
  join(viewer);
  run(1s);
  model::batch_encoder encoder;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto payload = std::to_string(i);
    model::record_view r;
    r.topic = "plant/t";
    r.payload = as_bytes(payload);
    r.qos = 1;
    ASSERT_TRUE(encoder.add(log_offset(i), r));
  }
  byte_buffer block;
  encoder.finish("edge", model::lane::bulk, epoch(3), log_offset(0), log_offset(2), block);
  model::record_view batch;
  batch.kind = model::record_kind::batch;
  batch.payload = block;
  batch.source = "uplink/edge";
  ASSERT_TRUE(journal_->append(batch));
  run(1s);
  EXPECT_EQ(viewer.heard, (lines{"connected", "subscribed", "plant/t 0", "plant/t 1", "plant/t 2"}));
  // A reader that stops inside a batch goes on inside it.
  std::vector<place> seen;
  const auto nothing = [](std::string_view) { return false; };
  ASSERT_TRUE(log_->read({.bytes_max = 1, .wanted = nothing}, [&](place at, const model::record_view&) {
    seen.push_back(at);
    return true;
  }));
  EXPECT_TRUE(seen.empty()) << "nobody wants what is in the batch";
  const auto next = log_->read({.lane = model::lane::bulk, .from = {log_offset(0), 2}, .bytes_max = 1},
                               [&](place at, const model::record_view&) {
                                 if (at.inner == 3) return false;
                                 seen.push_back(at);
                                 return true;
                               });
  EXPECT_EQ(next.value(), (place{log_offset(0), 3}));
  EXPECT_EQ(seen, (std::vector<place>{{log_offset(0), 2}}));
}

}  // namespace
}  // namespace perigee::doors::mqtt
