#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/file.hpp"
#include "journal/detail/batch.hpp"

namespace perigee::journal::detail {

class lane_core;

/// One write on its way to the disk. Made once per lane and used again for each write; the worker's job shares it, so
/// that it outlives a lane that is destroyed meanwhile. The shard touches it only while it is not under way.
struct flight {
  flight(io::disk& on, std::string in, bool synced, const time_source* measured_by)
      : disk(on), folder(std::move(in)), sync(synced), time(measured_by) {}

  io::disk& disk;
  const std::string folder;
  const bool sync;
  const time_source* const time;  // none: syncs are not measured
  lane_core* owner = nullptr;     // none: nobody waits for the outcome any more

  batch content;                   // empty: only looks how much room the disk has
  std::unique_ptr<io::file> file;  // of the newest segment; none before this process has made one
  std::uint64_t position = 0;      // in the file

  result<> outcome;
  double sync_seconds = 0;
  std::uint64_t disk_free = UINT64_MAX;

  /// On the worker.
  void run();

 private:
  result<> write();
  result<> write_new_segment();
  result<> timed_sync();
};

}  // namespace perigee::journal::detail
