#include "control/enrolment/site_files.hpp"

#include <gtest/gtest.h>

#include "base/identity_limits.hpp"
#include "identity/forgery_test.hpp"
#include "identity/held_identity.hpp"
#include "io/faulty_disk.hpp"
#include "io/memory_disk.hpp"

namespace perigee::control::enrolment {
namespace {

using identity::test_now;

const site_order plant{.folder = "ca", .site = "plant", .passphrase = {}, .root_token = {}, .issuing_token = {}};
const identity::certificate_order cloud{.as = identity::profile::node, .name = "cloud", .dns_names = {"cloud.plant"}};

result<> found(io::disk& on, const site_order& of = plant) {
  PG_TRY_VOID(make_authorities(on, of, test_now));
  return make_own_certificate(on, of, cloud, "ca/cloud.pem", test_now);
}

std::string text_of(io::disk& on, const std::string& file) {
  return std::string(as_text(io::read_whole(on, file, limits::identity_pem_bytes_max).value()));
}

/// That the node's certificate verifies, by its root and for its key.
void expect_whole(io::disk& on) {
  const auto held = identity::parse_held(text_of(on, "ca/cloud.pem"));
  ASSERT_TRUE(held) << held.error().text();
  const auto root = identity::parse_chain(as_bytes(text_of(on, "ca/root.crt"))).value();
  const auto good =
      identity::verify_chain(held->chain, root, identity::purpose::server, test_now, [](auto, auto) { return false; });
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_EQ(good->name, "cloud");
}

TEST(a_site, begins_with_a_root_an_issuing_authority_and_its_first_node) {
  io::memory_disk disk;
  ASSERT_TRUE(found(disk));
  expect_whole(disk);
}

TEST(a_site, is_not_made_twice_and_goes_on_without_the_root_key) {
  io::memory_disk disk;
  ASSERT_TRUE(found(disk));
  const auto before = text_of(disk, "ca/issuing.crt") + text_of(disk, "ca/cloud.pem");
  ASSERT_TRUE(disk.remove("ca/root.key"));
  ASSERT_TRUE(found(disk));
  EXPECT_EQ(text_of(disk, "ca/issuing.crt") + text_of(disk, "ca/cloud.pem"), before);
}

TEST(a_site, is_finished_by_the_next_try_whatever_step_it_died_at) {
  bool finished = false;
  int dies_at = 0;
  while (!finished) {
    ++dies_at;
    io::memory_disk under;
    int left = dies_at;
    io::faulty_disk dying(under, [&](auto, const std::string&) { return --left > 0 ? errc::ok : errc::io; });
    finished = found(dying).has_value();
    prng random(static_cast<std::uint64_t>(dies_at));
    under.crash(random);
    ASSERT_TRUE(found(under)) << "after operation " << dies_at;
    expect_whole(under);
  }
  EXPECT_GT(dies_at, 20) << "the disk was asked less often than the steps need";
}

TEST(a_site, keeps_its_keys_behind_a_passphrase) {
  io::memory_disk disk;
  auto sealed = plant;
  sealed.passphrase = "four words nobody guesses";
  ASSERT_TRUE(found(disk, sealed));
  EXPECT_NE(text_of(disk, "ca/issuing.key").find("ENCRYPTED"), std::string::npos);
  EXPECT_TRUE(is(read_key(disk, plant.issuing_key()).error(), errc::refused));
  sealed.passphrase = "others";
  EXPECT_TRUE(is(read_key(disk, sealed.issuing_key()).error(), errc::refused));
}

TEST(a_site, has_no_second_root_where_the_key_of_the_first_is_gone) {
  io::memory_disk disk;
  ASSERT_TRUE(found(disk));
  for (const auto* gone : {"ca/root.key", "ca/issuing.crt"}) ASSERT_TRUE(disk.remove(gone));
  EXPECT_TRUE(is(make_authorities(disk, plant, test_now).error(), errc::refused));
}

}  // namespace
}  // namespace perigee::control::enrolment
