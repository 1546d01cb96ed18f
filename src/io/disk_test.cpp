// The same contract over the machine's disk and the one in memory, then what only the in-memory and faulty ones do.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "io/faulty_disk.hpp"
#include "io/memory_disk.hpp"

namespace perigee::io {
namespace {

byte_buffer text(std::string_view s) { return to_buffer(as_bytes(s)); }

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "perigee-disk-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class disk_contract : public testing::TestWithParam<bool> {
 protected:
  disk& on() { return GetParam() ? static_cast<disk&>(memory_) : real_disk(); }
  std::string at(const std::string& name) { return folder_.path() + "/d/" + name; }
  void SetUp() override { ASSERT_TRUE(on().make_folder(folder_.path() + "/d")); }

  temporary_folder folder_;
  memory_disk memory_;
};

TEST_P(disk_contract, reads_back_what_it_wrote) {
  auto f = on().open(at("a"), open_mode::create_new);
  ASSERT_TRUE(f);
  ASSERT_TRUE((*f)->write_at(0, as_bytes("hello")));
  ASSERT_TRUE((*f)->write_at(7, as_bytes("there")));
  ASSERT_TRUE((*f)->sync());
  EXPECT_EQ((*f)->size().value(), 12U);
  byte_buffer out(20);
  EXPECT_EQ((*f)->read_at(0, out).value(), 12U);
  EXPECT_EQ(as_text(byte_view(out).first(12)), std::string_view("hello\0\0there", 12));
  EXPECT_EQ((*f)->read_at(12, out).value(), 0U);
  ASSERT_TRUE((*f)->truncate(5));
  EXPECT_EQ((*f)->size().value(), 5U);
}

TEST_P(disk_contract, says_what_is_missing_and_what_is_there) {
  EXPECT_TRUE(is(on().open(at("a"), open_mode::read).error(), errc::not_found));
  EXPECT_TRUE(is(on().open(at("a"), open_mode::write).error(), errc::not_found));
  ASSERT_TRUE(on().open(at("a"), open_mode::create));
  EXPECT_TRUE(is(on().open(at("a"), open_mode::create_new).error(), errc::exists));
  EXPECT_TRUE(is(on().remove(at("b")).error(), errc::not_found));
  EXPECT_TRUE(is(on().list(at("nowhere")).error(), errc::not_found));
}

TEST_P(disk_contract, lists_renames_and_removes) {
  ASSERT_TRUE(write_whole(on(), at("b"), as_bytes("2")));
  ASSERT_TRUE(write_whole(on(), at("a"), as_bytes("1")));
  EXPECT_EQ(on().list(at("").substr(0, at("").size() - 1)).value(), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(on().rename(at("a"), at("b")));
  EXPECT_EQ(read_whole(on(), at("b"), 10).value(), text("1"));
  ASSERT_TRUE(on().remove(at("b")));
  EXPECT_TRUE(is(read_whole(on(), at("b"), 10).error(), errc::not_found));
}

TEST_P(disk_contract, refuses_to_read_a_file_that_is_too_large) {
  ASSERT_TRUE(write_whole(on(), at("a"), as_bytes("12345")));
  EXPECT_TRUE(is(read_whole(on(), at("a"), 4).error(), errc::too_large));
}

TEST_P(disk_contract, locks_once) {
  auto held = on().lock(at("lock"));
  ASSERT_TRUE(held);
  EXPECT_TRUE(is(on().lock(at("lock")).error(), errc::exists));
  held->reset();
  EXPECT_TRUE(on().lock(at("lock")));
}

INSTANTIATE_TEST_SUITE_P(disks, disk_contract, testing::Bool(),
                         [](const auto& run) { return run.param ? "memory" : "real"; });

TEST(memory_disk, keeps_synced_bytes_and_entries_through_a_power_cut) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    memory_disk on;
    prng random(seed);
    ASSERT_TRUE(on.make_folder("d"));
    auto f = on.open("d/a", open_mode::create);
    ASSERT_TRUE((*f)->write_at(0, byte_buffer(2000, 1)));
    ASSERT_TRUE((*f)->sync());
    ASSERT_TRUE(on.sync_folder("d"));
    ASSERT_TRUE((*f)->write_at(2000, byte_buffer(3000, 2)));
    on.crash(random);
    EXPECT_TRUE(is((*f)->sync().error(), errc::closed));
    const auto left = on.contents("d/a").value();
    ASSERT_GE(left.size(), 2000U);
    EXPECT_TRUE(std::ranges::all_of(byte_view(left).first(2000), [](auto b) { return b == 1; }));
  }
}

TEST(memory_disk, loses_or_tears_what_was_not_synced) {
  int kept = 0, lost = 0, partial = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    memory_disk on;
    prng random(seed);
    auto f = on.open("d/a", open_mode::create);
    ASSERT_TRUE((*f)->sync());
    ASSERT_TRUE(on.sync_folder("d"));
    ASSERT_TRUE((*f)->write_at(0, byte_buffer(1024, 7)));
    on.crash(random);
    const auto sevens = std::ranges::count(on.contents("d/a").value(), 7);
    (sevens == 1024 ? kept : sevens == 0 ? lost : partial)++;
  }
  EXPECT_GT(kept, 0);
  EXPECT_GT(lost, 0);
  EXPECT_GT(partial, 0);
}

TEST(memory_disk, may_forget_an_entry_whose_folder_was_not_synced) {
  int there = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    memory_disk on;
    prng random(seed);
    auto f = on.open("d/a", open_mode::create);
    ASSERT_TRUE((*f)->sync());
    on.crash(random);
    there += on.contents("d/a").has_value() ? 1 : 0;
  }
  EXPECT_GT(there, 0);
  EXPECT_LT(there, 100);
}

TEST(memory_disk, is_full_at_its_capacity_and_has_room_again) {
  memory_disk on(1000);
  auto f = on.open("a", open_mode::create);
  ASSERT_TRUE((*f)->write_at(0, byte_buffer(1000)));
  EXPECT_TRUE(is((*f)->write_at(1000, byte_buffer(1)).error(), errc::no_space));
  on.set_capacity(2000);
  EXPECT_TRUE((*f)->write_at(1000, byte_buffer(1)));
  EXPECT_EQ(on.space("")->free_bytes, 999U);
}

TEST(memory_disk, gives_up_what_a_failed_sync_held) {
  memory_disk d;
  prng random(1);
  auto f = d.open("a", open_mode::create).value();
  ASSERT_TRUE(d.sync_folder("."));
  ASSERT_TRUE(f->write_at(0, byte_buffer(512, 'a')));
  ASSERT_TRUE(f->sync());
  ASSERT_TRUE(f->write_at(512, byte_buffer(512, 'b')));
  d.lose_unsynced("a");
  ASSERT_TRUE(f->write_at(1024, byte_buffer(512, 'c')));
  ASSERT_TRUE(f->sync());
  EXPECT_EQ((*d.contents("a"))[512], 'b') << "the page cache still shows it";
  d.crash(random);
  const auto left = *d.contents("a");
  EXPECT_EQ(left[0], 'a');
  EXPECT_EQ(left[512], 0);
  EXPECT_EQ(left[1024], 'c');
}

TEST(memory_disk, flips_a_bit_for_good) {
  memory_disk d;
  prng random(1);
  ASSERT_TRUE(d.sync_folder("."));
  auto f = d.open("a", open_mode::create).value();
  ASSERT_TRUE(f->write_at(0, as_bytes("abc")));
  ASSERT_TRUE(f->sync());
  ASSERT_TRUE(d.sync_folder("."));
  ASSERT_TRUE(d.flip_bit("a", 1, 0));
  EXPECT_EQ(as_text(*d.contents("a")), "acc");
  d.crash(random);
  EXPECT_EQ(as_text(*d.contents("a")), "acc");
  EXPECT_TRUE(is(d.flip_bit("a", 3, 0).error(), errc::not_found));
  EXPECT_TRUE(is(d.flip_bit("b", 0, 0).error(), errc::not_found));
}

TEST(faulty_disk, counts_the_bytes_read) {
  memory_disk d;
  faulty_disk f(d, [](auto, const auto&) { return errc::ok; });
  auto opened = f.open("a", open_mode::create).value();
  ASSERT_TRUE(opened->write_at(0, as_bytes("abc")));
  byte_buffer out(10);
  ASSERT_TRUE(opened->read_at(1, out));
  EXPECT_EQ(f.bytes_read(), 2U);
}

TEST(faulty_disk, fails_what_the_script_names) {
  memory_disk under;
  errc answer = errc::ok;
  faulty_disk on(under, [&](faulty_disk::operation op, const std::string&) {
    return op == faulty_disk::operation::sync ? answer : errc::ok;
  });
  auto f = on.open("a", open_mode::create);
  ASSERT_TRUE((*f)->sync());
  answer = errc::io;
  EXPECT_TRUE(is((*f)->sync().error(), errc::io));
}

TEST(faulty_disk, flips_a_bit_of_a_read) {
  memory_disk under;
  faulty_disk on(under, [](faulty_disk::operation op, const std::string&) {
    return op == faulty_disk::operation::read ? errc::corrupt : errc::ok;
  });
  ASSERT_TRUE(write_whole(on, "a", as_bytes("abc")));
  EXPECT_NE(read_whole(on, "a", 10).value(), text("abc"));
  EXPECT_EQ(read_whole(under, "a", 10).value(), text("abc"));
}

}  // namespace
}  // namespace perigee::io
