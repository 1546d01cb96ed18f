#pragma once
// A file of which only what was synced is sure to outlive a power cut.

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace perigee::powercut {

inline constexpr std::uint64_t sector_bytes = 512;  // what a disk writes whole or not at all

/// What power cuts have destroyed so far.
struct losses {
  std::uint64_t cuts = 0;
  std::uint64_t writes = 0;   // of which at least a sector is gone
  std::uint64_t sectors = 0;  // that were written, not synced, and are gone
  std::uint64_t names = 0;    // creations, renames and removals undone
};

/// How much of what was not synced reaches the disk by itself: drawn anew for each cut.
struct survival {
  double of_sectors = 0;
  double of_names = 0;
};

/// Content as its process sees it, and as the disk surely has it, with every change between the two. Owned by a node of
/// the disk's tree.
class volatile_file {
 public:
  void write(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  void truncate(std::uint64_t size);
  /// All of it outlives a power cut from now on.
  void sync();
  /// Each unsynced sector is kept or lost, whatever came before or after it; the last write is torn besides.
  void lose_power(prng& random, const survival& odds, losses& count);

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return now_; }

 private:
  using content = std::vector<std::uint8_t>;
  struct change {
    bool truncates;
    std::uint64_t offset;  // of the write, or the new size
    content bytes;
  };

  static void put(content& to, std::uint64_t offset, std::span<const std::uint8_t> bytes);
  void keep_some_sectors(const change& c, std::uint64_t torn_at, prng& random, const survival& odds, losses& count);

  content now_;
  content synced_;
  std::vector<change> unsynced_;
};

}  // namespace perigee::powercut
