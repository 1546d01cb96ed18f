#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "journal/lane_log.hpp"

namespace perigee::journal::detail {

/// The newest stamp of every source of a lane in each of its epochs (promise P2), so that a device that starts anew and
/// then sends the rest of what it had kept is known again. A source has at most limits::journal_epochs_max of them: the
/// one used longest ago is forgotten. A stamp is set with its record and is durable with it: the table remembers what
/// each source's marks were before the batch being staged and before the batch being written, so that a segment can
/// start with exactly what is committed. Owned by the lane.
class mark_table {
 public:
  /// Of the epoch used last.
  [[nodiscard]] std::optional<stamp> find(std::string_view source) const;
  [[nodiscard]] std::optional<stamp> find(std::string_view source, perigee::epoch in) const;
  /// Of all its epochs, the one used last first.
  [[nodiscard]] std::vector<stamp> all(std::string_view source) const;
  /// errc::duplicate at or below the mark in the same epoch, errc::full for one source too many; sets nothing.
  [[nodiscard]] result<> check(std::string_view source, stamp s);
  /// After a check of the same source.
  void set(std::string_view source, stamp s);

  /// The staged batch is being written, a new one starts.
  void launch();
  /// The batch that was being written is committed.
  void keep();
  /// It is not: it is part of the staged batch again.
  void take_back();

  /// Appends a state frame's body: the marks as they were before the staged batch.
  void encode(byte_buffer& out) const;
  /// Replaces all by a state frame's body. errc::corrupt, errc::unsupported.
  [[nodiscard]] result<> decode(byte_view body);
  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  /// Most sources have one epoch. A change of epoch makes a new list of the others, so that a copy of it costs nothing.
  struct marks {
    stamp newest;
    std::shared_ptr<const std::vector<stamp>> others{};  // the one used last first; none: there is one epoch

    [[nodiscard]] const stamp* find(perigee::epoch in) const;
    void set(stamp s);
  };
  struct entry {
    marks now;
    std::uint64_t batch = 0;  // the batch that set it last
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  using map = std::unordered_map<std::string, entry, hash, std::equal_to<>>;
  struct before {
    map::value_type* of;
    marks was;  // epoch 0: the source was unknown
  };

  static void encode_one(const std::string& source, const marks& of, byte_writer& to);
  [[nodiscard]] static marks decode_one(byte_reader& from);

  map all_;
  map::value_type* checked_ = nullptr;  // what the last check found
  std::uint64_t batch_ = 1;
  std::vector<before> staged_;
  std::vector<before> flying_;
};

}  // namespace perigee::journal::detail
