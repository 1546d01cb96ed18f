#pragma once
// What a user chooses for the journal, and what opening it found.

#include <array>
#include <cstdint>
#include <string>

#include "base/metrics.hpp"
#include "base/time.hpp"
#include "journal/keyring.hpp"
#include "model/record.hpp"

namespace perigee::journal {

/// What a lane does when it is at its bound (or the disk is) and a required cursor still needs the oldest records.
enum class when_full {
  refuse,       // append answers errc::full, or errc::no_space
  drop_oldest,  // the oldest segment goes; a reader that was not past it gets a gap record in its place
};

/// When a record counts as committed, and so may be acknowledged (promise P1).
enum class durability {
  fsync,   // on stable storage
  os,      // handed to the operating system: survives a crash of Perigee, not of the machine
  memory,  // staged; written soon after: survives neither
};

struct lane_options {
  std::uint64_t segment_bytes = 16U << 20;
  std::uint64_t bytes_max = 1ULL << 30;
  std::uint64_t records_max = 0;  // 0: no bound; held to within one segment
  // Zeros that are written behind small writes, so that the next ones are durable sooner (docs/decisions/0009): at
  // most 64 KiB.
  std::uint64_t write_ahead_bytes = 0;
  nanoseconds age_max = std::chrono::days(7);
  perigee::journal::when_full when_full = perigee::journal::when_full::refuse;
  perigee::journal::durability durability = perigee::journal::durability::fsync;
};

struct options {
  std::string folder;
  std::string node;          // a folder serves one node: another name is refused
  perigee::epoch new_epoch;  // a random number, not 0: the journal's epoch if the folder is new
  perigee::epoch new_life;   // a random number, not 0, drawn for this opening: see life
  std::array<lane_options, model::lane_count> lanes{};
  std::uint64_t disk_free_min =
      32U << 20;  // below it appends answer errc::no_space, so that cursors can still be saved
  metrics::registry& metrics;
  keyring keys{};                     // to encrypt with at rest; none: nothing is encrypted
  std::uint64_t salt_seed = 0;        // random, drawn for this opening: where there are keys
  const time_source* time = nullptr;  // to measure syncs with; none: they are not
};

/// What is wrong with a lane's disk, told when it begins and when it ends.
struct trouble {
  enum class kind {
    write_failed,  // a write or its sync: nothing more is acknowledged until the same records stand in another segment
    disk_low,      // less is free than options::disk_free_min: a lane that does not drop takes nothing more
  };
  model::lane lane = model::lane::bulk;
  kind what = kind::write_failed;
  bool began = false;  // false: ended
  const char* why = "";
};

/// What opening one lane found. Anything but zero in the last five is worth a line in the log, and gets one.
struct lane_recovery {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;           // kept, by offset
  std::uint64_t unproven_records = 0;  // written, but not known to be synced: staged again
  std::uint64_t torn_bytes = 0;        // cut off the end: the rest of a write that a crash interrupted
  std::uint64_t damaged_bytes = 0;     // in the last segment, between readable records
  std::uint64_t damaged_segments = 0;  // whose header does not verify
  std::uint64_t missing_segments = 0;  // holes between segment files
  std::uint64_t missing_records = 0;   // off the end: a cursor has handled them, the log does not have them
};

struct recovery_report {
  bool created = false;  // the folder was new
  std::array<lane_recovery, model::lane_count> lanes{};
};

}  // namespace perigee::journal
