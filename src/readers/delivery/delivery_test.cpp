// What becomes of what rules decided for outside: over a journal and a quarantine in memory, with a carrier that does
// as it is told.

#include "readers/delivery/delivery.hpp"

#include <gtest/gtest.h>

#include "io/memory_disk.hpp"
#include "io/scope.hpp"
#include "io/shard.hpp"
#include "readers/delivery/webhook.hpp"

namespace perigee::readers::delivery {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view topic = "$perigee/webhook/ops";

/// Written on the worker's thread while it carries, read on the test's when that is over.
struct outside {
  std::vector<verdict> answers;   // the first is the first try's; then all is taken
  std::vector<std::string> came;  // "id payload", of every try
};

class told_carrier final : public carrier {
 public:
  explicit told_carrier(outside& to) : to_(to) {}
  verdict carry(const parcel& what) override {
    to_.came.push_back(std::format("{} {}", what.id, as_text(what.payload)));
    return to_.came.size() <= to_.answers.size() ? to_.answers[to_.came.size() - 1] : verdict{};
  }
  void stop() override {}

 private:
  outside& to_;
};

class a_delivery : public testing::Test {
 protected:
  a_delivery() {
    clock::install(time_);
    open_journal();
    aside_ = std::move(quarantine::keeper::open(disk_, worker_, {"aside/records", epoch(7), metrics_}).value());
    open_delivery();
  }
  void open_journal() {
    const journal::options chosen{
        .folder = "journal", .node = "fog-1", .new_epoch = epoch(5), .new_life = epoch(6), .metrics = metrics_};
    journal::recovery_report found;
    log_ = std::move(journal::journal::open(disk_, worker_, chosen, found).value());
  }
  void open_delivery() {
    delivery_.reset();
    delivery_ = std::move(delivery::open(shard_, std::make_unique<io::inline_worker>(), *log_,
                                         std::make_unique<told_carrier>(outside_),
                                         {.name = "webhook/ops",
                                          .topic = std::string(topic),
                                          .node = "fog-1",
                                          .peer = "https://ops",
                                          .pause_first = 1s,
                                          .pause_max = 8s,
                                          .give_up = 1h,
                                          .aside = *aside_})
                              .value());
  }
  void append(std::string_view payload, std::string_view source = "rules/bulk", nanoseconds ago = 0ns,
              std::string_view to = topic) {
    model::record_view r;
    r.lane = model::lane::event;
    r.topic = to;
    r.source = source;
    r.arrival = clock::wall() - ago;
    r.payload = as_bytes(payload);
    ASSERT_TRUE(log_->append(r));
  }
  void run(nanoseconds time = 1min) {
    io::scope services(shard_);
    services.spawn("delivery", delivery_->run());
    time_.run(shard_, time);
    services.cancel();
    while (shard_.poll()) {
    }
    log_->tick(clock::wall());  // saves the cursor
  }
  /// As after a kill: what was not saved is gone.
  void restart() {
    delivery_.reset();
    log_.reset();
    open_journal();
    open_delivery();
  }

  io::virtual_time time_;
  io::memory_disk disk_;
  io::inline_worker worker_;
  metrics::registry metrics_;
  io::shard shard_;
  std::unique_ptr<journal::journal> log_;
  std::unique_ptr<quarantine::keeper> aside_;
  outside outside_;
  std::unique_ptr<delivery> delivery_;
};

const verdict away{verdict::kind::later, {}, "it answers 503"};
const verdict refused{verdict::kind::never, {}, "it answers 422"};

TEST_F(a_delivery, CarriesWhatRulesDecidedInOrder) {
  append("a");
  append("not a rule's", "press-4");
  append("another's", "rules/bulk", 0ns, "$perigee/webhook/opsx");
  append("b");
  run();
  EXPECT_EQ(outside_.came, (std::vector<std::string>{"fog-1-6-0 a", "fog-1-6-3 b"}));
  EXPECT_EQ(delivery_->state().records_sent, 2U);
  EXPECT_EQ(aside_->size(), 0U);
}

TEST_F(a_delivery, TriesAgainUntilItIsTaken) {
  outside_.answers = {away, away, away};
  append("a");
  append("b");
  run(500ms);
  EXPECT_FALSE(delivery_->state().connected);
  EXPECT_EQ(delivery_->state().records_waiting, 2U);
  run();
  EXPECT_EQ(outside_.came.back(), "fog-1-6-1 b");
  EXPECT_EQ(outside_.came.size(), 5U);
  EXPECT_TRUE(delivery_->state().connected);
}

TEST_F(a_delivery, WaitsAsLongAsItIsAskedTo) {
  outside_.answers = {{verdict::kind::later, 7s, "it answers 429"}};
  append("a");
  run(6s);
  EXPECT_EQ(outside_.came.size(), 1U);
  run(2s);
  EXPECT_EQ(outside_.came.size(), 2U);
}

TEST_F(a_delivery, NobodyMakesItWaitForEver) {
  outside_.answers = {{verdict::kind::later, 100h, "it answers 429"}};
  append("a");
  run(9s);
  EXPECT_EQ(outside_.came.size(), 2U);
}

TEST_F(a_delivery, WhatIsRefusedIsSetAsideAndDoesNotHoldUpTheRest) {
  outside_.answers = {refused};
  append("a");
  append("b");
  run();
  EXPECT_EQ(outside_.came.back(), "fog-1-6-1 b");
  ASSERT_EQ(aside_->list().size(), 1U);
  EXPECT_EQ(aside_->list().front().reason, "it answers 422");
  EXPECT_EQ(aside_->list().front().who.reader, "webhook/ops");
  EXPECT_EQ(delivery_->state().records_refused, 1U);
}

TEST_F(a_delivery, APersonMayHaveItTriedAgain) {
  outside_.answers = {refused, refused};
  append("a");
  run();
  std::vector<bool> worked;
  const auto again = [&] { aside_->retry(1, clock::wall(), [&](result<> how) { worked.push_back(how.has_value()); }); };
  again();
  EXPECT_EQ(aside_->size(), 1U);
  again();
  EXPECT_EQ(worked, (std::vector<bool>{false, true}));
  EXPECT_EQ(aside_->size(), 0U);
  EXPECT_EQ(outside_.came, (std::vector<std::string>{"fog-1-6-0 a", "fog-1-6-0 a", "fog-1-6-0 a"}));
}

TEST_F(a_delivery, WhatIsTooOldIsSetAside) {
  outside_.answers = std::vector<verdict>(10'000, away);
  append("old", "rules/bulk", 2h);
  append("new");
  run();
  ASSERT_EQ(aside_->list().size(), 1U);
  EXPECT_EQ(delivery_->state().records_waiting, 1U);
  run(2h);
  EXPECT_EQ(aside_->list().size(), 2U);
}

TEST_F(a_delivery, AfterACrashItGoesOnAndTheIdSaysWhatCameTwice) {
  append("a");
  run();
  append("b");
  outside_.answers = {{}, away, away, away, away, away, away, away, away, away};
  run(5s);
  const auto tries = outside_.came.size();
  restart();
  run();
  ASSERT_GT(outside_.came.size(), tries);
  for (std::size_t i = 1; i < outside_.came.size(); ++i) EXPECT_EQ(outside_.came[i], "fog-1-6-1 b");
  EXPECT_EQ(delivery_->state().records_sent, 1U);
}

TEST(Webhook, TellsWhatIsFinal) {
  using enum verdict::kind;
  for (const unsigned code : {200U, 201U, 204U}) EXPECT_EQ(judge_http({.code = code}).what, delivered) << code;
  for (const unsigned code : {400U, 413U, 415U, 422U}) EXPECT_EQ(judge_http({.code = code}).what, never) << code;
  for (const unsigned code : {301U, 401U, 403U, 404U, 408U, 410U, 429U, 500U, 503U})
    EXPECT_EQ(judge_http({.code = code}).what, later) << code;
  const auto asked = judge_http({.code = 503, .retry_after = 30s});
  EXPECT_EQ(asked.after, 30s);
  EXPECT_EQ(asked.why, "it answers 503");
  EXPECT_EQ(judge_http({.failure = "Could not connect"}).what, later);
}

}  // namespace
}  // namespace perigee::readers::delivery
