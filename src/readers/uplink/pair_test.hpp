#pragma once
// What the uplink's tests share: a child's sender and its parent's receiver over two journals in memory, with nothing
// between them but the test.

#include <gtest/gtest.h>

#include <format>
#include <map>

#include "base/limits.hpp"
#include "io/file.hpp"
#include "io/memory_disk.hpp"
#include "io/shard.hpp"
#include "model/record_batch.hpp"
#include "readers/uplink/receiver.hpp"
#include "readers/uplink/sender.hpp"

namespace perigee::readers::uplink {

using namespace std::chrono_literals;
using model::lane;

/// A node's journal on a disk of its own, committing at once.
struct node_journal {
  using backup = std::map<std::string, byte_buffer>;  // files by path

  std::unique_ptr<io::memory_disk> disk = std::make_unique<io::memory_disk>();
  io::inline_worker worker;
  metrics::registry metrics;
  journal::recovery_report found;
  std::unique_ptr<journal::journal> log;
  std::string name;
  std::uint64_t lives;

  node_journal(std::string named, std::uint64_t epoch) : name(std::move(named)), lives(epoch * 1000) { open(); }

  /// As after a restart.
  void open() {
    log.reset();
    ++lives;
    journal::options chosen{.folder = "j",
                            .node = name,
                            .new_epoch = perigee::epoch(lives),
                            .new_life = perigee::epoch(lives),
                            .disk_free_min = 0,
                            .metrics = metrics};
    log = std::move(journal::journal::open(*disk, worker, chosen, found).value());
  }
  backup back_up() {
    log->tick({});  // saves the cursors
    backup out;
    for (const auto* folder : {"j", "j/alarm", "j/event", "j/bulk", "j/cursors"}) {
      const auto files = disk->list(folder).value();
      for (const auto& file : files) {
        const auto path = std::format("{}/{}", folder, file);
        if (const auto bytes = disk->contents(path)) out[path] = *bytes;
      }
    }
    return out;
  }
  /// Another disk, with what is in the backup.
  void restore(const backup& from) {
    log.reset();
    disk = std::make_unique<io::memory_disk>();
    for (const auto& [path, bytes] : from) {
      ASSERT_TRUE(disk->make_folder(path.substr(0, path.rfind('/'))));
      ASSERT_TRUE(io::write_whole(*disk, path, bytes));
    }
    open();
  }

  void put(lane to, std::string_view topic, std::string_view payload) {
    model::record_view r;
    r.lane = to;
    r.topic = topic;
    r.payload = as_bytes(payload);
    r.source = "test";
    r.arrival = {1'700'000'000'000'000'000};
    ASSERT_TRUE(log->append(r));
  }

  /// Every message in a lane, batches opened, as "node/offset topic payload".
  std::vector<std::string> messages(lane from) {
    std::vector<std::string> out;
    model::batch_opener opener;
    journal::reader reader((*log)[from]);
    while (reader.behind() != 0) {
      EXPECT_TRUE(reader.read(1 << 20, [&](log_offset at, const model::record_view& r) {
        EXPECT_TRUE(opener.for_each_message(
            {log->node(), log->epoch(), at}, r, [&](const model::origin& o, const model::record_view& m) {
              out.push_back(std::format("{}/{} {} {}", o.node, o.offset.value(), m.topic, as_text(m.payload)));
            }));
      }));
    }
    return out;
  }
};

class uplink_pair : public testing::Test {
 protected:
  uplink_pair() {
    clock::install(time_);
    options_.node = "edge";
    options_.batch_records = 10;
    options_.in_flight = 3;
    open_sender();
  }

  clock::time_point now() { return clock::now(); }
  uplink::receiver receiver() { return uplink::receiver(*parent_.log); }
  void open_sender() { sender_ = std::move(sender::open(*child_.log, options_).value()); }

  /// The child starts again, from another folder where one is given.
  void restart_child(const node_journal::backup* from = nullptr) {
    sender_.reset();
    from == nullptr ? child_.open() : child_.restore(*from);
    open_sender();
  }
  void pass(nanoseconds d) { time_.advance_to(now() + d); }

  /// Connects and answers the hello.
  void connect() {
    sender_->on_connected();
    const auto hello_out = sender_->next(now());
    ASSERT_TRUE(hello_out);
    EXPECT_EQ(hello_out->topic, "$perigee/uplink/edge/hello");
    const auto said = decode_hello(hello_out->payload);
    ASSERT_TRUE(said);
    greeting_ = receiver().greet("edge", *said);
    ASSERT_TRUE(sender_->on_welcome(encode(greeting_), now(), clock::wall()));
  }

  result<receiver::accepted> deliver(const outgoing& out) {
    const auto topic = parse_up_topic(out.topic);
    EXPECT_TRUE(topic);
    return receiver().offer("edge", topic->lane, out.payload, clock::wall());
  }

  /// The next message that wants an answer.
  std::optional<outgoing> next_batch() {
    auto out = sender_->next(now());
    while (out && out->qos == 0) out = sender_->next(now());
    return out;
  }

  /// Sends and acknowledges until nothing more comes, and again when the last of it has lingered.
  void run() {
    for (int round = 0; round < 2; ++round) {
      while (const auto out = next_batch()) {
        const auto taken = deliver(*out);
        sender_->on_answer(out->token, taken.has_value(), now());
      }
      pass(options_.linger);
    }
  }

  void fill(int n) { fill("", n); }
  /// Records that say when they were made.
  void fill(std::string_view when, int n) {
    for (int i = 0; i < n; ++i) child_.put(lane::bulk, "t", std::format("{}{}", when, i));
  }
  /// How often the parent has a record with each payload.
  std::map<std::string, int> arrived() {
    std::map<std::string, int> out;
    for (const auto& each : parent_.messages(lane::bulk)) ++out[each.substr(each.rfind(' ') + 1)];
    return out;
  }
  void expect_once(std::initializer_list<std::pair<std::string_view, int>> made) {
    std::map<std::string, int> wanted;
    for (const auto& [when, n] : made) {
      for (int i = 0; i < n; ++i) wanted[std::format("{}{}", when, i)] = 1;
    }
    EXPECT_EQ(arrived(), wanted);
  }
  std::size_t alarms_at(node_journal& node) { return node.messages(lane::alarm).size(); }

  io::virtual_time time_;
  node_journal child_{"edge", 11};
  node_journal parent_{"fog", 22};
  welcome greeting_;
  sender_options options_;
  std::unique_ptr<sender> sender_;
};

}  // namespace perigee::readers::uplink
