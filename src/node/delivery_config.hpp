#pragma once
// [[webhook]] and [[email]]: whom rules may tell outside. docs/rules.md, "To systems and people outside".

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/secret.hpp"
#include "settings/document.hpp"

namespace perigee::node {

/// What both have.
struct delivery_config {
  std::string name;
  std::string url;  // empty: as `secret_url` has it
  bool in_the_clear = false;
  std::optional<std::string> authority;  // path
  nanoseconds timeout = std::chrono::seconds(10);
  nanoseconds retry_min = std::chrono::seconds(1);
  nanoseconds retry_max = std::chrono::minutes(5);
  nanoseconds give_up = std::chrono::days(1);
  settings::position at;  // in the file
};

struct webhook_config : delivery_config {
  std::optional<secret> secret_url;
  std::optional<secret> token;
  std::optional<std::string> certificate;  // path
  std::optional<std::string> key;          // path
};

struct email_config : delivery_config {
  std::optional<std::string> user;
  std::optional<secret> password;
  std::string from;
  std::vector<std::string> to;
};

}  // namespace perigee::node
