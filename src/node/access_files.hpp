#pragma once
// The user file and the policy file of a node.

#include <expected>
#include <memory>
#include <string>

#include "access/policy.hpp"
#include "access/users.hpp"
#include "base/diagnostic.hpp"
#include "io/file.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// What both files say at one time. Never changed: a reload makes another.
struct access_lists {
  access::user_list users;
  access::policy policy;
  std::string policy_file{};
  bool has_users = false;  // there is a user file, be it empty
};

/// Every error of both files at once. P0119 where others than its owner may read the user file.
[[nodiscard]] std::expected<std::shared_ptr<const access_lists>, diagnostics> read_access(const access_config& from,
                                                                                          io::disk& on);
/// What changes when one of the files does: size and time of the last change. Two that are the same are the same files.
[[nodiscard]] std::string access_files_stamp(const access_config& of);

/// The client as the policy sees it. `user_name` is that of a user or, where a certificate identifies it, empty.
[[nodiscard]] access::principal make_principal(const access_lists& in, std::string_view client_id,
                                               std::string_view user_name, std::string_view certificate);

}  // namespace perigee::node
