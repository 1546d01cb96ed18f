// A lane encrypted at rest: what stands in its files, what other keys do, and that damage stays damage.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/crc32c.hpp"
#include "journal/detail/frame.hpp"
#include "journal/fixture_test.hpp"

namespace perigee::journal {
namespace {

constexpr crypto::key old_key{1, 2, 3};
constexpr crypto::key new_key{4, 5, 6};

struct sealed_bench : lane_bench {
  explicit sealed_bench(std::vector<crypto::key> with = {old_key}) {
    options.segment_bytes = 2048;
    keys = keyring(with);
  }
  void expect_run(std::uint64_t to) {
    const auto got = read_all(*log);
    ASSERT_EQ(got.size(), to);
    for (std::uint64_t i = 0; i < to; ++i) EXPECT_EQ(got[i].record.payload, numbered(i).payload);
  }
  bool on_disk(std::string_view text) {
    return std::ranges::any_of(
        files(), [&](const auto& name) { return as_text(*memory.contents("bulk/" + name)).contains(text); });
  }
  /// Changes a byte of the n-th frame's body, and the CRC over it, as someone who is no accident would.
  void tamper(const std::string& path, std::size_t frames_before) {
    auto bytes = *memory.contents(path);
    auto at = detail::segment_header_bytes;
    for (std::size_t i = 0; i < frames_before; ++i) {
      at += detail::frame_head_bytes + detail::read_head(bytes.data() + at).length;
    }
    const auto whole = byte_span(bytes).subspan(at, detail::frame_head_bytes + detail::read_head(&bytes[at]).length);
    whole[detail::frame_head_bytes + 3] ^= 1;
    detail::write_crc(whole);
    ASSERT_TRUE(memory.overwrite(path, bytes));
  }
};

TEST(encryption, leaves_no_plain_text_in_the_files) {
  for (const bool encrypted : {false, true}) {
    sealed_bench b(encrypted ? std::vector{old_key} : std::vector<crypto::key>{});
    ASSERT_TRUE(b.open());
    for (std::uint64_t n = 0; n < 60; ++n) {
      ASSERT_TRUE(b.append(stamped(n, "press-seven", 1, n + 1)));
      b.worker.run_all();
    }
    b.close();
    ASSERT_GT(b.files().size(), 2U) << "state frames are among it";
    for (const auto* text : {"plant/press/temperature", "press-seven", "000000000017"}) {
      EXPECT_EQ(b.on_disk(text), !encrypted) << text;
    }
    ASSERT_TRUE(b.open());
    b.expect_run(60);
    EXPECT_EQ(b.log->high_water("press-seven"), (stamp{epoch(1), sequence(60)}));
  }
}

TEST(encryption, is_rotated_switched_on_and_switched_off) {
  sealed_bench b({});
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 50, true);
  std::uint64_t written = 50;
  for (const auto& keys : {std::vector{old_key}, std::vector{new_key, old_key}}) {
    b.keys = keyring(keys);
    ASSERT_TRUE(b.open());  // what was not proven is staged again, under the new key
    b.worker.run_all();
    b.fill_durably(written, written + 50, true);
    written += 50;
    b.expect_run(written);
  }
}

TEST(encryption, seals_again_what_recovery_stages_again) {
  sealed_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10, true);
  const auto before = *b.memory.contents("bulk/" + b.files().back());
  ASSERT_TRUE(b.open());  // as after kill -9
  EXPECT_EQ(b.found.unproven_records, 1U);
  b.worker.run_all();
  b.expect_run(10);
  const auto after = *b.memory.contents("bulk/" + b.files().back());
  const auto tail = byte_view(before).last(40);
  EXPECT_TRUE(std::ranges::search(after, tail).empty()) << "another salt, another ciphertext";
}

TEST(encryption, makes_a_gap_of_a_tampered_record) {
  sealed_bench b;
  b.options.segment_bytes = 1U << 20;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 10);
  b.fill_durably(10, 20);
  b.close();
  b.tamper("bulk/" + b.files()[0], 4);
  ASSERT_TRUE(b.open());
  EXPECT_GT(b.found.damaged_bytes, 0U);
  const auto got = read_all(*b.log);
  ASSERT_EQ(got.size(), 20U);
  EXPECT_EQ(std::ranges::count(got, model::record_kind::gap, [](const seen& s) { return s.record.kind; }), 1);
  const auto gap = std::ranges::find(got, model::record_kind::gap, [](const seen& s) { return s.record.kind; });
  EXPECT_EQ(model::decode_gap(gap->record.payload)->reason, model::gap_reason::damaged);
}

TEST(encryption, makes_one_gap_of_a_segment_whose_salt_is_damaged) {
  sealed_bench b;
  ASSERT_TRUE(b.open());
  b.fill_durably(0, 100, true);
  b.close();
  ASSERT_GT(b.files().size(), 3U);
  b.flip("bulk/" + b.files()[1], 70);
  ASSERT_TRUE(b.open());
  EXPECT_EQ(b.found.damaged_segments, 1U);
  const auto got = read_all(*b.log);
  EXPECT_EQ(std::ranges::count(got, model::record_kind::gap, [](const seen& s) { return s.record.kind; }), 1);
  EXPECT_EQ(got.back().at, log_offset(99));
}

TEST(encryption, tells_what_was_dropped_all_the_same) {
  sealed_bench b;
  b.options.bytes_max = 8192;
  b.options.when_full = when_full::drop_oldest;
  ASSERT_TRUE(b.open());
  b.log->on_needed([] { return log_offset(0); });
  b.fill_durably(0, 200, true);
  ASSERT_GT(b.log->start(), log_offset(0));
  const auto got = read_all(*b.log);
  const auto said = model::decode_gap(got.at(0).record.payload);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->parts, (std::vector{model::gap_part{"plant/press/temperature", said->count}}));
}

/// A journal of three lanes on a disk in memory.
struct journal_bench {
  io::memory_disk disk;
  io::inline_worker worker;
  metrics::registry metrics;

  result<std::unique_ptr<journal>> open(std::vector<crypto::key> keys) {
    recovery_report found;
    return journal::open(disk, worker,
                         {.folder = "j",
                          .node = "n",
                          .new_epoch = epoch(3),
                          .new_life = epoch(4),
                          .metrics = metrics,
                          .keys = keyring(keys),
                          .salt_seed = 9},
                         found);
  }
};

TEST(encryption, refuses_another_key_and_touches_nothing) {
  journal_bench b;
  {
    auto log = b.open({old_key});
    ASSERT_TRUE(log);
    ASSERT_TRUE((*log)->append(numbered(1).view()));
  }
  const auto path = "j/bulk/" + b.disk.list("j/bulk")->front();
  const auto before = *b.disk.contents(path);
  const auto lives = *b.disk.contents("j/journal.lives");
  for (const auto& keys : {std::vector<crypto::key>{}, std::vector{new_key}}) {
    const auto refused = b.open(keys);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is(refused.error(), errc::refused));
    EXPECT_EQ(*b.disk.contents(path), before);
    EXPECT_EQ(*b.disk.contents("j/journal.lives"), lives);
    EXPECT_EQ(b.disk.list("j/bulk")->size(), 1U);
  }
  auto log = b.open({new_key, old_key});
  ASSERT_TRUE(log);
  EXPECT_EQ(read_all((**log)[model::lane::bulk]).size(), 1U);
}

}  // namespace
}  // namespace perigee::journal
