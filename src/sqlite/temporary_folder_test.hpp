#pragma once

#include <cstdlib>
// tidy: filesystem — SQLite knows no other disk than the machine's
#include <filesystem>
#include <string>

namespace perigee::sqlite {

/// A folder of the machine's for one test, removed with what is in it: SQLite knows no other disk.
class temporary_folder {
 public:
  temporary_folder() { path_ = ::mkdtemp(path_.data()); }
  ~temporary_folder() { std::filesystem::remove_all(path_); }  // tidy: filesystem — as above
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/tmp/perigee-sqlite-XXXXXX";
};

}  // namespace perigee::sqlite
