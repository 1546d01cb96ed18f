#include "cli/demo_folder.hpp"

#include <filesystem>

#include "io/file.hpp"

namespace perigee::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view marker = "perigee-demo.txt";
constexpr std::string_view marker_text = "Made by `perigee demo`, which may empty and remove this folder.\n";

bool is_ours(const fs::path& folder) {
  std::error_code failed;
  return fs::is_regular_file(folder / marker, failed);
}

result<> empty_folder(const fs::path& folder) {
  std::error_code failed;
  for (fs::directory_iterator each(folder, failed), end; !failed && each != end; each.increment(failed)) {
    // The mark goes last: a folder that is half emptied is still known as ours.
    if (each->path().filename() != marker) fs::remove_all(each->path(), failed);
    if (failed) break;
  }
  if (failed) return fail(failed, "the demo's folder cannot be emptied");
  return {};
}

}  // namespace

result<std::string> claim_demo_folder(const std::string& folder) {
  std::error_code failed;
  const auto path = fs::absolute(folder, failed).lexically_normal();
  if (failed) return fail(failed, "not a folder's name");
  if (!fs::exists(path, failed)) {
    fs::create_directories(path, failed);
  } else if (!fs::is_directory(path, failed)) {
    return fail(errc::refused, "not a folder: choose another --data");
  } else if (is_ours(path)) {
    PG_TRY_VOID(empty_folder(path));
  } else if (!fs::is_empty(path, failed)) {
    return fail(errc::refused, "the folder has files that no demo made: choose another --data");
  }
  if (failed) return fail(failed, "the demo's folder cannot be made");
  PG_TRY_VOID(io::write_whole(io::real_disk(), (path / marker).string(), as_bytes(marker_text)));
  return path.string();
}

result<> remove_demo_folder(const std::string& folder) {
  if (!is_ours(folder)) return fail(errc::refused, "no demo made this folder");
  PG_TRY_VOID(empty_folder(folder));
  std::error_code failed;
  fs::remove_all(folder, failed);
  if (failed) return fail(failed, "the demo's folder cannot be removed");
  return {};
}

}  // namespace perigee::cli
