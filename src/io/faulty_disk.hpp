#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "io/file.hpp"

namespace perigee::io {

/// Wraps a disk and fails the operations that a test names. Owned by the test, used on one thread at a time.
class faulty_disk final : public disk {
 public:
  enum class operation { open, read, write, sync, truncate, list, remove, rename, sync_folder };
  /// Says what an operation does: errc::ok lets it through, anything else is its error. Called before each operation.
  /// For `read`, errc::corrupt lets it through and flips a bit of what it read.
  using script = std::function<errc(operation, const std::string& path)>;

  faulty_disk(disk& under, script says) : under_(under), says_(std::move(says)) {}

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  result<std::vector<std::string>> list(const std::string& folder) override;
  result<> make_folder(const std::string& folder) override;
  result<> remove(const std::string& path) override;
  result<> rename(const std::string& from, const std::string& to) override;
  result<> sync_folder(const std::string& folder) override;
  result<disk_space> space(const std::string& folder) override;
  result<std::unique_ptr<disk_lock>> lock(const std::string& path) override;
  /// Through this disk so far.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  class faulty_file;
  [[nodiscard]] result<> ask(operation op, const std::string& path) const;
  void count_read(std::size_t bytes) { bytes_read_ += bytes; }

  disk& under_;
  script says_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace perigee::io
