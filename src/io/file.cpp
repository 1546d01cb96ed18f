#include "io/file.hpp"

namespace perigee::io {

result<byte_buffer> read_whole(disk& on, const std::string& path, std::uint64_t bytes_max) {
  PG_TRY(auto opened, on.open(path, open_mode::read));
  PG_TRY(const auto size, opened->size());
  if (size > bytes_max) return fail(errc::too_large, "the file is larger than it may be");
  byte_buffer out(size);
  PG_TRY(const auto read, opened->read_at(0, out));
  out.resize(read);
  return out;
}

result<> write_whole(disk& on, const std::string& path, byte_view bytes) {
  const auto aside = path + ".new";
  {
    PG_TRY(auto opened, on.open(aside, open_mode::create));
    PG_TRY_VOID(opened->truncate(0));
    PG_TRY_VOID(opened->write_at(0, bytes));
    PG_TRY_VOID(opened->sync());
  }
  PG_TRY_VOID(on.rename(aside, path));
  const auto slash = path.rfind('/');
  return on.sync_folder(slash == std::string::npos ? "." : path.substr(0, slash));
}

}  // namespace perigee::io
