#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace perigee::sim {

/// A folder of the machine's for one run, removed with what is in it: SQLite knows no other disk.
class scratch_folder {
 public:
  scratch_folder() {
    path_ = (std::filesystem::temp_directory_path() / "perigee-sim-XXXXXX").string();  // tidy: mkdtemp's pattern
    path_ = ::mkdtemp(path_.data());
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace perigee::sim
