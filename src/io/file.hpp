#pragma once
// Files and folders behind one narrow face, with three implementations: the machine's, one in memory that can forget
// what was not synced, and one that fails where a test says so. Blocking: the data path calls it on a worker
// (io/worker.hpp).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::io {

/// An open file, positioned access only. One thread at a time.
class file {
 public:
  virtual ~file() = default;
  /// Fills `into` from `offset`; fewer bytes only at the end of the file.
  [[nodiscard]] virtual result<std::size_t> read_at(std::uint64_t offset, byte_span into) = 0;
  /// All bytes or an error; errc::no_space when the disk is full.
  [[nodiscard]] virtual result<> write_at(std::uint64_t offset, byte_view bytes) = 0;
  /// Data and size are on stable storage when this returns (fdatasync).
  [[nodiscard]] virtual result<> sync() = 0;
  [[nodiscard]] virtual result<> truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual result<std::uint64_t> size() = 0;
};

enum class open_mode {
  read,        // must exist
  write,       // read and write; must exist
  create,      // read and write; made when absent
  create_new,  // read and write; errc::exists when there
};

/// Held as long as it lives: no other process, and no other lock of this one, gets the same path.
class disk_lock {
 public:
  virtual ~disk_lock() = default;
};

/// Of the file system that a folder lies on.
struct disk_space {
  std::uint64_t free_bytes = 0;  // for a user who is not root
  std::uint64_t total_bytes = 0;
};

/// A place for files. Paths use '/'. Any thread.
class disk {
 public:
  virtual ~disk() = default;
  /// errc::not_found, errc::exists, errc::no_space, errc::io.
  [[nodiscard]] virtual result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) = 0;
  /// Names (not paths) of the entries, sorted.
  [[nodiscard]] virtual result<std::vector<std::string>> list(const std::string& folder) = 0;
  /// Makes the folder and those above it; fine where it is there.
  [[nodiscard]] virtual result<> make_folder(const std::string& folder) = 0;
  [[nodiscard]] virtual result<> remove(const std::string& path) = 0;
  /// Replaces `to`. On stable storage only after sync_folder.
  [[nodiscard]] virtual result<> rename(const std::string& from, const std::string& to) = 0;
  /// Makes entries created, renamed or removed in the folder durable.
  [[nodiscard]] virtual result<> sync_folder(const std::string& folder) = 0;
  [[nodiscard]] virtual result<disk_space> space(const std::string& folder) = 0;
  /// errc::exists when another holds it.
  [[nodiscard]] virtual result<std::unique_ptr<disk_lock>> lock(const std::string& path) = 0;
};

/// The machine's own disk. Made once, shared by all.
[[nodiscard]] disk& real_disk();

/// The whole of a small file (errc::too_large past `bytes_max`).
[[nodiscard]] result<byte_buffer> read_whole(disk& on, const std::string& path, std::uint64_t bytes_max);
/// Replaces a small file so that after a crash either the old or the new bytes are there: write aside, sync, rename,
/// sync.
[[nodiscard]] result<> write_whole(disk& on, const std::string& path, byte_view bytes);

}  // namespace perigee::io
