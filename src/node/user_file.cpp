#include "node/user_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <format>

#include "base/limits.hpp"
#include "node/process.hpp"

namespace perigee::node {
namespace {

/// The owner of a file in the memory of a simulation is nobody.
std::optional<struct stat> owner_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return found;
}

result<> write_aside(io::disk& on, const std::string& aside, std::string_view text) {
  PG_TRY(const auto opened, on.open(aside, io::open_mode::create));
  PG_TRY_VOID(opened->truncate(0));
  PG_TRY_VOID(opened->write_at(0, as_bytes(text)));
  return opened->sync();
}

/// The node reads the file as a user of its own, whoever edits it.
result<> give_back(const std::string& aside, const std::optional<struct stat>& before) {
  const bool anothers = before && before->st_uid != ::geteuid();
  if (!anothers || ::chown(aside.c_str(), before->st_uid, before->st_gid) == 0) return {};
  return fail(errc::io, "the file is another's, and could not be given back to its owner");
}

result<> is_still(io::disk& on, const std::string& path, std::string_view was) {
  const auto now = io::read_whole(on, path, limits::access_file_bytes_max);
  const bool absent = !now && is(now.error(), errc::not_found);
  if (!now && !absent) return std::unexpected(now.error());
  if ((absent ? std::string_view() : as_text(*now)) == was) return {};
  return fail(errc::exists, "somebody else has changed the user file meanwhile");
}

}  // namespace

result<> replace_user_file(io::disk& on, const std::string& path, std::string_view was, std::string_view becomes) {
  // Of this process alone: another that edits the file, too, writes one of its own.
  const auto aside = std::format("{}.{}.new", path, process_id());
  auto done = write_aside(on, aside, becomes);
  if (done) done = give_back(aside, owner_of(path));
  if (done) done = is_still(on, path, was);  // the last thing before, so that the time between is as good as none
  if (done) done = on.rename(aside, path);
  if (!done) {
    (void)on.remove(aside);
    return done;
  }
  const auto slash = path.rfind('/');
  return on.sync_folder(slash == std::string::npos ? "." : path.substr(0, slash));
}

}  // namespace perigee::node
