#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/random.hpp"
#include "io/file.hpp"

namespace perigee::io {

/// A disk in memory for tests and the simulation. It knows what was synced: `crash` forgets the rest, as a power cut
/// does. Owned by the test; files opened from it must not be used after a crash. Any thread.
class memory_disk final : public disk {
 public:
  explicit memory_disk(std::uint64_t capacity_bytes = UINT64_MAX);
  ~memory_disk() override;

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  result<std::vector<std::string>> list(const std::string& folder) override;
  result<> make_folder(const std::string& folder) override;
  result<> remove(const std::string& path) override;
  result<> rename(const std::string& from, const std::string& to) override;
  result<> sync_folder(const std::string& folder) override;
  result<disk_space> space(const std::string& folder) override;
  result<std::unique_ptr<disk_lock>> lock(const std::string& path) override;

  /// A power cut. Bytes not synced are lost, kept or torn at a sector, as drawn from `random` per 512-byte sector;
  /// entries not synced by sync_folder are gone or there, likewise. Synced bytes and entries stay. Every lock is
  /// released.
  void crash(prng& random);
  /// Room for all files together; writes past it fail with errc::no_space.
  void set_capacity(std::uint64_t bytes);
  /// The bytes a file has now, for a test to look at or damage. errc::not_found.
  [[nodiscard]] result<byte_buffer> contents(const std::string& path) const;
  [[nodiscard]] result<> overwrite(const std::string& path, byte_view bytes);
  /// The medium turns one bit of a file over, in what is synced and in what a process reads. errc::not_found, also past
  /// the file's end.
  [[nodiscard]] result<> flip_bit(const std::string& path, std::uint64_t byte, unsigned bit);
  /// What a failed fsync does on Linux: what the file has unsynced still reads back, but no later sync will write it.
  /// Writing a sector again makes it count again. Nothing happens where there is no such file.
  void lose_unsynced(const std::string& path);

 private:
  struct node;
  class open_file;
  class held_lock;

  mutable std::mutex lock_;
  std::map<std::string, std::shared_ptr<node>> now_;      // what a process sees
  std::map<std::string, std::shared_ptr<node>> durable_;  // which entries survive a power cut
  std::set<std::string> folders_;
  std::set<std::string> locks_;
  std::uint64_t capacity_;
  std::uint64_t generation_ = 0;  // crashes so far: a file opened before the last one answers errc::closed
};

}  // namespace perigee::io
