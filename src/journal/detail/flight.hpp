#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/file.hpp"
#include "journal/detail/batch.hpp"
#include "journal/detail/segment_cipher.hpp"
#include "journal/lane_log.hpp"

namespace perigee::journal::detail {

class lane_core;

/// One write on its way to the disk. Made once per lane and used again for each write; the worker's job shares it, so
/// that it outlives a lane that is destroyed meanwhile. The shard touches it only while it is not under way.
struct flight {
  flight(const lane_site& of, bool synced, std::uint64_t ahead)
      : disk(of.disk), folder(of.folder), sync(synced), write_ahead(ahead), time(of.time), keys(of.keys) {}

  io::disk& disk;
  const std::string folder;
  const bool sync;
  const std::uint64_t write_ahead;  // lane_options::write_ahead_bytes
  const time_source* const time;    // none: syncs are not measured
  const keyring keys;
  lane_core* owner = nullptr;  // none: nobody waits for the outcome any more

  batch content;                   // empty: only looks how much room the disk has
  std::unique_ptr<io::file> file;  // of the newest segment; none before this process has made one
  std::uint64_t position = 0;      // in the file
  bool last = false;               // nothing follows in the file: what was written ahead goes
  segment_seal seal;               // of that file
  segment_place place;             //

  /// How much of the disk the content takes.
  [[nodiscard]] std::size_t content_bytes() const;

  result<> outcome;
  double sync_seconds = 0;
  std::uint64_t disk_free = UINT64_MAX;

  /// On the worker.
  void run();

 private:
  [[nodiscard]] std::size_t sealed_frames() const { return content.records + (content.opens_segment ? 1 : 0); }
  byte_view to_write();
  result<> write();
  result<> write_new_segment();
  result<> timed_sync();
  void keep_ahead_of(std::uint64_t end, std::uint64_t written);
  void cut_ahead();

  std::uint64_t end_ = 0;    // in the file, of what was written last
  std::uint64_t ahead_ = 0;  // in the file, of the zeros behind it
  std::optional<segment_cipher> cipher_;
};

}  // namespace perigee::journal::detail
