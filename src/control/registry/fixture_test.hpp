#pragma once

#include <gtest/gtest.h>

#include <format>
#include <memory>
#include <string>

#include "access/credential.hpp"
#include "control/registry/registry.hpp"
#include "sqlite/temporary_folder_test.hpp"

namespace perigee::control::registry {

inline constexpr timestamp noon{1'795'435'200'000'000'000};  // 2026-11-23T12:00:00Z

inline timestamp after_noon(std::chrono::seconds by) { return noon + by; }

inline actor operator_at(timestamp at, std::string why = "") {
  return {.who = "ada", .from = "192.0.2.7", .why = std::move(why), .at = at};
}

inline new_certificate certificate_of(const std::string& name, const std::string& serial) {
  return {.id = {"a1b2", serial},
          .name = name,
          .not_before = noon,
          .not_after = after_noon(std::chrono::days(90)),
          .fingerprint = crypto::sha256(as_bytes(serial)),
          .issued_by = "EST"};
}

inline new_token token_of(const std::string& id, const std::string& secret) {
  return {.id = id, .expires = after_noon(std::chrono::hours(1)), .secret = access::digest_of_token(secret)};
}

/// A registry in a folder of its own.
class registry_fixture : public testing::Test {
 protected:
  void SetUp() override { reopen(); }

  void reopen() {
    registry_.reset();
    registry_ = open_another();
  }
  std::unique_ptr<registry> open_another() {
    auto opened = registry::open(file_);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? std::move(*opened) : nullptr;
  }
  /// A thing that has connected with certificate "01".
  void add_active(const std::string& name, const std::string& serial = "01") {
    ASSERT_TRUE(registry_->add({.name = name}, operator_at(noon)));
    ASSERT_TRUE(registry_->record(certificate_of(name, serial), beside::others, operator_at(noon)));
    ASSERT_TRUE(registry_->connected(certificate_of(name, serial), operator_at(noon)));
  }
  lifecycle stage_of(const std::string& name) {
    const auto found = registry_->find(name);
    EXPECT_TRUE(found);
    return found ? found->stage.now : lifecycle::registered;
  }
  /// "suspended ada 192.0.2.7 why", of the newest row.
  std::string newest_audit(const std::string& of) {
    const auto rows = registry_->audit(of, 1);
    if (!rows || rows->empty()) return "none";
    const auto& row = rows->front();
    return std::format("{}{} by {} from {} for {}", row.refused ? "refused: " : "", row.what, row.who, row.from,
                       row.why);
  }

  sqlite::temporary_folder folder_;
  std::string file_ = folder_ / "registry.db";
  std::unique_ptr<registry> registry_;
};

}  // namespace perigee::control::registry
