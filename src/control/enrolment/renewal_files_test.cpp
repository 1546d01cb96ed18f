#include "control/enrolment/renewal_files.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "identity/forgery_test.hpp"
#include "io/faulty_disk.hpp"
#include "io/memory_disk.hpp"

namespace perigee::control::enrolment {
namespace {

using identity::certificate;
using identity::held_identity;
using identity::test_now;
using operation = io::faulty_disk::operation;

constexpr auto file = "identity/fog-1.pem";
const timestamp later = test_now + std::chrono::days(60);

/// Issues once for an identity, and then again for the same key alone: whoever asks with a certificate that was renewed
/// is either its owner, who did not get the answer, or somebody else.
class parent {
 public:
  std::vector<certificate> issue(const identity::public_key& key, timestamp now) const {
    const identity::certificate_order order{.as = identity::profile::node, .name = "fog-1"};
    return identity::test_site::shown(site_.issuing.issue(key, order, now).value(), site_.issuing);
  }
  result<std::vector<certificate>> renew(const identity::public_key& key) {
    if (renewed_for_ && !(*renewed_for_ == key)) return fail(errc::refused, "it was renewed for another key");
    renewed_for_ = key;
    return issue(key, later);
  }
  [[nodiscard]] const certificate& root() const { return site_.root.own(); }

 private:
  identity::test_site site_;
  std::optional<identity::public_key> renewed_for_;
};

/// The steps to the end, or to the first that fails.
result<> renew(renewal_files& files, parent& from) {
  for (;;) {
    PG_TRY(const auto step, files.next(later));
    if (step == renewal_step::make_key) PG_TRY_VOID(files.make_key());
    if (step == renewal_step::ask) {
      PG_TRY(const auto waiting, files.pending());
      PG_TRY(auto chain, from.renew(waiting.key.public_half()));
      PG_TRY_VOID(check_answer(chain, waiting.key.public_half(), "fog-1", std::span(&from.root(), 1), later));
      PG_TRY_VOID(files.keep(std::move(chain)));
    }
    if (step == renewal_step::prove) return files.take();
  }
}

struct renewing : testing::Test {
  renewing() {
    const auto key = identity::new_key();
    old = held_identity{key, from.issue(key.public_half(), test_now)};
    EXPECT_TRUE(disk.make_folder("identity"));
    EXPECT_TRUE(io::write_whole(disk, file, as_bytes(identity::to_pem(*old).value())));
  }
  bool holds_old(const held_identity& what) const { return what.chain.front() == old->chain.front(); }

  io::memory_disk disk;
  parent from;
  std::optional<held_identity> old;
};

TEST_F(renewing, ends_with_the_new_identity_and_nothing_beside_it) {
  renewal_files files(disk, file);
  EXPECT_EQ(files.next(later).value(), renewal_step::make_key);
  ASSERT_TRUE(renew(files, from));
  const auto now = files.current();
  ASSERT_TRUE(now);
  EXPECT_FALSE(holds_old(*now));
  EXPECT_EQ(disk.list("identity").value(), std::vector<std::string>{"fog-1.pem"});
  EXPECT_EQ(files.next(later).value(), renewal_step::make_key);
}

/// A power cut, or kill -9, at every operation on the disk of every step, with whatever the disk then kept.
TEST_F(renewing, dies_at_each_operation_and_has_the_old_identity_or_the_new_one) {
  const auto text = identity::to_pem(*old).value();
  bool finished = false;
  int operations = 0;
  for (int dies_at = 1; !finished; ++dies_at) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      io::memory_disk under;
      ASSERT_TRUE(under.make_folder("identity"));
      ASSERT_TRUE(io::write_whole(under, file, as_bytes(text)));
      ASSERT_TRUE(under.sync_folder("identity"));
      int left = dies_at;
      io::faulty_disk dying(under, [&](operation, const std::string&) { return --left > 0 ? errc::ok : errc::io; });
      parent cloud = from;
      renewal_files before(dying, file);
      finished = renew(before, cloud).has_value();
      prng random(seed);
      under.crash(random);
      renewal_files after(under, file);
      const auto found = after.current();
      ASSERT_TRUE(found) << "none is there after operation " << dies_at << ": " << found.error().text();
      ASSERT_EQ(found->chain.size(), 2U);
      if (holds_old(*found)) {
        ASSERT_TRUE(renew(after, cloud)) << dies_at;
      }
      ASSERT_FALSE(holds_old(after.current().value())) << dies_at;
      ASSERT_EQ(after.next(later).value(), renewal_step::make_key) << dies_at;
    }
    operations = dies_at;
  }
  EXPECT_GT(operations, 20) << "the disk was asked less often than the steps need";
}

TEST_F(renewing, an_answer_for_another_key_or_name_is_not_kept) {
  renewal_files files(disk, file);
  ASSERT_TRUE(files.make_key());
  EXPECT_FALSE(files.keep(from.issue(identity::new_key().public_half(), later)));
  EXPECT_FALSE(files.keep({}));
  const auto key = files.pending()->key.public_half();
  const auto chain = from.issue(key, later);
  const auto root = std::span(&from.root(), 1);
  EXPECT_TRUE(check_answer(chain, key, "fog-1", root, later));
  EXPECT_FALSE(check_answer(chain, identity::new_key().public_half(), "fog-1", root, later));
  EXPECT_FALSE(check_answer(chain, key, "fog-2", root, later));
  EXPECT_FALSE(check_answer(chain, key, "fog-1", std::span(&parent().root(), 1), later)) << "of another site";
  EXPECT_FALSE(check_answer(chain, key, "fog-1", root, later + std::chrono::days(200)));
  EXPECT_EQ(files.next(later).value(), renewal_step::ask);
}

TEST_F(renewing, an_authority_keeps_its_key) {
  renewal_files files(disk, file, next_key::same);
  ASSERT_TRUE(files.make_key());
  EXPECT_EQ(files.pending()->key.public_half(), old->key.public_half());
  renewal_files first(disk, "identity/first.pem", next_key::same);
  EXPECT_EQ(first.next(later).value(), renewal_step::make_key);
  ASSERT_TRUE(first.make_key());
  EXPECT_EQ(first.next(later).value(), renewal_step::ask);
}

TEST_F(renewing, an_authority_that_came_is_tried_before_it_is_kept) {
  const identity::test_site site;
  const auto root = std::span(&site.root.own(), 1);
  const held_identity came{site.gateway.key(), {site.gateway.shown().begin(), site.gateway.shown().end()}};
  const auto name = site.gateway.gateway();
  EXPECT_TRUE(check_authority(came, name, root, test_now));
  EXPECT_FALSE(check_authority(came, "fog-2", root, test_now)) << "of another gateway";
  EXPECT_FALSE(check_authority({identity::new_key(), came.chain}, name, root, test_now)) << "for another key";
  EXPECT_FALSE(check_authority(came, name, std::span(&from.root(), 1), test_now)) << "of another site";
  EXPECT_FALSE(check_authority(came, name, root, test_now + std::chrono::days(400))) << "it has ended";
  EXPECT_FALSE(check_authority(*old, "fog-1", std::span(&from.root(), 1), test_now)) << "no authority";
  EXPECT_FALSE(check_authority({.key = came.key}, name, root, test_now)) << "none came";
}

TEST_F(renewing, what_is_pending_and_useless_is_dropped) {
  renewal_files files(disk, file);
  ASSERT_TRUE(io::write_whole(disk, files.pending_file(), as_bytes(std::string("not PEM"))));
  EXPECT_EQ(files.next(later).value(), renewal_step::make_key);
  EXPECT_FALSE(files.pending());
  ASSERT_TRUE(files.make_key());
  ASSERT_TRUE(files.keep(from.issue(files.pending()->key.public_half(), later)));
  EXPECT_EQ(files.next(later).value(), renewal_step::prove);
  EXPECT_EQ(files.next(later + std::chrono::days(91)).value(), renewal_step::make_key) << "it has expired";
  EXPECT_TRUE(holds_old(files.current().value()));
}

}  // namespace
}  // namespace perigee::control::enrolment
