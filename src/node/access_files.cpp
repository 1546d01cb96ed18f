#include "node/access_files.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <format>
#include <iterator>

#include "base/limits.hpp"

namespace perigee::node {
namespace {

diagnostic whole_file(std::string code, const std::string& file, std::string message, std::string help = {}) {
  return {.code = std::move(code), .file = file, .message = std::move(message), .help = std::move(help), .excerpt = {}};
}

/// A file in the memory of a simulation has no owner.
bool others_may_read(const std::string& file) {
  using std::filesystem::perms;
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  if (failed || !std::filesystem::exists(status)) return false;
  return (status.permissions() & (perms::group_all | perms::others_all)) != perms::none;
}

/// The text of a file, or nothing and what is wrong with it.
std::optional<std::string> read_text(const std::string& file, io::disk& on, diagnostics& wrong) {
  const auto bytes = io::read_whole(on, file, limits::access_file_bytes_max);
  if (bytes) return std::string(as_text(*bytes));
  wrong.push_back(whole_file("P0190", file, std::format("cannot be read: {}", bytes.error().text())));
  return std::nullopt;
}

/// Reads one file into `into`, with what its parser says is wrong.
template <class Parsed>
void read_file(const std::string& file, io::disk& on, Parsed& into, diagnostics& wrong) {
  const auto text = read_text(file, on, wrong);
  if (!text) return;
  auto parsed = Parsed::parse({file, *text});
  if (parsed) {
    into = std::move(*parsed);
  } else {
    std::ranges::move(parsed.error(), std::back_inserter(wrong));
  }
}

/// With the time that the owner was changed, too: a file that could not be read may be readable then.
std::string stamp_of(const std::string& file) {
  struct stat now{};
  if (::stat(file.c_str(), &now) != 0) return "-";
  return std::format("{}.{}:{}:{}", now.st_ctim.tv_sec, now.st_ctim.tv_nsec, now.st_ino, now.st_size);
}

}  // namespace

std::expected<std::shared_ptr<const access_lists>, diagnostics> read_access(const access_config& from, io::disk& on) {
  auto out = std::make_shared<access_lists>();
  diagnostics wrong;
  if (from.users) {
    out->has_users = true;
    if (others_may_read(*from.users)) {
      wrong.push_back(whole_file("P0119", *from.users, "others than its owner may read or change the user file",
                                 std::format("chmod 600 {}", *from.users)));
    }
    read_file(*from.users, on, out->users, wrong);
  }
  if (from.policy) {
    out->policy_file = *from.policy;
    read_file(*from.policy, on, out->policy, wrong);
  }
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return out;
}

std::string access_files_stamp(const access_config& of) {
  return (of.users ? stamp_of(*of.users) : "") + ' ' + (of.policy ? stamp_of(*of.policy) : "");
}

access::principal make_principal(const access_lists& in, std::string_view client_id, std::string_view user_name,
                                 std::string_view certificate) {
  access::principal out;
  out.name = user_name.empty() ? certificate : user_name;
  out.certificate = certificate;
  out.client_id = client_id;
  const auto* entry = in.users.find(out.name);
  if (entry != nullptr) {
    out.thing = entry->thing;
    out.groups = entry->groups;
  }
  // A device's certificate names the device.
  if (out.thing.empty() && user_name.empty()) out.thing = certificate;
  return out;
}

}  // namespace perigee::node
