#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "doors/mqtt/detail/state.hpp"
#include "doors/mqtt/state_store.hpp"

namespace perigee::doors::mqtt {
namespace {

using wire::mqtt::qos;

detail::saved_broker example_broker() {
  detail::saved_broker out;
  out.lives.journal = epoch(7);
  for (auto& lane : out.lives.lanes) {
    lane.begin(epoch(8), log_offset(0));
    lane.begin(epoch(9), log_offset(150));
  }
  out.routed = {log_offset(1), log_offset(2), log_offset(300)};
  return out;
}

detail::saved_session example_session() {
  detail::saved_session out{
      .name = "name", .number = 5, .expiry_s = 60, .expires = timestamp{1'700'000'000'000'000'000}};
  out.places[2] = place{log_offset(290), 3};
  out.will = detail::stored_will{"gone", {1, 2}, {}, qos::at_least_once, true, 30};
  out.will_due = timestamp{1'700'000'000'000'000'002};
  out.receipts = {{.id = 7, .lane = model::lane::event}, {.id = 65'535, .lane = model::lane::bulk}};
  out.flights = {{.id = 65'535, .where = {model::lane::alarm, {log_offset(0), 0}}},
                 {.id = 1,
                  .where = {model::lane::bulk, {log_offset(289), 2}},
                  .qos = qos::exactly_once,
                  .retained = true,
                  .released = true,
                  .share = 4}};
  return out;
}

state_change example() {
  detail::subscription_entry entry{.qos = qos::exactly_once, .no_local = true, .identifier = 9};
  entry.since[2] = log_offset(200);
  byte_buffer properties;
  wire::mqtt::property_writer(properties).user("k", "v");
  const retained_message kept{
      as_bytes("on"), properties, qos::at_least_once, {1'700'000'000'000'000'001}, journal_place{}};
  detail::saved_share share{.number = 4, .returned = {{model::lane::alarm, {log_offset(5), 1}}}};
  share.places[1] = place{log_offset(9), 0};
  return {detail::encode(example_broker()), detail::encode("client", example_session()),
          detail::encode("$share/g/a", share), detail::encode("client", "a/#", entry), detail::encode("a/b", kept)};
}

/// Decoded and encoded again.
result<state_entry> again(state_kind kind, byte_view key, byte_view body) {
  switch (kind) {
    case state_kind::broker: {
      PG_TRY(const auto one, detail::decode_broker(key, body));
      return detail::encode(one);
    }
    case state_kind::session: {
      PG_TRY(const auto one, detail::decode_session(key, body));
      return detail::encode(as_text(key), one);
    }
    case state_kind::share: {
      PG_TRY(const auto one, detail::decode_share(key, body));
      return detail::encode(as_text(key), one);
    }
    case state_kind::subscription: {
      PG_TRY(const auto one, detail::decode_subscription(key, body));
      return detail::encode(one.first.client_id, one.first.filter, one.second);
    }
    default: {
      PG_TRY(const auto one, detail::decode_retained(key, body));
      return detail::encode(as_text(key), one);
    }
  }
}

constexpr const char* golden_path = "tests/golden/mqtt/state-1.bin";

byte_buffer example_bytes() {
  byte_buffer bytes;
  byte_writer out(bytes);
  for (const auto& each : example()) {
    out.u8(static_cast<std::uint8_t>(each.kind));
    out.sized(each.key);
    out.sized(each.body);
  }
  return bytes;
}

TEST(state, matches_the_golden_file) {
  std::ifstream file(golden_path, std::ios::binary);
  const byte_buffer golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(example_bytes(), golden);
}

/// For a change of the format before its release: --gtest_also_run_disabled_tests.
TEST(state, DISABLED_writes_the_golden_file) {
  const auto bytes = example_bytes();
  std::ofstream(golden_path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

TEST(state, reads_what_it_writes) {
  for (const auto& each : example()) {
    const auto back = again(each.kind, each.key, each.body);
    ASSERT_TRUE(back) << name_of(each.kind) << ": " << back.error().text();
    EXPECT_EQ(back->key, each.key);
    EXPECT_EQ(back->body, each.body);
  }
}

TEST(state, every_damage_of_an_entry_is_noticed) {
  for (const auto& each : example()) {
    for (std::size_t i = 0; i < each.body.size(); ++i) {
      auto damaged = each.body;
      damaged[i] ^= 0x10;
      EXPECT_FALSE(again(each.kind, each.key, damaged)) << name_of(each.kind) << " " << i;
      EXPECT_FALSE(again(each.kind, each.key, byte_view(each.body).first(i))) << name_of(each.kind) << " " << i;
    }
    const auto other = to_buffer(as_bytes("another"));
    EXPECT_FALSE(again(each.kind, other, each.body)) << "an entry under another's name";
  }
}

class a_state_store : public testing::Test {
 protected:
  a_state_store() {
    std::string pattern = testing::TempDir() + "perigee-state-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~a_state_store() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/mqtt.db"; }
  /// What is in the file, as "kind key".
  std::vector<std::string> names() {
    std::vector<std::string> out;
    auto store = state_store::open(path());
    EXPECT_TRUE(store);
    EXPECT_TRUE((*store)->load([&](state_kind kind, byte_view key, byte_view) -> result<> {
      out.push_back(std::string(name_of(kind)) + " " + std::string(as_text(key)));
      return {};
    }));
    return out;
  }

  std::string folder_;
};

TEST_F(a_state_store, keeps_what_it_was_given_and_nothing_that_was_removed) {
  {
    auto store = state_store::open(path());
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->apply(example()));
    ASSERT_TRUE((*store)->apply({detail::no_subscription("client", "a/#"), detail::no_retained("never/there")}));
    ASSERT_TRUE((*store)->apply(example()).has_value());
    ASSERT_TRUE((*store)->apply({detail::no_retained("a/b")}));
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"broker ", "session client", "share $share/g/a",
                                               "subscription client" + std::string(1, '\0') + "a/#"}));
}

TEST_F(a_state_store, refuses_what_is_no_database_or_a_newer_one) {
  std::ofstream(path(), std::ios::binary) << std::string(5000, 'x');
  EXPECT_FALSE(state_store::open(path()));
  ASSERT_TRUE(state_store::set_aside(path()));
  EXPECT_TRUE(std::filesystem::exists(path() + ".refused"));
  EXPECT_EQ(names(), std::vector<std::string>{});
  {
    auto db = sqlite::connection::open(path(), false);
    ASSERT_TRUE(db && db->execute("PRAGMA user_version = 2"));
  }
  const auto newer = state_store::open(path());
  ASSERT_FALSE(newer);
  EXPECT_TRUE(is(newer.error(), errc::unsupported));
}

}  // namespace
}  // namespace perigee::doors::mqtt
