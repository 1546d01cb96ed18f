#include "wire/tpm/event_log.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/attestation_limits.hpp"

namespace perigee::wire::tpm {
namespace {

struct bank {
  algorithm is;
  std::uint16_t bytes;
};

/// A log as firmware writes it.
struct log_writer {
  explicit log_writer(std::vector<bank> of, std::string_view signature = {"Spec ID Event03\0", 16}) : banks(of) {
    byte_buffer spec = to_buffer(as_bytes(signature));
    byte_writer to(spec);
    to.u32(0);
    to.bytes(byte_buffer{0, 2, 0, 2});
    to.u32(static_cast<std::uint32_t>(banks.size()));
    for (const auto& each : banks) {
      to.u16(static_cast<std::uint16_t>(each.is));
      to.u16(each.bytes);
    }
    to.u8(0);
    byte_writer whole(bytes);
    whole.u32(0);
    whole.u32(event_type::no_action);
    whole.bytes(byte_buffer(20));
    whole.u32(static_cast<std::uint32_t>(spec.size()));
    whole.bytes(spec);
  }
  log_writer& add(std::uint32_t pcr, std::uint32_t type, std::string_view data) {
    byte_writer to(bytes);
    to.u32(pcr);
    to.u32(type);
    to.u32(static_cast<std::uint32_t>(banks.size()));
    for (const auto& each : banks) {
      to.u16(static_cast<std::uint16_t>(each.is));
      to.bytes(byte_buffer(each.bytes, static_cast<std::uint8_t>(each.bytes)));
    }
    to.u32(static_cast<std::uint32_t>(data.size()));
    to.bytes(as_bytes(data));
    return *this;
  }

  std::vector<bank> banks;
  byte_buffer bytes;
};

const std::vector<bank> two{{algorithm::sha1, 20}, {algorithm::sha256, 32}};

TEST(tpm_event_log, reads_events_of_several_banks) {
  const auto log = log_writer(two).add(4, event_type::efi_boot_services_application, "grub").add(7, 4, "");
  const auto read = read_event_log(log.bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->banks, (std::vector{algorithm::sha1, algorithm::sha256}));
  ASSERT_EQ(read->events.size(), 2U);
  EXPECT_EQ(read->events[0].pcr, 4U);
  EXPECT_EQ(as_text(read->events[0].data), "grub");
  EXPECT_EQ(read->events[0].digest_in(algorithm::sha256).size(), 32U);
  EXPECT_TRUE(read->events[0].digest_in(algorithm::sha384).empty());
}

TEST(tpm_event_log, passes_over_a_bank_that_it_does_not_know) {
  const auto read =
      read_event_log(log_writer({{static_cast<algorithm>(0x12), 32}, {algorithm::sha256, 32}}).add(0, 8, "v1").bytes);
  ASSERT_TRUE(read) << "SM3-256";
  EXPECT_EQ(read->events.front().digests.size(), 2U);
}

TEST(tpm_event_log, knows_where_the_machine_was_started_from) {
  const auto with = log_writer(two).add(0, event_type::no_action, {"StartupLocality\0\3", 17});
  EXPECT_EQ(read_event_log(with.bytes)->startup_locality, 3);
  const auto other = log_writer(two).add(1, event_type::no_action, {"StartupLocality\0\3", 17});
  EXPECT_EQ(read_event_log(other.bytes)->startup_locality, 0);
}

TEST(tpm_event_log, refuses_every_cut) {
  const auto good = log_writer(two).add(4, 4, "0123").bytes;
  const auto header = log_writer(two).bytes.size();
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_EQ(read_event_log(byte_view(good).first(bytes)).has_value(), bytes == header) << bytes;
  }
}

TEST(tpm_event_log, refuses_headers_that_are_none) {
  EXPECT_FALSE(read_event_log(log_writer(two, {"Spec ID Event02\0", 16}).bytes));
  EXPECT_FALSE(read_event_log(log_writer({}).bytes));
  EXPECT_FALSE(read_event_log(log_writer({{algorithm::sha256, 20}}).bytes)) << "another size than SHA-256 has";
  EXPECT_FALSE(read_event_log(log_writer({{algorithm::sha256, 32}, {algorithm::sha256, 32}}).bytes));
  EXPECT_FALSE(read_event_log(log_writer({{static_cast<algorithm>(0x12), 0}}).bytes));
}

TEST(tpm_event_log, refuses_events_of_no_pcr) {
  EXPECT_FALSE(read_event_log(log_writer(two).add(24, 4, "").bytes));
  EXPECT_TRUE(read_event_log(log_writer(two).add(23, 4, "").bytes));
}

TEST(tpm_event_log, has_bounds) {
  auto many = log_writer({{algorithm::sha256, 32}});
  for (std::uint32_t i = 0; i < limits::attestation_events_max; ++i) many.add(0, 4, "");
  EXPECT_TRUE(read_event_log(many.bytes));
  many.add(0, 4, "");
  EXPECT_FALSE(read_event_log(many.bytes));
  const auto large = log_writer(two).add(0, 4, std::string(limits::attestation_log_bytes_max, 'x'));
  EXPECT_FALSE(read_event_log(large.bytes));
}

TEST(tpm_event_log, names_each_type_once) {
  std::set<std::string_view> names;
  std::set<std::uint32_t> numbers;
  for (const auto& [name, number] : event_type_names()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(numbers.insert(number).second) << name;
  }
}

}  // namespace
}  // namespace perigee::wire::tpm
